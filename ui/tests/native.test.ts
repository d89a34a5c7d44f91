// The window draws its own lists and explanations: those of the system are black or grey on any theme, ignore zoom, and lie over data.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'svelte/compiler';
import { expect, it } from 'vitest';

const SOURCE = new URL('../src', import.meta.url).pathname;

type Node = { type?: string; name?: string; attributes?: Node[] };

/** Elements of a component, with the parts of the library that pass their attributes on to one. */
function elements(node: unknown): Node[] {
  if (Array.isArray(node)) return node.flatMap(elements);
  if (typeof node !== 'object' || node === null) return [];
  const here = node as Node;
  const found = here.type === 'RegularElement' || (here.type === 'Component' && here.name?.endsWith('.Trigger')) ? [here] : [];
  return [...found, ...Object.values(here).flatMap(elements)];
}

/** Whether parsing is worth its time. */
const suspect = (source: string): boolean => /\stitle=|\srequired\b|<(select|option|datalist)\b/.test(source);

const natives = (source: string): string[] => (!suspect(source) ? [] : elements(parse(source, { modern: true }).fragment)
  .filter((one) => ['select', 'option', 'datalist'].includes(one.name ?? '') || (one.attributes ?? []).some((attribute) => attribute.name === 'title' || attribute.name === 'required'))
  .map((one) => one.name ?? ''));

it('finds what is the system’s', () => {
  expect(natives('<select></select><p title="x">y</p><input required /><Popover.Trigger title={1} /><Notice title="x" />')).toEqual(['select', 'p', 'input', 'Popover.Trigger']);
});

it('and there is none of it in the window', () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.svelte'));
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((path) => natives(readFileSync(join(SOURCE, path), 'utf8')).map((name) => `${path}: ${name}`))).toEqual([]);
});
