// Where a step lies on the x axis: steps themselves, epochs, images seen, or time of training. Windows and crosshairs stay in
// steps, whatever the axis counts, so one address means the same place on each. Pure.
import type { Columns } from '../backend/frame';
import { number } from '../format';
import { labels, ticks, wholeTicks } from './ticks';

export const X_KINDS = ['step', 'epoch', 'elapsed', 'images'] as const;
export type XKind = (typeof X_KINDS)[number];
/** What the numbers at the axis count. */
export type XUnit = 'step' | 'epoch' | 'images' | 'million_images' | 's' | 'min' | 'h';
/** `at`: 0…1 of the window. */
export type XTick = { at: number; text: string };
export type XTicks = { unit: XUnit; ticks: XTick[] };

const MINUTE = 60;
const HOUR = 3600;
const MILLION = 1e6;

export class XScale {
  readonly kind: XKind;
  readonly #steps: number[] = [];
  readonly #values: number[] = [];

  /** From frames that know x, the coarser first; points of the finer ones fill in. */
  constructor(kind: XKind, frames: (Columns | null)[] = []) {
    const points = kind === 'step' ? [] : frames.flatMap((one) => (one?.x == null ? [] : [...one.step].map((step, i) => [step, one.x?.[i] ?? NaN] as const)));
    points.sort((a, b) => a[0] - b[0]);
    for (const [step, value] of points) {
      // Only what moves on: time recorded twice, or before a resume, would fold the axis.
      if (!Number.isFinite(value) || step <= (this.#steps.at(-1) ?? -Infinity) || value <= (this.#values.at(-1) ?? -Infinity)) continue;
      this.#steps.push(step);
      this.#values.push(value);
    }
    this.kind = this.#steps.length < 2 ? 'step' : kind;
  }

  /** What the axis counts at a step; beyond what is recorded at the pace of its ends. */
  value(step: number): number {
    return this.kind === 'step' ? step : along(this.#steps, this.#values, step);
  }

  step(value: number): number {
    return this.kind === 'step' ? value : along(this.#values, this.#steps, value);
  }

  /** 0…1 of the window, less or more outside it. */
  position(step: number, [from, to]: readonly [number, number]): number {
    if (this.kind === 'step') return (step - from) / (to - from);
    const start = this.value(from);
    return (this.value(step) - start) / (this.value(to) - start);
  }

  stepAt(share: number, [from, to]: readonly [number, number]): number {
    if (this.kind === 'step') return from + share * (to - from);
    const start = this.value(from);
    return this.step(start + share * (this.value(to) - start));
  }

  /** Round numbers of what the axis counts, about `count` of them. */
  ticks([from, to]: readonly [number, number], count: number): XTicks {
    const [low, high] = [this.value(from), this.value(to)];
    const { unit, per } = unitOf(this.kind, high - low, high);
    const values = (unit === 'step' ? wholeTicks : ticks)(low / per, high / per, count).filter((value) => value * per >= low - 1e-9 && value * per <= high + 1e-9);
    const texts = unit === 'step' || unit === 'images' ? values.map((value) => number(value, Number.isInteger(value) ? 0 : 1)) : labels(values);
    return { unit, ticks: values.map((value, i) => ({ at: (value * per - low) / (high - low), text: texts[i] ?? '' })) };
  }
}

export const STEPS = new XScale('step');

function unitOf(kind: XKind, span: number, largest: number): { unit: XUnit; per: number } {
  if (kind === 'images') return largest >= MILLION ? { unit: 'million_images', per: MILLION } : { unit: 'images', per: 1 };
  if (kind !== 'elapsed') return { unit: kind, per: 1 };
  if (span >= 2 * HOUR) return { unit: 'h', per: HOUR };
  return span >= 2 * MINUTE ? { unit: 'min', per: MINUTE } : { unit: 's', per: 1 };
}

/** Piecewise linear through increasing points, going on straight beyond the ends. */
function along(xs: number[], ys: number[], x: number): number {
  let low = 1;
  let high = xs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? Infinity) < x) low = middle + 1;
    else high = middle;
  }
  const [x0, x1, y0, y1] = [xs[low - 1] ?? 0, xs[low] ?? 1, ys[low - 1] ?? 0, ys[low] ?? 1];
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}
