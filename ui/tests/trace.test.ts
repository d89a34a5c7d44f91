// A traced line touches every stored extreme, breaks at NaN, and says truthfully what it drew.
import { describe, expect, it } from 'vitest';
import type { Columns } from '../src/lib/backend/frame';
import { parseHeatmap } from '../src/lib/backend/heatmap';
import { bordersOf, foldRows, pixels, RELATIVE, rowPixels, scaleOf, shade } from '../src/lib/charts/heat';
import { hairAt, isBand, isHair, nonfiniteSteps, trace } from '../src/lib/charts/trace';
import { moved, valueAtShare, yRange, zoomed } from '../src/lib/charts/range';
import { heldBy } from '../src/lib/charts/series';
import { cut, encodeCells } from './fixtures/frames';
import { random } from './fixtures/series';

function columnsOf(values: number[], count: number): Columns {
  const rows = cut({ steps: values.map((_, i) => i), values }, 0, values.length - 1, count);
  const part = (read: (row: (typeof rows)[number]) => number) => Float64Array.from(rows, read);
  return {
    run: 'r', name: 'loss', unit: '', values: values.length, step: part((r) => r.step), min: part((r) => r.min), max: part((r) => r.max),
    mean: part((r) => r.sum / r.count), first: part((r) => r.first), last: part((r) => r.last), nonfinite: part((r) => r.nonfinite), x: null, superseded: null, relative: false, smoothing: 0,
  };
}

function draw(columns: Columns, window: readonly [number, number], log = false) {
  const strokes: [number, number][][] = [];
  const pen = { moveTo: (x: number, y: number) => strokes.push([[x, y]]), lineTo: (x: number, y: number) => strokes.at(-1)?.push([x, y]) };
  const tally = trace(columns, window, (step) => step, (value) => (log && value <= 0 ? NaN : value), pen);
  return { strokes, tally };
}

describe('trace', () => {
  it('touches the lowest and highest value of every column', () => {
    const next = random(7);
    const values = Array.from({ length: 1000 }, () => next());
    values[517] = 40;
    const columns = columnsOf(values, 50);
    const { strokes, tally } = draw(columns, [0, 999]);
    expect(strokes).toHaveLength(1);
    const touched = new Set(strokes[0]?.map(([, y]) => y));
    for (let i = 0; i < 50; i += 1) {
      expect(touched.has(columns.min[i] ?? NaN)).toBe(true);
      expect(touched.has(columns.max[i] ?? NaN)).toBe(true);
    }
    expect(touched.has(40)).toBe(true);
    expect(tally).toEqual({ drawn: 100, of: 100 });
  });

  it('runs to both edges of a window through the values beyond them, and counts neither', () => {
    const around: Columns = { ...columnsOf([5, 1, 2, 9], 4), step: Float64Array.from([80, 100, 110, 140]), values: 2, before: true, after: true };
    const { strokes, tally } = draw(around, [95, 120]);
    expect(strokes).toEqual([[[80, 5], [100, 1], [110, 2], [140, 9]]]);
    expect(tally).toEqual({ drawn: 2, of: 2 });
    const across: Columns = { ...columnsOf([5, 9], 2), step: Float64Array.from([80, 140]), values: 0, before: true, after: true };
    expect(draw(across, [95, 120]).strokes, 'nothing inside, and a line across').toEqual([[[80, 5], [140, 9]]]);
    expect(yRange([around], [95, 120], false)).toEqual([0.95, 2.05]);
  });

  it('does not call drawn what lies beyond the picture', () => {
    const pen = { moveTo: () => undefined, lineTo: () => undefined };
    const tally = trace(columnsOf([1, 2, 3, 10], 4), [0, 3], (step) => step, (value) => value, pen, undefined, (y) => y >= 1.5 && y <= 5);
    expect(tally).toEqual({ drawn: 2, of: 4 });
  });

  it('breaks at a column of NaN and does not bridge it', () => {
    const columns = columnsOf([1, 2, NaN, NaN, 3, 4], 6);
    expect(draw(columns, [0, 5]).strokes).toEqual([[[0, 1], [1, 2]], [[4, 3], [5, 4]]]);
    expect(nonfiniteSteps(columns, [0, 5])).toEqual([2, 3]);
  });

  it('is a row of hairs only where columns lie close, on screens of coarse pixels', () => {
    const columns = columnsOf(Array.from({ length: 1000 }, (_, i) => i), 500);
    expect(isHair(columns, [0, 999], 1400, 1)).toBe(true);
    expect(isHair(columns, [0, 99], 1400, 1)).toBe(false);
    expect(isHair(columns, [0, 999], 1400, 2)).toBe(false);
  });

  it('shows a column that reaches into the window from before it', () => {
    expect([107.7, 104.5, 103, 108, 110.9].map((x) => hairAt(x, 108))).toEqual([108, 108, 103, 108, 110]);
  });

  it('is a band where it goes far up and down within its columns, whatever single spikes do', () => {
    const y = (value: number) => (value <= 0 ? NaN : 100 - value);
    const spike = Array.from({ length: 1000 }, (_, i) => (i === 500 ? 90 : 10 + (i % 2)));
    expect(isBand(columnsOf(spike, 100), y)).toBe(false);
    expect(isBand(columnsOf(spike.map((value, i) => value + (i % 3) * 5), 100), y)).toBe(true);
    expect(isBand(columnsOf([0, -1, 0, -1], 2), y)).toBe(false);
  });

  it('counts what a log scale cannot show as not drawn', () => {
    expect(draw(columnsOf([1, 0, 2], 3), [0, 2], true).tally).toEqual({ drawn: 2, of: 3 });
  });

  it('runs to the edges of the window but counts only what is inside', () => {
    const { strokes, tally } = draw(columnsOf([1, 2, 3, 4, 5], 5), [1.5, 2.5]);
    expect(strokes[0]?.map(([x]) => x)).toEqual([1, 2, 3]);
    expect(tally).toEqual({ drawn: 1, of: 1 });
  });
});

