// Turns relative gradient norms of many layers into an image: one row a layer, one column a pixel, the maximum of each
// column. Scale fixed to 1× … 100× of the running median, logarithmic, the same for every run. Pure.
import type { Columns } from '../backend/frame';
import type { Rgb } from '../theme/ramp';
import type { Drawn } from './trace';

export const LOWEST = 1;
export const HIGHEST = 100;

/** 0…1 on the scale; NaN stays NaN. */
export function shade(relative: number): number {
  if (Number.isNaN(relative)) return NaN;
  const share = (Math.log10(Math.max(relative, 1e-9)) - Math.log10(LOWEST)) / (Math.log10(HIGHEST) - Math.log10(LOWEST));
  return Math.min(1, Math.max(0, share));
}

/** Row maxima for `width` pixels; NaN where nothing was recorded. A value holds until the next one, at most `hold` steps. */
export function rowMaxima(columns: Columns, window: readonly [number, number], width: number): { row: Float64Array; tally: Drawn } {
  const row = new Float64Array(width).fill(NaN);
  const tally: Drawn = { drawn: 0, of: 0 };
  const scale = width / (window[1] - window[0]);
  const { step, max } = columns;
  const hold = typicalGap(step);
  for (let i = 0; i < step.length; i += 1) {
    const at = step[i] ?? NaN;
    const value = max[i] ?? NaN;
    const until = Math.min(step[i + 1] ?? Infinity, at + hold * 1.5);
    if (until <= window[0] || at > window[1]) continue;
    if (!Number.isNaN(value) && at >= window[0]) tally.of += 1;
    const first = Math.min(width - 1, Math.max(0, Math.floor((at - window[0]) * scale)));
    const last = Math.min(width - 1, Math.max(first, Math.ceil((until - window[0]) * scale) - 1));
    let painted = false;
    for (let x = first; x <= last; x += 1) {
      const before = row[x] ?? NaN;
      if (Number.isNaN(before) || value > before) row[x] = value;
      painted = true;
    }
    // A column is drawn when its pixel shows it or a higher one that shares the pixel.
    if (painted && !Number.isNaN(value) && at >= window[0]) tally.drawn += 1;
  }
  return { row, tally };
}

function typicalGap(step: Float64Array): number {
  if (step.length < 2) return 1;
  const gaps = Array.from({ length: Math.min(64, step.length - 1) }, (_, i) => (step[i + 1] ?? 0) - (step[i] ?? 0)).sort((a, b) => a - b);
  return Math.max(1, gaps[gaps.length >> 1] ?? 1);
}

/** RGBA pixels, `width` × rows; transparent where nothing was recorded. */
export function pixels(rows: Float64Array[], width: number, scale: Rgb[]): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(width * rows.length * 4);
  rows.forEach((row, r) => {
    for (let x = 0; x < width; x += 1) {
      const share = shade(row[x] ?? NaN);
      if (Number.isNaN(share)) continue;
      const colour = scale[Math.round(share * (scale.length - 1))] ?? [0, 0, 0];
      out.set([...colour, 255], (r * width + x) * 4);
    }
  });
  return out;
}
