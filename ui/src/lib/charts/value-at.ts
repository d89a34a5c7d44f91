// The value of a series at a step, from its pixel columns. Pure.
import { columnAt, type Columns } from '../backend/frame';

/** The value, or the mean where the column holds several; null before the first column. */
export function valueAt(columns: Columns | null, step: number): number | null {
  if (columns === null) return null;
  const at = columnAt(columns, step);
  if (at < 0) return null;
  if ((columns.nonfinite[at] ?? 0) > 0 && Number.isNaN(columns.mean[at] ?? NaN)) return columns.last[at] ?? NaN;
  return columns.min[at] === columns.max[at] ? columns.last[at] ?? null : columns.mean[at] ?? null;
}
