// Walks one series of pixel columns as a line that touches every stored extreme: first, min, max, last of each column.
// Breaks at columns without finite values. Works on numbers, so that tests can look at what is drawn.
import type { Columns } from '../backend/frame';

export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}

export type Drawn = { drawn: number; of: number };

/** The values that a line touches in a column that holds several. */
type Touch = (columns: Columns, i: number, low: number, high: number) => number[];
export const ALL: Touch = ({ first, last }, i, low, high) => [first[i] ?? low, ...nearest(first[i] ?? low, low, high), last[i] ?? high];
/** Its extremes alone, for lines so small that where a column begins and ends makes no difference. */
export const LOW_TO_HIGH: Touch = (_, __, low, high) => [low, high];

const ANYWHERE = (y: number) => !Number.isNaN(y);

/** `x` and `y` map to pixels; `y` gives NaN for what the scale cannot show (zero on a log scale). `seen` says of such a pixel whether it
 * lies in the picture: an extreme beyond it, as where y was zoomed, is not counted as drawn. */
export function trace(columns: Columns, window: readonly [number, number], x: (step: number) => number, y: (value: number) => number, pen: Pen, touch: Touch = ALL, seen = ANYWHERE): Drawn {
  const tally: Drawn = { drawn: 0, of: 0 };
  let broken = true;
  const { step, min, max } = columns;
  const count = step.length;
  // One column beyond each edge keeps the line running to the edge.
  let begin = 0;
  while (begin < count - 1 && (step[begin + 1] ?? 0) < window[0]) begin += 1;
  let end = count - 1;
  while (end > 0 && (step[end - 1] ?? 0) > window[1]) end -= 1;
  for (let i = begin; i <= end; i += 1) {
    const low = min[i] ?? NaN;
    const high = max[i] ?? NaN;
    if (Number.isNaN(low)) {
      broken = true;
      continue;
    }
    const at = x(step[i] ?? NaN);
    const extremes = low === high ? [low] : touch(columns, i, low, high);
    const shown = low === high ? 1 : 2;
    const visible = (step[i] ?? 0) >= window[0] && (step[i] ?? 0) <= window[1];
    if (visible) tally.of += shown;
    for (const value of extremes) {
      const to = y(value);
      if (Number.isNaN(to)) continue;
      if (broken) pen.moveTo(at, to);
      else pen.lineTo(at, to);
      broken = false;
    }
    if (visible) tally.drawn += (seen(y(low)) ? 1 : 0) + (shown === 2 && seen(y(high)) ? 1 : 0);
  }
  return tally;
}

/** Device pixels from column to column below which a line is a row of hairs. */
const HAIR_PX = 4;
/** From minimum to maximum in pixels, on the average: a line that goes so far up and down is a band. */
const BAND_PX = 6;

/**
 * Where columns lie this close, lines are one device pixel wide: without a GPU broader ones take ten times as long, and the
 * columns fill what lies between anyway. Screens of finer pixels keep their width. */
export function isHair(columns: Columns, [from, to]: readonly [number, number], pixels: number, ratio: number): boolean {
  if (ratio >= 1.5) return false;
  let count = 0;
  for (const step of columns.step) if (step >= from && step <= to) count += 1;
  return count * HAIR_PX > pixels;
}

/** The column of pixels of a hair. A column of steps that begins just before the window reaches into it: it stands at the edge. */
export function hairAt(x: number, left: number): number {
  return x < left && x > left - HAIR_PX ? left : Math.floor(x);
}

/** Whether a line covers an area; dashes would only tear holes into it, and hide extremes there. */
export function isBand({ min, max }: Columns, y: (value: number) => number): boolean {
  let [sum, count] = [0, 0];
  for (let i = 0; i < min.length; i += 1) {
    const span = Math.abs(y(min[i] ?? NaN) - y(max[i] ?? NaN));
    if (Number.isNaN(span)) continue;
    sum += span;
    count += 1;
  }
  return sum > BAND_PX * count;
}

/** Low and high in the order that makes the shorter way from `start`. */
function nearest(start: number, low: number, high: number): [number, number] {
  return Number.isFinite(start) && high - start < start - low ? [high, low] : [low, high];
}

/** Steps of columns that hold NaN or infinite values. */
export function nonfiniteSteps(columns: Columns, window: readonly [number, number]): number[] {
  const out: number[] = [];
  for (let i = 0; i < columns.step.length; i += 1) {
    const step = columns.step[i] ?? NaN;
    if ((columns.nonfinite[i] ?? 0) > 0 && step >= window[0] && step <= window[1]) out.push(step);
  }
  return out;
}
