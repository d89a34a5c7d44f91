// Both catalogues say the same things, every key that the source uses exists, and no key lies unused.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en, ko } from '../src/lib/i18n/catalogues';
import { PLACES } from '../src/lib/screens';
import { forms } from '../src/lib/i18n/forms';

const SOURCE = new URL('../src', import.meta.url).pathname;

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.(svelte|ts)$/.test(entry.name) && !['generated.ts', 'forms.ts'].includes(entry.name) && !path.includes('i18n/catalogues') ? [path] : [];
  });
}

const texts = files(SOURCE).map((path) => readFileSync(path, 'utf8'));
const literals = new Set(texts.flatMap((text) => [...text.matchAll(/['"`]([a-z][a-z0-9_]*\.[A-Za-z0-9_.,'’ ]+)['"`]/g)].map((match) => match[1] ?? '')));
/** Keys made at run time, by what they start with: `state.${…}`. */
const prefixes = [...new Set(texts.flatMap((text) => [...text.matchAll(/`([a-z][a-z0-9_]*\.(?:[a-z0-9_]+\.)*)\$\{/g)].map((match) => match[1] ?? '')))];
const ofScreens = new Set<string>(PLACES.flatMap(({ name }) => [`screen.${name}`, `keys.go_${name}`]));
const used = (key: string) => ofScreens.has(key) || literals.has(key) || literals.has(key.replace(/\.one$/, '')) || prefixes.some((prefix) => key.startsWith(prefix));

describe('catalogues', () => {
  it('have the same keys', () => {
    expect(Object.keys(ko).filter((key) => !(key in en))).toEqual([]);
    expect(Object.keys(en).filter((key) => !(key in ko))).toEqual([]);
  });

  it('have the same places in each message', () => {
    const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
    const differing = Object.keys(en).filter((key) => JSON.stringify(places(en[key as keyof typeof en])) !== JSON.stringify(places(ko[key as keyof typeof ko])));
    expect(differing).toEqual([]);
  });

  it('have no empty message, no exclamation mark and no placeholder word', () => {
    const bad = [...Object.entries(en), ...Object.entries(ko)].filter(([, text]) => text.trim() === '' || /!|TODO|lorem/i.test(text));
    expect(bad).toEqual([]);
  });

  it('have every key that the source names', () => {
    const groups = new Set(Object.keys(en).map((key) => key.split('.')[0]));
    const asked = texts.flatMap((text) => [...text.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1] ?? ''));
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((key) => groups.has(key.split('.')[0] ?? '') && !(key in en))).toEqual([]);
    expect(asked.filter((key) => !(key in en))).toEqual([]);
  });

  it('have no key that the source never uses', () => {
    expect(Object.keys(en).filter((key) => !(key in forms) && !used(key))).toEqual([]);
  });
});
