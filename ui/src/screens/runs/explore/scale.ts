// From values to places on an axis: 0 at its foot, 1 at its head. What has no place along it, as 0 on a logarithmic one, what is not
// finite and what is not there have stops of their own below. Pure.
import type { RunColumn } from '$lib/backend';
import { alike, number, plain, scaled } from '$lib/format';
import { decadeLabels, labels, logTicks, ticks, wholeTicks } from '$lib/charts/ticks';

export type Kind = RunColumn['scale'];
/** Below the axis, from the top: beyond its end, not finite, without a value. */
export const STOPS = ['end', 'nan', 'none'] as const;
export type Stop = (typeof STOPS)[number];

/** Where a value is even; null where it has no place along such an axis. */
export function through(kind: Kind, value: number): number | null {
  if (!Number.isFinite(value)) return null;
  if (kind === 'log') return value > 0 ? Math.log(value) : null;
  if (kind === 'log_to_one') return value < 1 ? -Math.log(1 - value) : null;
  return value;
}

export function back(kind: Kind, even: number): number {
  if (kind === 'log') return Math.exp(even);
  return kind === 'log_to_one' ? 1 - Math.exp(-even) : even;
}

/** Which stop a value goes to; null where it has a place. */
export function stopOf(kind: Kind, value: number | null): Stop | null {
  if (value === null) return 'none';
  if (!Number.isFinite(value)) return 'nan';
  return through(kind, value) === null ? 'end' : null;
}

/** Values of an axis from foot to head, in its own unit; `only`: the few that there are, rising; `whole`: none has decimals. */
export type Scale = { kind: Kind; low: number; high: number; only: readonly number[]; whole: boolean };

/** An axis with so few values is ruled at them. */
const FEW = 8;

export function scaleOf(kind: Kind, values: Iterable<number | null>): Scale {
  const even = new Map<number, number>();
  for (const value of values) {
    const place = value === null ? null : through(kind, value);
    if (value !== null && place !== null) even.set(value, place);
  }
  const sorted = [...even.keys()].sort((a, b) => a - b);
  return { kind, low: sorted[0] ?? 0, high: sorted.at(-1) ?? 0, only: sorted.length <= FEW ? sorted : [], whole: sorted.every(Number.isInteger) };
}

/** 0…1 along the axis; the middle where all values are one. */
export function placeOf({ kind, low, high }: Scale, value: number): number {
  const [from, to, at] = [through(kind, low) ?? 0, through(kind, high) ?? 0, through(kind, value) ?? 0];
  return to > from ? (at - from) / (to - from) : 0.5;
}

/** The value at a place; at the ends exactly theirs, whatever the way there and back does to their last digits. */
export function valueAt({ kind, low, high }: Scale, place: number): number {
  if (place <= 0) return low;
  if (place >= 1) return high;
  const [from, to] = [through(kind, low) ?? 0, through(kind, high) ?? 0];
  return to > from ? back(kind, from + place * (to - from)) : low;
}

export type Tick = { value: number; text: string };

/** Where an axis is ruled and what stands there; `times`: what values are shown times. */
export function ticksOf({ kind, low, high, only, whole }: Scale, count: number, times: number): Tick[] {
  const shown = (value: number) => scaled(value, times);
  if (only.length > 0) {
    const text = times === 1 ? alike(only) : (value: number) => plain(Number(shown(value).toPrecision(4)));
    return only.map((value) => ({ value, text: text(value) }));
  }
  if (kind === 'log_to_one') {
    const rests = logTicks(1 - high, 1 - low, count);
    const digits = (rest: number) => Math.max(0, Math.ceil(-Math.log10(rest) - 1e-9));
    return rests.map((rest) => ({ value: 1 - rest, text: number(1 - rest, digits(rest)) })).filter(({ value }) => value >= low && value <= high);
  }
  const found = kind === 'log' ? logTicks(shown(low), shown(high), count) : (whole ? wholeTicks : ticks)(shown(low), shown(high), count);
  const texts = kind === 'log' ? decadeLabels(found) : labels(found);
  return found.map((value, at) => ({ value: value / times, text: texts[at] ?? number(value) }));
}

/** A range with no more digits than it needs to take the same values, at least three. */
export function tidied([low, high]: readonly [number, number], values: readonly number[]): [number, number] {
  const within = (a: number, b: number) => values.map((value) => (value >= a && value <= b ? '1' : '0')).join('');
  const taken = within(low, high);
  for (let digits = 3; digits < 12; digits += 1) {
    const [a, b] = [Number(low.toPrecision(digits)), Number(high.toPrecision(digits))];
    if (a <= b && within(a, b) === taken) return [a, b];
  }
  return [low, high];
}
