// The parameters of a run as its Config tab shows them: which are found by a search, which act in it, and all of them
// as text. Pure but for the catalogue.
import type { JsonValue, ParameterInfo } from '$lib/backend';
import { parameterName, valueText } from '$lib/words';

/** By name, by what it is called, or by its value; every word must be found somewhere. */
export function matches(name: string, value: JsonValue | undefined, search: string): boolean {
  const text = `${name} ${name.replaceAll('_', ' ')} ${parameterName(name)} ${valueText(value)} ${String(value)}`.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** Parameters by group, both in the order of the table. */
export function grouped(names: readonly string[], table: readonly ParameterInfo[]): [group: string, members: string[]][] {
  const place = new Map(table.map((one, at) => [one.name, { at, group: one.group }]));
  const at = (name: string) => place.get(name)?.at ?? Infinity;
  const by = new Map<string, string[]>();
  for (const name of [...names].sort((a, b) => at(a) - at(b))) {
    const group = place.get(name)?.group ?? 'other';
    by.set(group, [...(by.get(group) ?? []), name]);
  }
  return [...by];
}

/** As lines of TOML, which a sweep file's `[recipe]` takes. */
export function asText(names: readonly string[], parameters: Readonly<Record<string, JsonValue | undefined>>): string {
  return names.map((name) => `${name} = ${JSON.stringify(parameters[name] ?? null)}\n`).join('');
}
