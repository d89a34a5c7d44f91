// Turns the cells of a heat map into an image: one row a layer, one column a pixel, the maximum of all cells under the
// pixel. Pure.
import type { Cells } from '../backend/heatmap';
import type { Rgb } from '../theme/ramp';
import { STEPS } from './x-scale';
import type { Drawn } from './trace';

/** Values at both ends of the colour scale, which is logarithmic. */
export type HeatScale = { low: number; high: number };

/** Relative norms: 1× … 100× of the running median, the same for every run, so that runs can be compared by eye. */
export const RELATIVE: HeatScale = { low: 1, high: 100 };

/** The scale of what cells show: fixed for relative norms, else from the cells' own extent. */
export function scaleOf(cells: Pick<Cells, 'cell' | 'min' | 'max'> | null): HeatScale {
  if (cells === null || cells.cell === 'relative' || cells.max === null || cells.max <= 0) return RELATIVE;
  const least = cells.max * 1e-6;
  return { low: Math.max(cells.min ?? least, least), high: cells.max };
}

/** 0…1 on the scale; NaN stays NaN. */
export function shade(value: number, { low, high }: HeatScale = RELATIVE): number {
  if (Number.isNaN(value)) return NaN;
  const span = Math.log10(high) - Math.log10(low);
  const share = span > 0 ? (Math.log10(Math.max(value, Number.MIN_VALUE)) - Math.log10(low)) / span : 1;
  return Math.min(1, Math.max(0, share));
}

export type RowPixels = {
  /** The largest value under each pixel; NaN where nothing was recorded. */
  row: Float64Array;
  /** Pixels, first and last, of cells with values that are not finite. */
  broken: [number, number][];
  tally: Drawn;
  peak: { step: number; value: number } | null;
};

/** For the border before each cell, and the one behind the last: the pixel that begins there, and the last that ends there. */
export type Borders = { begins: Int32Array; ends: Int32Array };

/** The same for all rows, so it is made once for each picture. */
export function bordersOf(cells: Pick<Cells, 'from' | 'stride' | 'columns'>, window: readonly [number, number], width: number, scale = STEPS): Borders {
  const [begins, ends] = [new Int32Array(cells.columns + 1), new Int32Array(cells.columns + 1)];
  for (let c = 0; c <= cells.columns; c += 1) {
    const x = scale.position(cells.from + c * cells.stride, window) * width;
    begins[c] = Math.min(width - 1, Math.max(0, Math.floor(x)));
    ends[c] = Math.min(width - 1, Math.ceil(x) - 1);
  }
  return { begins, ends };
}

/** Row `r` of the cells for `width` pixels of a window of steps. A cell without values takes those of the one before, as far as values usually lie apart. */
export function rowPixels(cells: Cells, r: number, window: readonly [number, number], width: number, borders = bordersOf(cells, window, width)): RowPixels {
  const row = new Float64Array(width).fill(NaN);
  const tally: Drawn = { drawn: 0, of: 0 };
  const broken: [number, number][] = [];
  let peak: RowPixels['peak'] = null;
  const [begin, end] = [r * cells.columns, (r + 1) * cells.columns];
  const hold = usualGap(cells.largest.subarray(begin, end));
  for (let at = begin; at < end; at += 1) {
    const value = cells.largest[at] ?? NaN;
    const isBroken = (cells.nonfinite[at] ?? 0) > 0;
    if (Number.isNaN(value) && !isBroken) continue;
    const step = cells.from + (at - begin) * cells.stride;
    let reach = 1;
    while (reach < hold && at + reach < end && Number.isNaN(cells.largest[at + reach] ?? NaN)) reach += 1;
    const until = step + reach * cells.stride;
    if (until <= window[0] || step > window[1]) continue;
    const first = borders.begins[at - begin] ?? 0;
    const last = Math.max(first, borders.ends[at - begin + reach] ?? 0);
    if (isBroken) broken.push([first, last]);
    if (Number.isNaN(value)) continue;
    for (let x = first; x <= last; x += 1) {
      const before = row[x] ?? NaN;
      if (Number.isNaN(before) || value > before) row[x] = value;
    }
    // A cell is drawn when its pixels show it or a higher one that shares them.
    tally.of += 1;
    tally.drawn += 1;
    if (peak === null || value > peak.value) peak = { step, value };
  }
  return { row, broken, tally, peak };
}

/** How many cells lie from one recorded cell to the next, usually: the gradients of every tenth step leave nine empty. */
function usualGap(row: Float32Array): number {
  const gaps: number[] = [];
  let before = -1;
  for (let i = 0; i < row.length && gaps.length < 64; i += 1) {
    if (Number.isNaN(row[i] ?? NaN)) continue;
    if (before >= 0) gaps.push(i - before);
    before = i;
  }
  gaps.sort((a, b) => a - b);
  return Math.max(1, gaps[gaps.length >> 1] ?? 1);
}

/** No more rows than there are pixels: rows that share one show their largest values, so that none hides behind another. */
export function foldRows(rows: Float64Array[], most: number): Float64Array[] {
  if (rows.length <= most) return rows;
  const width = rows[0]?.length ?? 0;
  const folded = Array.from({ length: Math.max(1, most) }, () => new Float64Array(width).fill(NaN));
  rows.forEach((row, r) => {
    const into = folded[Math.floor((r * folded.length) / rows.length)];
    for (let x = 0; into !== undefined && x < width; x += 1) {
      const value = row[x] ?? NaN;
      if (!Number.isNaN(value) && !(value <= (into[x] ?? NaN))) into[x] = value;
    }
  });
  return folded;
}

/** RGBA pixels, `width` × rows; transparent where nothing was recorded. */
export function pixels(rows: Float64Array[], width: number, ramp: Rgb[], scale: HeatScale = RELATIVE): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(width * rows.length * 4);
  rows.forEach((row, r) => {
    let [before, colour] = [NaN, ramp[0]];
    for (let x = 0; x < width; x += 1) {
      const value = row[x] ?? NaN;
      if (Number.isNaN(value)) continue;
      // Zoomed in, a cell is many pixels wide.
      if (value !== before) colour = ramp[Math.round(shade(value, scale) * (ramp.length - 1))];
      before = value;
      const to = (r * width + x) * 4;
      out[to] = colour?.[0] ?? 0;
      out[to + 1] = colour?.[1] ?? 0;
      out[to + 2] = colour?.[2] ?? 0;
      out[to + 3] = 255;
    }
  });
  return out;
}
