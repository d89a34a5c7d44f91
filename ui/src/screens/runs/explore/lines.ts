// Where lines run between axes, and which of them lies under the pointer. Between two axes every line has the same course along x, so that
// one solution of it serves all of them. Pure.
import type { Axis } from './axes';
import { STOPS } from './scale';

export type Layout = {
  /** Of each axis. */
  xs: readonly number[];
  /** Head and foot of the axes. */
  top: number;
  bottom: number;
};

/** From the foot to the first stop, and between stops. */
export const [STOP_GAP, STOP_PX] = [20, 16];
/** How much of the place of a category lines are spread over. */
const SPREAD = 0.5;
const STOP_SPREAD = 6;
/** Of the way between two axes, at either end. */
export const BEND = 0.42;
const GOLDEN = 0.618_033_988_749_895;

/** In −0.5…0.5, the same each time, and far from that of its neighbours. */
export const apart = (run: number): number => ((run * GOLDEN) % 1) - 0.5;

export const stopY = (axis: Axis, stop: (typeof STOPS)[number], bottom: number): number => bottom + STOP_GAP + STOP_PX * axis.used.findIndex((one) => one.stop === stop);

/** Where each run crosses an axis. Lines of numbers keep their places; those of a category are spread so that they can be told apart. */
export function crossings(axis: Axis, turned: boolean, { top, bottom }: Pick<Layout, 'top' | 'bottom'>): Float32Array {
  const tall = bottom - top;
  const spread = axis.categories.length > 0 ? (tall / axis.categories.length) * SPREAD : 0;
  return Float32Array.from(axis.places, (place, run) => {
    const stop = axis.stops[run] ?? null;
    if (stop !== null) return stopY(axis, stop, bottom) + apart(run) * STOP_SPREAD;
    return bottom - (turned ? 1 - place : place) * tall + apart(run) * spread;
  });
}

/** The course of a line at `share` of the way from one axis to the next: how much of the second axis' height it has. */
export function courseAt(share: number): number {
  let [low, high] = [0, 1];
  // x(s) of a curve whose handles lie BEND from either end; it rises all the way.
  for (let turn = 0; turn < 40; turn += 1) {
    const s = (low + high) / 2;
    const x = 3 * (1 - s) ** 2 * s * BEND + 3 * (1 - s) * s ** 2 * (1 - BEND) + s ** 3;
    if (x < share) low = s;
    else high = s;
  }
  const s = (low + high) / 2;
  return s ** 2 * (3 - 2 * s);
}

/** The run whose line passes nearest, of those that are asked for, within `reach` pixels up or down; null where none does. */
export function lineAt(x: number, y: number, { xs }: Pick<Layout, 'xs'>, ys: readonly Float32Array[], among: Iterable<number>, reach: number): number | null {
  const next = xs.findIndex((one) => one >= x);
  const at = Math.max(0, (next < 0 ? xs.length : next) - 1);
  const [left, right, from, to] = [xs[at], xs[at + 1], ys[at], ys[at + 1]];
  if (left === undefined || right === undefined || from === undefined || to === undefined || x < left || x > right) return null;
  const share = courseAt((x - left) / (right - left));
  let [found, near]: [number | null, number] = [null, reach];
  for (const run of among) {
    const off = Math.abs((from[run] ?? 0) + ((to[run] ?? 0) - (from[run] ?? 0)) * share - y);
    if (off < near) [found, near] = [run, off];
  }
  return found;
}

/** The axis within reach of the pointer. */
export function axisAt(x: number, xs: readonly number[], reach: number): number | null {
  const at = xs.reduce((best, one, index) => (Math.abs(one - x) < Math.abs((xs[best] ?? Infinity) - x) ? index : best), 0);
  return Math.abs((xs[at] ?? Infinity) - x) <= reach ? at : null;
}
