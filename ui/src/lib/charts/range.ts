// The y range of a chart: every extreme in view, plus what must be seen (a band), plus a little air. Pure.
import type { Columns } from '../backend/frame';

export type Range = [number, number];

/** `include` are values that stay in view. Log ranges hold positive values only. */
export function yRange(all: Columns[], window: readonly [number, number], log: boolean, include: number[] = []): Range {
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number) => {
    if (!Number.isFinite(value) || (log && value <= 0)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const columns of all) {
    for (let i = 0; i < columns.step.length; i += 1) {
      const step = columns.step[i] ?? NaN;
      if (step < window[0] || step > window[1]) continue;
      take(columns.min[i] ?? NaN);
      take(columns.max[i] ?? NaN);
    }
  }
  include.forEach(take);
  if (low > high) return log ? [0.1, 10] : [0, 1];
  if (log) return low === high ? [low / 2, high * 2] : [low / 1.15, high * 1.15];
  const air = (high - low) * 0.05 || Math.abs(high) * 0.05 || 0.5;
  return [low >= 0 && low - air < 0 ? 0 : low - air, high + air];
}

const level = (value: number, log: boolean) => (log ? Math.log(value) : value);
const unlevel = (value: number, log: boolean) => (log ? Math.exp(value) : value);

/** The value at a share of the range, 0 at its lower end. */
export function valueAtShare([low, high]: Range, share: number, log: boolean): number {
  const [from, to] = [level(low, log), level(high, log)];
  return unlevel(from + share * (to - from), log);
}

/** `factor` < 1 shows less; what lies at `at` keeps its place. */
export function zoomed([low, high]: Range, factor: number, log: boolean, at?: number): Range {
  const [from, to] = [level(low, log), level(high, log)];
  const still = at === undefined || !Number.isFinite(level(at, log)) ? (from + to) / 2 : level(at, log);
  return [unlevel(still - (still - from) * factor, log), unlevel(still + (to - still) * factor, log)];
}

/** By a share of what is shown, upwards. */
export function moved([low, high]: Range, share: number, log: boolean): Range {
  const [from, to] = [level(low, log), level(high, log)];
  const by = share * (to - from);
  return [unlevel(from + by, log), unlevel(to + by, log)];
}
