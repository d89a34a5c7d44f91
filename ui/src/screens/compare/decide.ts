// What a decision says, without its looks: marks and names of arms, pairs, scales, which arm is open. Pure but for the catalogue.
import type { Arm, ArmColumns, ArmComparison, ArmCorrection, ArmRun, ArmVerdict, Columns, Decision, JsonValue, Run } from '$lib/backend';
import { t } from '$lib/i18n/index.svelte';
import { isImported } from '$lib/given';
import { parameterName, valueText } from '$lib/words';
import { written } from './decide-address';

export const FROZEN = 'frozen_patch_projection';
/** Colours and dashes that there are. */
const MOST_SLOTS = 10;
/** Whether pairs see the same images in the same batches: arms that differ in what decides the order share their seeds alone. */
export const sharesOrder = (by: readonly string[]): boolean => !by.some((name) => name === 'dataset' || name === 'batch_size');
/** Below so many pairs their differences are shown, and no interval. */
export const ENOUGH_FOR_INTERVAL = 3;

export type Tone = 'ok' | 'err' | 'info' | 'warn' | 'none';
export type Verdict = { sign: string; tone: Tone };

/** A colour is a claim: green and red only where something helps or hurts. */
export const VERDICTS: Record<ArmVerdict, Verdict> = {
  helps: { sign: '+', tone: 'ok' },
  hurts: { sign: '−', tone: 'err' },
  no_difference: { sign: '≈', tone: 'info' },
  undecided: { sign: '…', tone: 'warn' },
  not_comparable: { sign: '≠', tone: 'none' },
};

const byValue = (a: JsonValue, b: JsonValue): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return written(a) < written(b) ? -1 : 1;
};

/** Colour, dash and shape of each arm, by their values and not by who is the baseline: frozen is 1 and learned 2, else in order. */
export function slotsOf(by: readonly string[], values: readonly JsonValue[]): number[] {
  if (by.length === 1 && by[0] === FROZEN) return values.map((value) => (value === true ? 1 : 2));
  const sorted = [...values].sort(byValue);
  return values.map((value) => {
    const slot = sorted.indexOf(value) + 1;
    return slot <= MOST_SLOTS ? slot : 0;
  });
}

/** What an arm is called: frozen patch, Beta 2 0.95, Query and key norm: yes. */
export function armName(by: readonly string[], value: JsonValue): string {
  const settings: [string, JsonValue][] = by.length > 1 && typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [[by[0] ?? '', value]];
  return settings.map(([name, one]) => {
    if (name === FROZEN && typeof one === 'boolean') return t(one ? 'decide.frozen' : 'decide.learned');
    return typeof one === 'boolean' ? `${parameterName(name)}: ${valueText(one)}` : `${parameterName(name)} ${valueText(one)}`;
  }).join(' · ');
}

/** What tells it from the other arms, where room is short: its value alone, where that is no yes or no. */
export function armShort(by: readonly string[], value: JsonValue): string {
  return by.length === 1 && typeof value !== 'boolean' && value !== null ? valueText(value) : armName(by, value);
}

/** An arm as its runs tell it before anything was decided, and where nothing can be: who is in it, and how many live. */
export type ArmRuns = { value: JsonValue; text: string; runs: { run: string; seed: number }[]; living: number };

const ENDED = ['finished', 'failed'];

/** Whether a run may be one of an arm: it is trained here, judges no other run, and ended or will. */
export const standsInArm = (run: Run): boolean => !isImported(run) && run.probed === null && run.state !== 'cancelled' && run.state !== 'lost';

/** Runs by their values, in the order of the values. */
export function armsOf(by: readonly string[], runs: readonly Run[]): ArmRuns[] {
  const found = new Map<string, ArmRuns>();
  for (const run of runs) {
    if (!standsInArm(run)) continue;
    const settings = by.map((name): [string, JsonValue] => [name, run.parameters[name] ?? null]);
    const value = settings.length === 1 ? settings[0]?.[1] ?? null : Object.fromEntries(settings.sort(([a], [b]) => (a < b ? -1 : 1)));
    const arm = found.get(written(value)) ?? { value, text: written(value), runs: [], living: 0 };
    arm.runs.push({ run: run.id, seed: run.seed ?? 0 });
    if (!ENDED.includes(run.state)) arm.living += 1;
    found.set(written(value), arm);
  }
  return [...found.values()].sort((a, b) => byValue(a.value, b.value));
}

/** The two runs of one seed; a side is null where there is no run of the seed. */
export type PairRow = { seed: number; arm: ArmRun | null; base: ArmRun | null; difference: number | null };

/** Seeds of which a side has ended. */
export function pairRows(arm: Arm, base: Arm): PairRow[] {
  const [own, other] = [arm, base].map((one) => new Map(one.runs.map((run) => [run.seed, run])));
  const seeds = [...new Set([...arm.runs, ...base.runs].map((run) => run.seed))].sort((a, b) => a - b);
  return seeds.flatMap((seed) => {
    const [a, b] = [own?.get(seed) ?? null, other?.get(seed) ?? null];
    if (a?.ended !== true && b?.ended !== true) return [];
    const difference = a === null || b === null || a.value === null || b.value === null ? null : a.value - b.value;
    return [{ seed, arm: a, base: b, difference }];
  });
}

const meanOf = (values: number[]): number | null => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

