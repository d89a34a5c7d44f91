// Whether the points of a sweep make a grid of two axes, and which point lies in which cell. Pure.
import type { FormAxis, JsonValue, PointPreview } from '$lib/backend';
import { ordered, same } from './values';

export type Cell = { points: PointPreview[] };
export type Grid = { column: string; row: string; columns: JsonValue[]; rows: JsonValue[]; cells: Cell[][] };

const MOST_COLUMNS = 12;
const MOST_ROWS = 24;

/** Axes that can span a grid: one parameter, and several numbers or at least three values of another kind. */
function spanning(axes: readonly FormAxis[]): FormAxis[] {
  return axes.filter((axis) => {
    if (axis.parameters.length !== 1) return false;
    const values = axis.values.map((row) => row[0]);
    return values.length >= 3 || (values.length === 2 && values.every((one) => typeof one === 'number'));
  });
}

/** The grid of the first two axes that can span one; null where a list serves better. Rows go up, as on an axis. */
export function gridOf(axes: readonly FormAxis[], points: readonly PointPreview[]): Grid | null {
  const [across, up] = spanning(axes);
  const column = across?.parameters[0];
  const row = up?.parameters[0];
  if (across === undefined || up === undefined || column === undefined || row === undefined) return null;
  const columns = ordered(distinct(across.values.map((one) => one[0] ?? null)));
  const rows = ordered(distinct(up.values.map((one) => one[0] ?? null))).reverse();
  if (columns.length > MOST_COLUMNS || rows.length > MOST_ROWS) return null;
  const at = (point: PointPreview, name: string, values: JsonValue[]) => values.findIndex((one) => same(one, point.axes[name]));
  const cells: Cell[][] = rows.map(() => columns.map(() => ({ points: [] })));
  for (const point of points) cells[at(point, row, rows)]?.[at(point, column, columns)]?.points.push(point);
  return { column, row, columns, rows, cells };
}

function distinct(values: JsonValue[]): JsonValue[] {
  return values.filter((one, i) => values.findIndex((other) => same(other, one)) === i);
}

/** Seconds of the runs that do not exist yet; null where the time of one is unknown. */
export function missingSeconds(points: readonly PointPreview[]): number | null {
  let sum = 0;
  for (const point of points) {
    const missing = point.seed_states.filter((state) => state === 'missing').length;
    if (missing > 0 && point.estimated_seconds === null) return null;
    sum += missing * (point.estimated_seconds ?? 0);
  }
  return sum;
}

export type SeedLook = 'done' | 'active' | 'failed' | 'missing';

/** A run's state as a mark of a seed. */
export function seedLook(state: string): SeedLook {
  if (state === 'finished') return 'done';
  if (state === 'missing') return 'missing';
  return ['failed', 'cancelled', 'lost'].includes(state) ? 'failed' : 'active';
}

/** Seeds as text, neighbours joined: 0–3, 7. */
export function spans(seeds: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const seed of [...seeds].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && seed === last[1] + 1) last[1] = seed;
    else runs.push([seed, seed]);
  }
  return runs.map(([from, to]) => (to > from + 1 ? `${from}–${to}` : to > from ? `${from}, ${to}` : String(from))).join(', ');
}
