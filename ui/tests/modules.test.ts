// No module of the interface leads back to itself by its imports, those of types included: what belongs below does not know what
// stands above it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCE = new URL('../src', import.meta.url).pathname;

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.(svelte|ts)$/.test(entry.name) ? [path] : [];
  });
}

/** The file that an import means; null for a package, a style or a catalogue. */
function resolved(from: string, name: string): string | null {
  const base = name.startsWith('$lib/') ? join(SOURCE, 'lib', name.slice(5)) : name.startsWith('.') ? join(dirname(from), name) : null;
  if (base === null) return null;
  return [base, `${base}.ts`, join(base, 'index.ts')].find((path) => /\.(svelte|ts)$/.test(path) && existsSync(path)) ?? null;
}

/** Circles among modules, each by its names in order. */
export function circles(modules: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (module: string): void => {
    if (way.includes(module)) found.push([...way.slice(way.indexOf(module)), module]);
    if (way.includes(module) || done.has(module)) return;
    way.push(module);
    for (const next of modules.get(module) ?? []) visit(next);
    way.pop();
    done.add(module);
  };
  for (const module of modules.keys()) visit(module);
  return found;
}

describe('modules', () => {
  it('have no circle', () => {
    const imports = (path: string) => [...readFileSync(path, 'utf8').matchAll(/(?:from|import)\s+'([^']+)'/g)].flatMap((match) => resolved(path, match[1] ?? '') ?? []);
    const modules = new Map(files(SOURCE).map((path) => [path, imports(path)]));
    expect([...modules.values()].flat().length).toBeGreaterThan(500);
    expect(circles(modules).map((circle) => circle.map((path) => relative(SOURCE, path)))).toEqual([]);
  });

  it('are found in a circle where there is one', () => {
    expect(circles(new Map([['a', ['b', 'c']], ['b', ['c']], ['c', ['d']], ['d', ['b']]]))).toEqual([['b', 'c', 'd', 'b']]);
  });
});