/** Means of both sides over whole pairs. */
export function pairMeans(rows: readonly PairRow[]): { arm: number | null; base: number | null } {
  const whole = rows.filter((row) => row.difference !== null);
  return { arm: meanOf(whole.map((row) => row.arm?.value ?? NaN)), base: meanOf(whole.map((row) => row.base?.value ?? NaN)) };
}

export type Interval = readonly [number, number];

/** Of the mean difference; none of fewer than three pairs. */
export function intervals(one: ArmComparison): { own: Interval | null; corrected: Interval | null } {
  return one.pairs < ENOUGH_FOR_INTERVAL ? { own: null, corrected: null } : { own: one.interval, corrected: one.interval_corrected };
}

/** What differences are drawn between: all means, 95 % intervals, single differences of arms without one, and ± δ. */
export function domain(decision: Decision): Interval {
  const base = decision.arms[0];
  const shown = decision.comparisons.flatMap((one) => {
    const { own } = intervals(one);
    const arm = decision.arms.find((arm) => arm.written === one.written);
    const single = own !== null || arm === undefined || base === undefined || one.verdict === 'not_comparable' ? [] : pairRows(arm, base).flatMap((row) => row.difference ?? []);
    return [...(one.difference === null ? [] : [one.difference]), ...(own ?? []), ...single];
  });
  const delta = decision.smallest_effect ?? 0;
  const all = [0, delta * 1.2, -delta * 1.2, ...shown].filter(Number.isFinite);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const air = (high - low) * 0.08 || 1;
  return [low - air, high + air];
}

/** Best first; what cannot be compared comes last. */
export function sorted(decision: Pick<Decision, 'comparisons' | 'higher_is_better'>): ArmComparison[] {
  const rank = (one: ArmComparison) => (one.difference === null ? -Infinity : decision.higher_is_better ? one.difference : -one.difference);
  return [...decision.comparisons].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}

/** What can be done for several arms: where looks are declared their levels are divided, whoever shares which seeds. */
export function corrections(looks: readonly number[]): ArmCorrection[] {
  return looks.length > 0 ? ['usual', 'none'] : ['usual', 'holm', 'none'];
}

/** More pairs would settle it. */
export const isOpen = (one: ArmComparison): boolean => one.verdict === 'undecided' && (one.missing_pairs ?? 0) > 0;

/** Pairs that would have to be queued: those on the way count among the missing ones. */
export const toQueue = (one: ArmComparison): number => Math.max(0, (one.missing_pairs ?? 0) - one.pairs_on_the_way);

/** The arm that is offered to be settled: the selected one where it is open, else the cheapest. */
export function openArm(comparisons: readonly ArmComparison[], selected: ArmComparison | null): ArmComparison | null {
  if (selected !== null && isOpen(selected)) return selected;
  const cost = (one: ArmComparison) => one.cost_seconds ?? Infinity;
  const open = comparisons.filter(isOpen).sort((a, b) => (cost(a) === cost(b) ? (a.missing_pairs ?? 0) - (b.missing_pairs ?? 0) : cost(a) - cost(b)));
  return open[0] ?? null;
}

/** Whether something was found, and all of it lies within ± δ. */
export function isSmall(one: ArmComparison, delta: number | null): boolean {
  const found = one.verdict === 'helps' || one.verdict === 'hurts';
  return found && delta !== null && one.interval !== null && one.interval[0] > -delta && one.interval[1] < delta;
}

/** The other settings that make an arm not comparable. */
export function otherSettings(one: ArmComparison): string[] {
  const names = one.why_told.fields['names'];
  return one.verdict === 'not_comparable' && Array.isArray(names) ? names.map(String) : [];
}

/** Whether what is missing are the pairs below which no test can tell, and no more. */
export function lacksTheLeast(one: ArmComparison): boolean {
  const least = one.why_told.fields['least'];
  return one.why_told.kind === 'why.few_pairs' && typeof least === 'number' && one.pairs + (one.missing_pairs ?? 0) <= least;
}

/** By how much the arrows change δ, as it is shown. */
export function deltaStep(shown: number | null): number {
  return shown === null || !(shown > 0) ? 0.1 : Number((10 ** (Math.ceil(Math.log10(shown) - 1e-9) - 1)).toPrecision(1));
}

/** δ after so many steps; it stays above 0. */
export function steppedDelta(shown: number | null, steps: number): number {
  const step = deltaStep(shown);
  const next = Number(((shown ?? 0) + steps * step).toPrecision(12));
  return next > step * 1e-6 ? next : shown ?? step;
}

/** A mean curve as the charts draw lines, and its interval as they fill areas. */
export function meanColumns(one: ArmColumns): { mean: Columns; band: Columns } {
  const shared = { run: '', name: one.name, unit: one.unit, relative: one.relative, smoothing: one.smoothing, values: one.values, step: one.step, nonfinite: one.nonfinite, x: null, superseded: null, mean: one.mean };
  return {
    mean: { ...shared, min: one.mean, max: one.mean, first: one.mean, last: one.mean },
    band: { ...shared, min: one.low, max: one.high, first: one.low, last: one.high },
  };
}

/** Steps from which on fewer seeds are in the mean than before, with their number. */
export function dropsOf({ step, n }: Pick<ArmColumns, 'step' | 'n'>): { step: number; n: number }[] {
  const found: { step: number; n: number }[] = [];
  for (let i = 1; i < step.length; i += 1) if ((n[i] ?? 0) < (n[i - 1] ?? 0)) found.push({ step: step[i] ?? NaN, n: n[i] ?? 0 });
  return found;
}
