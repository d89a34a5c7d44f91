// From runs to a question: what differs among them, and which condition takes those that differ in nothing else. Pure.
import type { JsonValue, Run } from '$lib/backend';
import { inCondition, isImported } from '$lib/given';
import { literal } from './decide-address';
import { FROZEN } from './decide';

export type Question = { by: string; where: string; arms: number; seeds: number; runs: number };

/** Pairs are made of seeds, and where and how a run is run changes nothing of it. */
const NO_ARMS = ['seed', 'device', 'threads', 'loader_threads', 'checkpoint_every', 'keep_checkpoints'];

const keyOf = (run: Run, name: string): string => JSON.stringify(run.parameters[name] ?? null);

/** Names of which runs have several values. */
function varying(runs: readonly Run[]): string[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.parameters)))].filter((name) => !NO_ARMS.includes(name));
  return names.filter((name) => new Set(runs.map((run) => keyOf(run, name))).size > 1);
}

/** Whether a parameter only follows another, as epsilon follows the optimizer. */
function follows(runs: readonly Run[], name: string, by: string): boolean {
  const seen = new Map<string, string>();
  return runs.every((run) => {
    const before = seen.get(keyOf(run, by));
    seen.set(keyOf(run, by), keyOf(run, name));
    return before === undefined || before === keyOf(run, name);
  });
}

/** The value that most runs have. */
function usual(runs: readonly Run[], name: string): JsonValue {
  const counts = new Map<string, number>();
  for (const run of runs) counts.set(keyOf(run, name), (counts.get(keyOf(run, name)) ?? 0) + 1);
  const most = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), ['null', 0]);
  return JSON.parse(most[0]) as JsonValue;
}

/**
 * The question that runs are there to answer; null where they differ in nothing but their seeds. What else they differ in is held at
 * one value, `like`'s or what most have, so that arms differ in one setting. `axes`: those of the sweep come first.
 */
export function questionOf(runs: readonly Run[], where: string, { axes = [], by: wanted, like }: { axes?: readonly string[]; by?: string; like?: Run } = {}): Question | null {
  let left = runs.filter((run) => !isImported(run) && run.probed === null);
  const names = varying(left);
  const by = [wanted, FROZEN, ...axes, ...names].find((name) => name !== undefined && names.includes(name));
  if (by === undefined) return null;
  const held: string[] = [];
  for (const name of [...axes, ...names]) {
    if (name === by || NO_ARMS.includes(name) || !varying(left).includes(name) || follows(left, name, by)) continue;
    const value = like === undefined ? usual(left, name) : like.parameters[name] ?? null;
    if (value === null) continue;
    left = left.filter((run) => keyOf(run, name) === JSON.stringify(value));
    held.push(`${inCondition(name)} = ${literal(value)}`);
  }
  const arms = new Set(left.map((run) => keyOf(run, by))).size;
  if (arms < 2) return null;
  const condition = where === '' || held.length === 0 || !/\bor\b/i.test(where) ? where : `(${where})`;
  return { by, where: [condition, ...held].filter((part) => part !== '').join(' and '), arms, seeds: new Set(left.map((run) => run.seed)).size, runs: left.length };
}

/** What is shown of arms: what may be said of them, or their means. */
export type Face = 'decide' | 'mean';

/** As the parameters of an address. */
export const addressOf = ({ by, where }: Pick<Question, 'by' | 'where'>, mode: Face = 'decide'): Record<string, string> => ({ mode, by, where });

/** The runs of one sweep. */
export const ofSweep = (sweep: string): string => `sweep = "${sweep}"`;

/** Exactly these runs. */
export const ofRuns = (ids: readonly string[]): string => `id in (${ids.map((id) => `"${id}"`).join(', ')})`;

export type Candidate = Question & { sweep: string; name: string };

/** Sweeps whose runs make arms, the newest first. Runs come newest first. */
export function candidates(runs: readonly Run[], most: number): Candidate[] {
  const sweeps = new Map<string, Run[]>();
  for (const run of runs) if (run.sweep !== null) sweeps.set(run.sweep, [...(sweeps.get(run.sweep) ?? []), run]);
  const found: Candidate[] = [];
  for (const [sweep, own] of sweeps) {
    if (found.length === most) break;
    const question = questionOf(own, ofSweep(sweep));
    if (question !== null) found.push({ ...question, sweep, name: own[0]?.sweep_name ?? sweep });
  }
  return found;
}
