// Arms that a question could have besides: runs of other values of what is varied, by the sweep that they are of or a tag that they
// have. Whether they can be compared the host says, once they are taken. Pure but for the catalogue.
import type { JsonValue, Run } from '$lib/backend';
import { armName, standsInArm } from './decide';
import { conditionOf, written } from './decide-address';
import { ofRuns, ofSweep } from './decide-groups';

export type Offer = {
  key: string;
  value: JsonValue;
  /** As the arm will be called. */
  name: string;
  /** Where its runs are from: a sweep, a tag, or neither. */
  from: { kind: 'sweep' | 'tag'; name: string } | null;
  runs: number;
  seeds: number;
  /** Takes exactly its runs. */
  condition: string;
};

const valueOf = (run: Run, by: readonly string[]): JsonValue => {
  const settings = by.map((name): [string, JsonValue] => [name, run.parameters[name] ?? null]);
  return settings.length === 1 ? settings[0]?.[1] ?? null : Object.fromEntries(settings.sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** Of runs, the newest first, those whose value is no arm yet: one offer for a value and where its runs are from. `taken`: values of
 * arms, those that were left out by hand too. */
export function offers(runs: readonly Run[], by: readonly string[], taken: readonly JsonValue[]): Offer[] {
  const known = new Set(taken.map(written));
  const found = new Map<string, { value: JsonValue; from: Offer['from']; where: string | null; runs: Run[] }>();
  const put = (run: Run, value: JsonValue, from: Offer['from'], where: string | null) => {
    const key = JSON.stringify([written(value), from, where]);
    const one = found.get(key) ?? { value, from, where, runs: [] };
    one.runs.push(run);
    found.set(key, one);
  };
  for (const run of runs) {
    const value = valueOf(run, by);
    const lacks = by.some((name) => run.parameters[name] == null);
    if (!standsInArm(run) || lacks || known.has(written(value))) continue;
    if (run.sweep !== null) put(run, value, { kind: 'sweep', name: run.sweep_name ?? run.sweep }, ofSweep(run.sweep));
    else put(run, value, null, null);
    for (const tag of run.tags) put(run, value, { kind: 'tag', name: tag }, `tag = "${tag}"`);
  }
  return [...found].map(([key, one]) => ({
    key, value: one.value, name: armName(by, one.value), from: one.from, runs: one.runs.length, seeds: new Set(one.runs.map((run) => run.seed)).size,
    condition: one.where === null ? ofRuns(one.runs.map((run) => run.id)) : [one.where, conditionOf(by, one.value)].join(' and '),
  }));
}

/** Those that have every word in their name or in that of what they are from. */
export function searched(all: readonly Offer[], text: string): Offer[] {
  const words = text.trim().toLowerCase().split(/\s+/).filter((word) => word !== '');
  return all.filter((one) => words.every((word) => `${one.name} ${one.from?.name ?? ''}`.toLowerCase().includes(word)));
}

/** The condition that takes these runs as well. */
export const widened = (where: string, { condition }: Pick<Offer, 'condition'>): string => (where.trim() === '' ? '' : `${where} or (${condition})`);
