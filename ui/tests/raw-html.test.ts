// Labels, notes and names come from anybody: nothing in the page is made from them as HTML or run as a program.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const FORBIDDEN = /\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.writeln|\beval\(|new Function\(|srcdoc/;
const root = join(import.meta.dirname, '../src');

test('no source makes HTML of a text', () => {
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(svelte|ts)$/.test(name));
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.filter((name) => FORBIDDEN.test(readFileSync(join(root, name), 'utf8')))).toEqual([]);
});
