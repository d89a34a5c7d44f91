// How much of a step's time goes into waiting for data, from recorded seconds. Pure; says nothing about runs too short to tell.
import type { Columns } from '$lib/backend';

/** Above this share of the step, the window says so: the device stands idle that long. */
export const WAIT_IS_HIGH = 0.2;
/** The last tenth of the run, and no fewer columns than this. */
const NEWEST = 0.1;
const LEAST_COLUMNS = 5;

export function waitShare(wait: Columns | null, step: Columns | null): number | null {
  if (wait === null || step === null) return null;
  const count = Math.max(LEAST_COLUMNS, Math.ceil(wait.step.length * NEWEST));
  if (wait.step.length < LEAST_COLUMNS || step.step.length < LEAST_COLUMNS) return null;
  const mean = (columns: Columns) => {
    const known = [...columns.mean.subarray(-count)].filter(Number.isFinite);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  const share = mean(wait) / mean(step);
  return Number.isFinite(share) ? share : null;
}
