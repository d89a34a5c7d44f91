// Under LANG=C, WebKit reports the language "C", which is no language tag: libraries that hand it to Intl while they
// load (uPlot does) take the whole page down. Import this before them.

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
