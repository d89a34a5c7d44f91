// Where grid lines go and what they say. Pure.
import { number, plain, rate } from '../format';

export const PX_PER_Y_TICK = 34;
export const PX_PER_X_TICK = 92;

/** Round values from `low` to `high`, about `count` of them. */
export function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((k) => k * power >= raw - 1e-12) ?? 10) * power;
  const out: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-6; i += 1) out.push(Number((i * step).toPrecision(12)));
  return out;
}

/** The same for what is only counted in whole numbers, such as steps. */
export function wholeTicks(low: number, high: number, count: number): number[] {
  return ticks(low, high, count).filter((value) => Number.isInteger(value));
}

/**
 * Powers of ten, thinned to about `count`; 1-2-5 steps where the range is less than a decade and a half, even steps where it holds fewer
 * than two of those. */
export function logTicks(low: number, high: number, count: number): number[] {
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const every = Math.max(1, Math.ceil((to - from) / Math.max(1, count)));
  const marks = Math.log10(high / low) < 1.5 ? [1, 2, 5] : [1];
  const out: number[] = [];
  for (let power = from; power <= to; power += every) {
    for (const mark of marks) out.push(Number((mark * 10 ** power).toPrecision(3)));
  }
  const inside = out.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  return inside.length < 2 ? ticks(low, high, count) : inside;
}

/** Where an axis of values is ruled, which are shown times `times`. */
export function ruled([low, high]: readonly [number, number], count: number, log: boolean, times: number): number[] {
  const shown = [low * times, high * times] as const;
  return (log ? logTicks(...shown, count) : ticks(...shown, count)).map((value) => value / times);
}

/** Powers of ten from which on an axis is read without exponents, and up to which. */
const PLAIN = [1e-3, 1e6] as const;

/** Labels of values over several decades: 2, 1, 0.5 where all of an axis can be read so, else with exponents, 1 without one. */
export function decadeLabels(values: number[]): string[] {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  const isPlain = sizes.every((size) => size >= PLAIN[0] && size < PLAIN[1]);
  return values.map((value) => (isPlain || (Math.abs(value) >= 1 && Math.abs(value) < 10) ? plain(value) : rate(value, 2)));
}

/** Labels with the fewest decimals that tell the ticks apart; rates when they are small or huge. */
export function labels(values: number[]): string[] {
  const largest = Math.max(...values.map(Math.abs), 0);
  const gap = values.length > 1 ? Math.abs((values[1] ?? 0) - (values[0] ?? 0)) : largest;
  if ((largest > 0 && largest < 0.01) || largest >= 1e7) return values.map((value) => rate(value, 2));
  const decimals = gap > 0 ? Math.min(6, Math.max(0, -Math.floor(Math.log10(gap) + 1e-9))) : 0;
  const enough = values.every((value) => Math.abs(value * 10 ** decimals - Math.round(value * 10 ** decimals)) < 1e-6) ? decimals : decimals + 1;
  return values.map((value) => number(value, enough));
}