describe('yRange', () => {
  const columns = columnsOf([5, 1, 9, 2, 100], 5);
  it('holds every extreme in view and what must be seen', () => {
    const [low, high] = yRange([columns], [0, 3], false);
    expect(low).toBeLessThanOrEqual(1);
    expect(high).toBeGreaterThanOrEqual(9);
    expect(high).toBeLessThan(100);
    expect(yRange([columns], [0, 3], false, [20])[1]).toBeGreaterThanOrEqual(20);
  });
  it('has a range for nothing, for one value, and for zeros on a log scale', () => {
    expect(yRange([], [0, 1], false)).toEqual([0, 1]);
    const [low, high] = yRange([columnsOf([3], 1)], [0, 1], false);
    expect(low).toBeLessThan(3);
    expect(high).toBeGreaterThan(3);
    expect(yRange([columnsOf([0, 0], 2)], [0, 1], true)).toEqual([0.1, 10]);
  });
});

const cellsOf = (values: number[], from: number, to: number, columns: number) => parseHeatmap(encodeCells(
  { run: 'r', metric: 'grad_norm', layers: ['patch_embed'], cell: 'absolute', from, to, columns }, () => ({ steps: values.map((_, i) => i), values }),
));

describe('heat map', () => {
  it('keeps the maximum of each pixel, as a slow reference finds it', () => {
    const next = random(3);
    const values = Array.from({ length: 400 }, () => 1 + next() * 50);
    const { row, tally, peak } = rowPixels(cellsOf(values, 0, 399, 400), 0, [0, 399], 40);
    for (let x = 0; x < 40; x += 1) {
      const inside = values.filter((_, step) => Math.floor((step * 40) / 399) === x);
      expect(row[x] ?? NaN).toBeGreaterThanOrEqual(Math.fround(Math.max(...inside)));
    }
    expect(tally).toEqual({ drawn: 400, of: 400 });
    expect(peak?.step).toBe(values.indexOf(Math.max(...values)));
  });
  it('shows one spike and one NaN among a hundred thousand steps', () => {
    const values = Array.from({ length: 100_000 }, () => 1);
    values[61_803] = 50;
    values[31_415] = NaN;
    const { row, broken } = rowPixels(cellsOf(values, 0, 99_999, 1000), 0, [0, 99_999], 700);
    expect([...row].filter((value) => value === 50).length).toBeGreaterThan(0);
    expect(broken).toHaveLength(1);
    expect(Math.abs((broken[0]?.[0] ?? 0) - 31_415 / 100_000 * 700)).toBeLessThan(2);
  });
  it('fills between sparse steps but not beyond the last', () => {
    const { row } = rowPixels(cellsOf([2, NaN, 4, NaN, 6], 0, 9, 10), 0, [0, 10], 10);
    expect([...row].map((value) => (Number.isNaN(value) ? 0 : value))).toEqual([2, 2, 4, 4, 6, 6, 0, 0, 0, 0]);
  });
  it('has one scale for relative norms and the extent of the cells for others', () => {
    expect([shade(0.5), shade(1), shade(10), shade(100), shade(1e5), shade(NaN)]).toEqual([0, 0, 0.5, 1, 1, NaN]);
    expect(scaleOf({ cell: 'relative', min: 1e-3, max: 7 })).toEqual(RELATIVE);
    expect(scaleOf({ cell: 'absolute', min: 0.01, max: 7 })).toEqual({ low: 0.01, high: 7 });
    expect(scaleOf({ cell: 'ratio', min: 0, max: 7 }).low).toBeCloseTo(7e-6);
  });
  it('refuses a buffer that ends early', () => {
    const whole = encodeCells({ run: 'r', metric: 'm', layers: ['a'], cell: 'relative', from: 0, to: 9, columns: 10 }, () => ({ steps: [0], values: [1] }));
    expect(() => parseHeatmap(whole.slice(0, 2))).toThrow('inside its length');
    expect(() => parseHeatmap(whole.slice(0, 20))).toThrow('inside its header');
    expect(() => parseHeatmap(whole.slice(0, whole.byteLength - 4))).toThrow('no 1 × 10 cells');
  });
  it('lets no row hide behind another where there are more rows than pixels', () => {
    const rows = Array.from({ length: 150 }, (_, r) => Float64Array.of(1, r === 77 ? 40 : 2, NaN));
    for (const height of [1, 40, 149]) {
      const folded = foldRows(rows, height);
      expect(folded).toHaveLength(height);
      expect(folded.filter((row) => row[1] === 40)).toHaveLength(1);
      expect(folded.every((row) => row[0] === 1 && Number.isNaN(row[2] ?? 0))).toBe(true);
    }
    expect(foldRows(rows, 150)).toBe(rows);
  });
  it('finds the borders of cells as each cell by itself would', () => {
    const cells = cellsOf(Array.from({ length: 300 }, (_, i) => i), 0, 299, 300);
    const [window, width]: [[number, number], number] = [[40.5, 211.25], 97];
    const { begins, ends } = bordersOf(cells, window, width);
    for (let c = 0; c < cells.columns; c += 1) {
      const x = (step: number) => ((step - window[0]) / (window[1] - window[0])) * width;
      const [from, to] = [cells.from + c * cells.stride, cells.from + (c + 1) * cells.stride];
      if (to <= window[0] || from > window[1]) continue;
      expect(begins[c]).toBe(Math.min(width - 1, Math.max(0, Math.floor(x(from)))));
      expect(ends[c + 1]).toBe(Math.min(width - 1, Math.ceil(x(to)) - 1));
    }
  });
  it('leaves unrecorded pixels transparent', () => {
    const ramp = [[0, 0, 0], [255, 255, 255]] as const;
    expect([...pixels([Float64Array.of(1, NaN, 100)], 3, [...ramp])]).toEqual([0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 255, 255]);
  });
});

describe('y', () => {
  it('fits the data, and holds a band only where it is asked for', () => {
    const band = { low: 0.79, high: 6.65, lowLabel: '', highLabel: '' };
    const columns = columnsOf([4, 3, 2], 3);
    const range = (whole: boolean) => yRange([columns], [0, 2], false, heldBy({ ...band, whole }));
    expect(range(false)).toEqual([1.9, 4.1]);
    expect(range(true)[0]).toBeLessThan(0.79);
    expect(range(true)[1]).toBeGreaterThan(6.65);
    expect(heldBy(null)).toEqual([]);
  });

  it.each<[string, [number, number], boolean]>([['linear', [2, 6], false], ['logarithmic', [0.1, 1000], true]])('zooms and moves back to where it was, %s', (_, range, log) => {
    const near = (found: [number, number]) => found.forEach((value, at) => expect(value).toBeCloseTo(range[at] ?? NaN, 9));
    near(zoomed(zoomed(range, 0.5, log), 2, log));
    near(moved(moved(range, 0.3, log), -0.3, log));
    const at = valueAtShare(range, 0.25, log);
    expect(valueAtShare(zoomed(range, 0.5, log, at), 0.25, log)).toBeCloseTo(at, 9);
  });
});
