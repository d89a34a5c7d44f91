// Whether the points of a sweep make a grid of two axes, and which point lies in which cell. Pure.
import type { EstimateBasis, FormAxis, JsonValue, PointPreview } from '$lib/backend';
import { ordered, same } from './values';

export type Cell = { points: PointPreview[] };
export type Grid = { column: string; row: string; columns: JsonValue[]; rows: JsonValue[]; cells: Cell[][] };

const MOST_COLUMNS = 12;
const MOST_ROWS = 24;

/** Parameters that can span a grid: alone on an axis of at least two values. */
export function spanning(axes: readonly FormAxis[]): string[] {
  return axes.flatMap((axis) => (axis.parameters.length === 1 && axis.values.length >= 2 ? axis.parameters : []));
}

/** The axes that serve best where nobody chose: several numbers, or at least three values of another kind. */
function likeliest(axes: readonly FormAxis[]): string[] {
  return axes.flatMap((axis) => {
    const values = axis.values.map((row) => row[0]);
    const serves = values.length >= 3 || (values.length === 2 && values.every((one) => typeof one === 'number'));
    return axis.parameters.length === 1 && serves ? axis.parameters : [];
  });
}

/** What spans the grid: what was chosen as far as it can, else what serves best; null where a list serves better. */
export function spanOf(axes: readonly FormAxis[], chosen: { column?: string | undefined; row?: string | undefined } = {}): { column: string; row: string } | null {
  const able = spanning(axes);
  const likely = likeliest(axes);
  const asked = (name: string | undefined) => (name !== undefined && able.includes(name) ? name : undefined);
  const [wantedColumn, wantedRow] = [asked(chosen.column), asked(chosen.row)];
  const pick = (but: string | undefined) => likely.find((name) => name !== but) ?? (wantedColumn ?? wantedRow ? able.find((name) => name !== but) : undefined);
  const column = wantedColumn ?? pick(wantedRow);
  const row = wantedRow !== undefined && wantedRow !== column ? wantedRow : pick(column);
  return column === undefined || row === undefined ? null : { column, row };
}

/** The grid of two axes; null where a list serves better. Rows go up, as on an axis. */
export function gridOf(axes: readonly FormAxis[], points: readonly PointPreview[], chosen: { column?: string | undefined; row?: string | undefined } = {}): Grid | null {
  const span = spanOf(axes, chosen);
  if (span === null) return null;
  const { column, row } = span;
  const valuesOf = (name: string) => ordered(distinct(axes.find((axis) => axis.parameters[0] === name)?.values.map((one) => one[0] ?? null) ?? []));
  const columns = valuesOf(column);
  const rows = valuesOf(row).reverse();
  if (columns.length > MOST_COLUMNS || rows.length > MOST_ROWS) return null;
  const at = (point: PointPreview, name: string, values: JsonValue[]) => values.findIndex((one) => same(one, point.axes[name]));
  const cells: Cell[][] = rows.map(() => columns.map(() => ({ points: [] })));
  for (const point of points) cells[at(point, row, rows)]?.[at(point, column, columns)]?.points.push(point);
  return { column, row, columns, rows, cells };
}

function distinct(values: JsonValue[]): JsonValue[] {
  return values.filter((one, i) => values.findIndex((other) => same(other, one)) === i);
}

/** Seconds of the runs that do not exist yet, and the least sure of what they rest on; null where the time of one is unknown. */
export function missingSeconds(points: readonly PointPreview[]): { seconds: number; basis: EstimateBasis } | null {
  let seconds = 0;
  let basis: EstimateBasis = 'measured';
  for (const point of points) {
    const missing = point.seed_states.filter((state) => state === 'missing').length;
    if (missing === 0) continue;
    if (point.estimated_seconds === null || point.estimate_basis === null) return null;
    seconds += missing * point.estimated_seconds;
    if (SURE.indexOf(point.estimate_basis) > SURE.indexOf(basis)) basis = point.estimate_basis;
  }
  return { seconds, basis };
}

/** The surest first. */
const SURE: readonly EstimateBasis[] = ['measured', 'scaled', 'guessed'];

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
