// The value of a series at a step, from its pixel columns. Pure.
import { columnAt, type Columns } from '../backend/frame';

/** A value, and the steps that it was recorded at: one, or those of a column that holds several, with the last of them. */
export type Reading = { value: number; last: number; from: number; to: number };

/** The last step that a column may hold, of steps up to `last`. The last column is taken to be as wide as the one before it; the
 * values beyond a window's edges stand for themselves alone. */
export function boundOf({ step, before, after }: Columns, at: number, last: number): number {
  if ((before === true && at === 0) || (after === true && at === step.length - 1)) return step[at] ?? NaN;
  const from = step[at] ?? NaN;
  const width = (step.at(-1) ?? 0) - (step.at(-2) ?? -1);
  return Math.max(from, at + 1 < step.length ? (step[at + 1] ?? NaN) - 1 : Math.min(last, from + width - 1));
}

/** Whether every column holds one value, recorded at its step. */
export function isSingle(columns: Columns): boolean {
  return columns.values === columns.step.length - Number(columns.before ?? false) - Number(columns.after ?? false);
}

/** The value at or before a step, or the mean where its column holds several; null before the first column. */
export function readAt(columns: Columns | null, step: number): Reading | null {
  if (columns === null) return null;
  const at = columnAt(columns, step);
  if (at < 0) return null;
  const from = columns.step[at] ?? NaN;
  const to = isSingle(columns) ? from : boundOf(columns, at, Infinity);
  const lost = (columns.nonfinite[at] ?? 0) > 0 && Number.isNaN(columns.mean[at] ?? NaN);
  const last = columns.last[at] ?? NaN;
  return { value: lost || columns.min[at] === columns.max[at] ? last : (columns.mean[at] ?? NaN), last, from, to };
}

export function valueAt(columns: Columns | null, step: number): number | null {
  return readAt(columns, step)?.value ?? null;
}
