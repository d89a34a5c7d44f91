// How long the moving average is, in steps, and where that lies on its slider, which is logarithmic: 5 and 10 steps differ as
// much as 500 and 1,000. Pure.

/** Steps: enough for accuracies that are evaluated every 20. */
export const SMOOTHING = 50;
/** The shortest that smooths anything. */
export const SHORTEST = 2;
/** Runs of a few steps have a slider too. */
const LEAST_LONGEST = 100;

/** Nobody smooths over more than half of the run. */
export function longest(steps: number): number {
  return Math.max(LEAST_LONGEST, Math.round(steps / 2));
}

/** 0…1 on the slider. */
export function placeOf(length: number, most: number): number {
  return Math.min(1, Math.max(0, Math.log(length / SHORTEST) / Math.log(most / SHORTEST)));
}

/** The length at a place of the slider, in round numbers: two digits say enough. */
export function lengthAt(place: number, most: number): number {
  const exact = SHORTEST * (most / SHORTEST) ** Math.min(1, Math.max(0, place));
  return Math.max(SHORTEST, Math.min(most, Number(exact.toPrecision(2))));
}

/** What an address says: a length, `1` for the usual one. */
export function readLength(text: string | undefined): number {
  const length = Number(text ?? 0);
  if (!Number.isFinite(length) || length <= 0) return 0;
  return length < SHORTEST ? SMOOTHING : length;
}
