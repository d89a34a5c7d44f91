// Under LANG=C, WebKit reports the language "C", which is no language tag: a library that hands it to Intl while it
// loads takes the whole page down. Import this before any.

/** `tag` where Intl takes it, else English. */
export function validTag(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? 'en-US';
  } catch {
    return 'en-US';
  }
}

if (typeof navigator !== 'undefined' && validTag(navigator.language) !== navigator.language) {
  Object.defineProperty(navigator, 'language', { configurable: true, value: validTag(navigator.language) });
}
