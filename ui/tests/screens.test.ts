// Every row of the table of screens has its component, its words in both languages and keys of its own.
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { en, ko } from '../src/lib/i18n/catalogues';
import { codeOf, PLACES, SCREENS, screenOf } from '../src/lib/screens';

describe('screens', () => {
  it.each(SCREENS.map((row) => row.name))('%s has its component', (name) => {
    expect(existsSync(new URL(`../src/screens/${name}/${name.charAt(0).toUpperCase()}${name.slice(1)}.svelte`, import.meta.url))).toBe(true);
  });

  it.each(PLACES.map((row) => row.name))('%s has its words', (name) => {
    for (const catalogue of [en, ko]) expect([`screen.${name}`, `keys.go_${name}`].filter((key) => !(key in catalogue))).toEqual([]);
  });

  it('have keys of their own, as the keyboard names them', () => {
    const codes = PLACES.map((row) => codeOf(row.rail.keys));
    expect(new Set(codes).size).toBe(codes.length);
    expect([codeOf('G ,'), codeOf('A')]).toEqual(['KeyG Comma', 'KeyA']);
  });

  it('lead home where an address names none', () => {
    expect([screenOf('map'), screenOf('nowhere'), screenOf('')]).toEqual(['map', 'live', 'live']);
  });
});
