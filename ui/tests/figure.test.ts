// What goes into a file of the charts in view: every column in the window, values as recorded, names quoted where they must be.
import { describe, expect, it } from 'vitest';
import type { Columns } from '../src/lib/backend/frame';
import { csv, type Part } from '../src/lib/charts/figure';
import type { View } from '../src/lib/charts/plot-view';

const array = (values: number[]) => Float64Array.from(values);
function columns(name: string, step: number[], value: number[], superseded: number | null = null): Columns {
  const values = array(value);
  return {
    run: 'r', name, unit: '', values: step.length, step: array(step), min: values, max: values, mean: values, first: values, last: values,
    nonfinite: array(value.map((one) => (Number.isFinite(one) ? 0 : 1))), x: null, relative: false, smoothing: 0, superseded,
  };
}
const node = {} as HTMLElement;
const lines = (title: string, all: View['lines'], window: [number, number]): Part => ({ kind: 'lines', title, unit: '', node, view: { lines: all, window } as unknown as View });

describe('csv of what is shown', () => {
  it('has the columns in the window, with NaN, and the superseded branch', () => {
    const line = { key: 'loss', label: 'Loss', slot: 1, columns: columns('loss', [0, 1, 2, 3], [4.25, NaN, 0.1, 9]), branches: [columns('loss', [2], [7], 1)] };
    expect(csv([lines('Loss, "raw"', [line], [1, 2])])).toBe([
      'chart,series,superseded_attempt,step,x,min,max,mean,first,last,nonfinite',
      '"Loss, ""raw""",loss,,1,1,NaN,NaN,NaN,NaN,NaN,1',
      '"Loss, ""raw""",loss,,2,2,0.1,0.1,0.1,0.1,0.1,0',
      '"Loss, ""raw""",loss,1,2,2,7,7,7,7,7,0',
      '',
    ].join('\n'));
  });

  it('has the maximum of each cell of a heat map, and cells that hold no finite value', () => {
    const cells = {
      run: 'r', metric: 'grad_norm', cell: 'relative' as const, columns: 3, from: 0, stride: 10, min: 1, max: 5, values: 30, offset: 0,
      rows: [{ name: 'grad_norm/blocks.0', layer: 'blocks.0', tensor: false, values: 30 }],
      largest: Float32Array.from([1, NaN, NaN]), nonfinite: Float32Array.from([0, 2, 0]),
    };
    expect(csv([{ kind: 'heat', title: 'Depth', unit: '', node, cells, window: [0, 100] }]).split('\n').slice(1)).toEqual([
      'Depth,grad_norm/blocks.0,,0,0,,1,,,,0', 'Depth,grad_norm/blocks.0,,10,10,,NaN,,,,2', '',
    ]);
  });
});
