// Findings in the reader's language. The host writes English; the forms that it is known to take are put into Korean,
// others are shown as they are. Pure but for the language.
import { messages } from '$lib/i18n/index.svelte';
import korean from './findings.ko.json';

const FORMS = (korean as [string, string][]).map(([english, words]) => {
  const source = english.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('([\\s\\S]+?)');
  return { form: new RegExp(`^${source}$`), words };
});

/** The Korean of a finding or hint, or null where its form is not known. */
export function inKorean(text: string): string | null {
  for (const { form, words } of FORMS) {
    const match = form.exec(text);
    if (match !== null) return words.replace(/\{(\d)\}/g, (_, n: string) => match[Number(n)] ?? '');
  }
  return null;
}

export function findingText(text: string): string {
  const words = messages.language === 'ko' ? inKorean(text) : null;
  return words ?? text.charAt(0).toUpperCase() + text.slice(1);
}
