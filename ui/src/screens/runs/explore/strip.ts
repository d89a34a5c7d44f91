// What the chosen runs come to: how many of all, the mean of the metric as the groups of the table have it, spikes, and how many of each
// arm. Pure.
import type { RunTableRow } from '$lib/backend';
import type { Axis, Category } from './axes';

export type Strip = {
  n: number;
  of: number;
  /** Over runs that have a finite value and did not fail. */
  mean: { mean: number; std: number | null; n: number } | null;
  /** Of the chosen ones. */
  failed: number;
  /** A run. */
  spikes: number;
  /** The most frequent first; those that no chosen run has are left out. */
  arms: { arm: Category; n: number }[];
};

/** Mean and standard deviation (n − 1); null of nothing. */
export function meanOf(values: readonly number[]): { mean: number; std: number | null; n: number } | null {
  const n = values.length;
  if (n === 0) return null;
  // From the first on: equal values have exactly their value, and no spread.
  const first = values[0] ?? 0;
  const mean = first + values.reduce((sum, value) => sum + (value - first) / n, 0);
  return { mean, std: n < 2 ? null : Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)), n };
}

export function stripOf(rows: readonly RunTableRow[], chosen: readonly number[], metric: Axis | null, arms: Axis | null): Strip {
  const counts = new Map<number, number>();
  const values: number[] = [];
  let [failed, spikes] = [0, 0];
  for (const at of chosen) {
    const row = rows[at];
    if (row === undefined) continue;
    if (row.failed) failed += 1;
    spikes += row.events['spike'] ?? 0;
    const value = metric?.values[at] ?? null;
    if (value !== null && Number.isFinite(value) && !row.failed) values.push(value);
    const arm = arms?.values[at] ?? null;
    if (arm !== null) counts.set(arm, (counts.get(arm) ?? 0) + 1);
  }
  const told = [...counts].flatMap(([at, n]) => {
    const arm = arms?.categories[at];
    return arm === undefined ? [] : [{ arm, n }];
  });
  told.sort((a, b) => b.n - a.n || a.arm.text.localeCompare(b.arm.text));
  return { n: chosen.length, of: rows.length, mean: meanOf(values), failed, spikes: chosen.length === 0 ? 0 : spikes / chosen.length, arms: told };
}
