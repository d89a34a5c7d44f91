// Message catalogues and the one function that reads them. Keys are flat and typed by the English catalogue;
// a test compares both catalogues and every use in the source.
import { en, ko } from './catalogues';

export type Key = keyof typeof en;
export type Language = 'en' | 'ko';
type Values = Record<string, string | number>;

const catalogues: Record<Language, Record<string, string>> = { en, ko };

class Messages {
  #language = $state<Language>('en');

  get language(): Language {
    return this.#language;
  }

  /** `choice` as in Settings: system, en or ko. */
  choose(choice: string, system: string = navigator.language): void {
    this.#language = choice === 'en' || choice === 'ko' ? choice : system.toLowerCase().startsWith('ko') ? 'ko' : 'en';
    document.documentElement.lang = this.#language;
    // Asked for now, and not when the first Korean word is laid out, which would be drawn as boxes until it is here.
    if (this.#language === 'ko') void document.fonts?.load('400 13px Pretendard', '가');
  }
}

export const messages = new Messages();

/**
 * The message of `key` with `{name}` replaced. Where `n` is 1 and the catalogue has `key.one`, that one is used.
 */
export function t(key: Key, values?: Values): string {
  const catalogue = catalogues[messages.language];
  const singular = values?.['n'] === 1 || values?.['n'] === '1' ? catalogue[`${key}.one`] : undefined;
  const text = singular ?? catalogue[key] ?? key;
  return values === undefined ? text : text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The message of a key made at run time, or `otherwise` where the catalogue has none. */
export function translated(key: string, otherwise: string): string {
  return catalogues[messages.language][key] ?? otherwise;
}
