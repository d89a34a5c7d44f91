// A chart as a table says which steps a row holds and what lies between, and thins without losing what matters.
import { describe, expect, it } from 'vitest';
import { find, parseFrame, type Columns } from '../src/lib/backend/frame';
import { tableRows, thinned } from '../src/lib/charts/table-rows';
import { encode } from './fixtures/frames';
import type { Curve } from './fixtures/series';

function cut(curves: Record<string, Curve>, to: number, columns: number): (Columns | null)[] {
  const series = Object.keys(curves);
  const frame = parseFrame(encode({ runs: ['r'], series: series.map((name) => ({ name })), from: 0, to, columns }, (_run, name) => curves[name] ?? null));
  return series.map((name) => find(frame, 'r', name));
}
const dense = (values: number[]): Curve => ({ steps: values.map((_, i) => i), values });

describe('tableRows', () => {
  it('says the steps of a column and its lowest and highest value', () => {
    const rows = tableRows(cut({ loss: dense([4.45, 4.458, 3, 3, NaN, 2, NaN, NaN]) }, 7, 4), [0, 7], 7);
    expect(rows.map(({ from, to }) => [from, to])).toEqual([[0, 1], [2, 3], [4, 5], [6, 7]]);
    expect(rows.map(({ cells: [cell] }) => [cell?.low, cell?.high, cell?.nonfinite])).toEqual([[4.45, 4.458, 0], [3, 3, 0], [2, 2, 1], [NaN, NaN, 2]]);
  });

  it('is one step a row where a column holds one', () => {
    expect(tableRows(cut({ loss: dense([5, 4, 3]) }, 2, 3), [1, 2], 2).map(({ from, to, cells }) => [from, to, cells[0]?.low])).toEqual([[1, 1, 4], [2, 2, 3]]);
  });

  it('puts a sparse value into the row that holds its step, and into no other', () => {
    const rows = tableRows(cut({ loss: dense([9, 8, 7, 6, 5, 4, 3, 2, 1]), knn: { steps: [1, 4], values: [0.1, 0.4] } }, 8, 3), [0, 8], 8);
    expect(rows.map(({ from, to, cells }) => [from, to, cells[0]?.high, cells[1]?.low ?? null])).toEqual([[0, 2, 9, 0.1], [3, 5, 6, 0.4], [6, 8, 3, null]]);
  });
});

describe('thinned', () => {
  it('keeps extremes and values that are not finite', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 10 + Math.sin(i));
    [values[333], values[777], values[501]] = [-40, 90, NaN];
    const rows = thinned(tableRows(cut({ loss: dense(values) }, 999, 1000), [0, 999], 999), 100);
    expect(rows).toHaveLength(100);
    expect(rows.map((row) => row.from)).toEqual(expect.arrayContaining([333, 501, 777]));
    expect(rows.map((row) => row.from)).toEqual([...new Set(rows.map((row) => row.from))].sort((a, b) => a - b));
  });
});
