// Runs laid out over two parameters: which panels, which cells, and one number a cell. Every other parameter that differs
// makes a panel of its own, so that a cell never mixes what is not the same. Pure.
import { METRIC, type JsonValue, type Run } from '$lib/backend';
import { recorded } from '$lib/format';
import { given, inCondition } from '$lib/given';

export const MEASURES = ['knn', 'stability', 'spikes'] as const;
export type Measure = (typeof MEASURES)[number];
/** The parameters of the paper's own maps come first. */
const AXES_BY_HABIT = ['batch_size', 'base_learning_rate'];
/** Repetitions of a point, and what changes no result that could be compared. */
const NOT_AXES = [
  'seed', 'device', 'threads', 'loader_threads', 'decoded_cache', 'decoded_cache_gib', 'checkpoint_every', 'keep_checkpoints',
  'gradient_norm_every', 'knn_every', 'knn_fixed_every', 'config.seed',
];

export type Cell = { x: JsonValue; y: JsonValue; runs: Run[] };
/** `most`: runs of a whole cell, as sweeps with other numbers of seeds have panels of their own. */
export type Panel = { key: string; values: [string, JsonValue][]; cells: Cell[]; most: number };
export type Layout = { x: string; y: string; xs: JsonValue[]; ys: JsonValue[]; panels: Panel[]; varying: string[] };

const same = (value: JsonValue | undefined) => JSON.stringify(value ?? null);

function compare(a: JsonValue, b: JsonValue): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}

/** Parameters with more than one value, those that people map first. */
export function varying(runs: readonly Run[]): string[] {
  const all = runs.map(given);
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))].filter((name) => !NOT_AXES.includes(name));
  // Among the runs that have it: what an imported run was given says nothing of a trained one, nor the other way round.
  const found = names.filter((name) => new Set(all.filter((one) => name in one).map((one) => same(one[name]))).size > 1);
  const rank = (name: string) => (AXES_BY_HABIT.includes(name) ? AXES_BY_HABIT.indexOf(name) : all.some((one) => typeof one[name] === 'number') ? 2 : 3);
  return found.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** Null where fewer than two parameters differ. */
export function layOut(runs: readonly Run[], wantedX: string | undefined, wantedY: string | undefined): Layout | null {
  const all = varying(runs);
  const x = all.find((name) => name === wantedX) ?? all.find((name) => name !== wantedY);
  const y = all.find((name) => name === wantedY && name !== x) ?? all.find((name) => name !== x);
  if (x === undefined || y === undefined) return null;
  // Only runs that were given both have a place.
  const placed = runs.map((run) => ({ run, of: given(run) })).filter(({ of }) => x in of && y in of);
  const values = (name: string) => [...new Map(placed.map(({ of }) => [same(of[name]), of[name] ?? null])).values()].sort(compare);
  const [xs, ys] = [values(x), values(y).reverse()];
  const others = all.filter((name) => name !== x && name !== y && placed.some(({ of }) => name in of));
  const panels = new Map<string, typeof placed>();
  for (const one of placed) {
    const key = others.map((name) => same(one.of[name])).join(' ');
    panels.set(key, [...(panels.get(key) ?? []), one]);
  }
  const made = [...panels].map(([key, members]): Panel => {
    const cells = ys.flatMap((cy) => xs.map((cx) => ({
      x: cx, y: cy, runs: members.filter(({ of }) => same(of[x]) === same(cx) && same(of[y]) === same(cy)).map(({ run }) => run),
    })));
    return { key, values: others.map((name) => [name, members[0]?.of[name] ?? null]), cells, most: Math.max(0, ...cells.map((cell) => cell.runs.length)) };
  });
  made.sort((a, b) => a.values.map(([, value], i) => compare(value, b.values[i]?.[1] ?? null)).find((order) => order !== 0) ?? 0);
  return { x, y, xs, ys, panels: made, varying: all };
}

/** All values of a parameter in the layout, so that each is written as the others are. */
export function valuesOf(layout: Layout, name: string): number[] {
  const found = name === layout.x ? layout.xs : name === layout.y ? layout.ys : layout.panels.flatMap((panel) => panel.values.filter(([other]) => other === name).map(([, value]) => value));
  return found.filter((value) => typeof value === 'number');
}

/** One run's number; null where it has none. */
export function measured(run: Run, measure: Measure): number | null {
  if (measure === 'stability') return run.progress.step > 0 ? run.stability ?? null : null;
  if (measure === 'spikes') return run.progress.step > 0 ? 1000 * (run.events['spike'] ?? 0) / run.progress.step : null;
  const last = recorded(run.metrics[METRIC.KnnTop1]?.last);
  return last === null || !Number.isFinite(last) ? null : 100 * last;
}

/** Mean over the runs of a cell that have the number, and how many those are. */
export function mean(runs: readonly Run[], measure: Measure): { value: number | null; n: number } {
  const known = runs.map((run) => measured(run, measure)).filter((value) => value !== null);
  return { value: known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length, n: known.length };
}

export const events = (runs: readonly Run[], kind: string) => runs.reduce((sum, run) => sum + (run.events[kind] ?? 0), 0);

/** Runs whose training met values that are not finite. */
export const broken = (runs: readonly Run[]) => runs.filter((run) => (run.events['nonfinite'] ?? 0) > 0).length;

/** Lowest and highest mean of all cells; null where no cell has one. */
export function extent(layout: Layout, measure: Measure): [number, number] | null {
  const values = layout.panels.flatMap((panel) => panel.cells.map((cell) => mean(cell.runs, measure).value)).filter((value) => value !== null);
  return values.length === 0 ? null : [Math.min(...values), Math.max(...values)];
}

/** The filter that finds the runs of a cell. */
export function whereOf(layout: Layout, panel: Panel, cell: Cell): string {
  const text = (value: JsonValue) => (typeof value === 'string' ? `"${value}"` : String(value));
  return [[layout.x, cell.x] as const, [layout.y, cell.y] as const, ...panel.values].filter(([, value]) => value !== null).map(([name, value]) => `${inCondition(name)} = ${text(value)}`).join(' and ');
}

/** The run that differs from this one only in whether the patch projection is frozen. */
export function twinOf(run: Run, runs: readonly Run[]): Run | null {
  const key = (one: Run) => JSON.stringify(Object.entries(one.parameters).filter(([name]) => name !== 'frozen_patch_projection').sort(([a], [b]) => a.localeCompare(b)));
  return runs.find((other) => other.id !== run.id && key(other) === key(run) && other.parameters['frozen_patch_projection'] !== run.parameters['frozen_patch_projection']) ?? null;
}
