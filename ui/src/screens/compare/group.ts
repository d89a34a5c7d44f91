// Runs that differ in nothing but their seed, as one line: the mean over the runs, and a band from the lowest to the
// highest stored value, so that no extreme is lost in the mean. Pure.
import type { Columns, Run } from '$lib/backend';
import { given, isImported, type Given } from '$lib/given';

/** Indices into the runs that are compared. */
export type Group = { key: string; label: string; runs: number[] };

const SEEDS = ['seed', 'config.seed'];
/** What the expansion of a sweep writes behind a point's name. */
const SEED_IN_LABEL = /[-_ ]?s\d+$/;

/** In the order of each group's first run. */
export function groups(runs: (Pick<Run, 'label'> & Given)[]): Group[] {
  const found = new Map<string, Group>();
  runs.forEach((run, index) => {
    const all = given(run);
    const names = Object.keys(all).filter((name) => !SEEDS.includes(name)).sort();
    // Of a run whose configuration is unknown nobody can say that it differs in nothing else.
    const own = isImported(run) && names.length === 0 ? index : null;
    const key = JSON.stringify([own, names.map((name) => [name, all[name]])]);
    const group = found.get(key);
    if (group === undefined) found.set(key, { key, label: run.label, runs: [index] });
    else group.runs.push(index);
  });
  return [...found.values()].map((group) => (group.runs.length === 1 ? group : { ...group, label: group.label.replace(SEED_IN_LABEL, '') || group.label }));
}

export type Aggregate = { mean: Columns; band: Columns };

/** One column of a run, or several of them joined. */
type Cell = { min: number; max: number; mean: number; nonfinite: number };

/** The columns of a run that begin within [from, to), joined; null where there is none. */
function within(columns: Columns, from: number, to: number, start: number): { cell: Cell | null; next: number } {
  let next = start;
  while (next < columns.step.length && (columns.step[next] ?? Infinity) < from) next += 1;
  const cell: Cell = { min: Infinity, max: -Infinity, mean: 0, nonfinite: 0 };
  const first = next;
  for (; next < columns.step.length && (columns.step[next] ?? Infinity) < to; next += 1) {
    cell.min = Math.min(cell.min, columns.min[next] ?? NaN);
    cell.max = Math.max(cell.max, columns.max[next] ?? NaN);
    cell.mean += columns.mean[next] ?? NaN;
    cell.nonfinite += columns.nonfinite[next] ?? 0;
  }
  cell.mean /= next - first;
  return { cell: next === first ? null : cell, next };
}

/**
 * Mean and band of the same series of several runs, on the columns of the run that has fewest. Only where every run has
 * values: a mean over fewer runs would jump where one of them ends. NaN where one run's column has no finite value.
 */
export function aggregate(all: Columns[]): Aggregate | null {
  const [first] = all;
  if (first === undefined) return null;
  const grid = all.reduce((fewest, one) => (one.step.length < fewest.step.length ? one : fewest), first);
  const at = all.map(() => 0);
  // The last column is taken to be as wide as the one before it.
  const width = (grid.step.at(-1) ?? 0) - (grid.step.at(-2) ?? -1);
  const [step, mean, low, high, nonfinite]: number[][] = [[], [], [], [], []];
  for (let k = 0; k < grid.step.length; k += 1) {
    const from = k === 0 ? -Infinity : grid.step[k] ?? NaN;
    const to = grid.step[k + 1] ?? (grid.step[k] ?? NaN) + width;
    const cells = all.map((columns, i) => {
      const { cell, next } = within(columns, from, to, at[i] ?? 0);
      at[i] = next;
      return cell;
    });
    const whole = cells.filter((cell) => cell !== null);
    if (whole.length < all.length) continue;
    step?.push(grid.step[k] ?? NaN);
    mean?.push(whole.reduce((sum, cell) => sum + cell.mean, 0) / whole.length);
    low?.push(Math.min(...whole.map((cell) => cell.min)));
    high?.push(Math.max(...whole.map((cell) => cell.max)));
    nonfinite?.push(whole.reduce((sum, cell) => sum + cell.nonfinite, 0));
  }
  const of = (values: number[] | undefined) => Float64Array.from(values ?? []);
  const shared = { run: first.run, name: first.name, unit: first.unit, values: all.reduce((sum, one) => sum + one.values, 0), step: of(step), nonfinite: of(nonfinite), x: null, superseded: null, relative: first.relative, smoothing: first.smoothing };
  const centre = of(mean);
  return {
    mean: { ...shared, min: centre, max: centre, mean: centre, first: centre, last: centre },
    band: { ...shared, min: of(low), max: of(high), mean: centre, first: of(low), last: of(high) },
  };
}
