// What goes into a file of the charts in view: every column in the window, values as recorded, names quoted where they must be; and
// the figure that the host is asked for: the same lines, window and events.
import { describe, expect, it } from 'vitest';
import type { Columns } from '../src/lib/backend/frame';
import { csv, figureOf, isTable, type AskedPart, type Part } from '../src/lib/charts/figure';
import type { View } from '../src/lib/charts/plot-view';
import { XScale } from '../src/lib/charts/x-scale';

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
    expect(csv([{ kind: 'heat', title: 'Depth', unit: '', node, cells, window: [0, 100], frozen: [], marks: [], scale: new XScale('step') }]).split('\n').slice(1)).toEqual([
      'Depth,grad_norm/blocks.0,,0,0,,1,,,,0', 'Depth,grad_norm/blocks.0,,10,10,,NaN,,,,2', '',
    ]);
  });
});

describe('the figure of what is shown', () => {
  const view = (over: Partial<View>): View => ({
    lines: [], window: [10.4, 20.2], scale: new XScale('step'), y: [0.5, 4], log: true, band: null, marks: [], format: null, times: 100, showX: true, xTitle: 'step', left: 44, ...over,
  });
  const card = { offsetHeight: 150 } as HTMLElement;
  const page = { width_mm: 85, font_pt: 7, ground: 'white' as const };
  const about = { title: 'run-s0', subtitle: 'Frozen', notes: ['Changed'] };
  const part = (over: Partial<View>): Part => ({ kind: 'lines', title: 'kNN', unit: '%', node: card, view: view(over) });
  const only = (over: Partial<View>) => figureOf([part(over)], about, page);

  it('has each line with its run, its look and how it is read', () => {
    const line = { key: 'a', label: 'frozen', slot: 1, solid: true, columns: { ...columns('knn_top1', [11], [0.5]), relative: true }, smoothed: { ...columns('knn_top1', [11], [0.5]), smoothing: 20 }, branches: [columns('knn_top1', [12], [0.4], 1)] };
    const quiet = { key: 'b', label: 'seed 1', slot: 2, quiet: true, columns: columns('knn_top1', [11], [0.5]) };
    const mean = { key: 'c', label: 'learned', slot: 2, columns: columns('knn_top1', [11], [0.5]), area: columns('knn_top1', [11], [0.5]), meanOf: ['r1', 'r2'] };
    const { area: _, ...bare } = mean;
    const asked = only({ lines: [line, quiet, mean, bare, { key: 'd', label: 'not yet', slot: 3, columns: null }] });
    expect(asked).toMatchObject({ ...about, page, x_title: 'step', x_divisor: 1, from: 10, to: 21, runs: ['r', 'r1', 'r2'] });
    expect(asked?.panels[0]).toMatchObject({ title: 'kNN', unit: '%', height_share: 1, plot: { kind: 'lines', scale: 100, log: true, y: [0.5, 4] } });
    expect(asked?.panels[0]?.plot).toMatchObject({ lines: [
      { label: 'frozen', slot: 1, solid: true, ghost: false, runs: ['r'], is_mean: false, series: { name: 'knn_top1', relative: true, smoothing: 20, superseded: true } },
      { label: '', slot: 2, solid: false, ghost: true, runs: ['r'], is_mean: false, series: { name: 'knn_top1' } },
      { label: 'learned', slot: 2, ghost: false, runs: ['r1', 'r2'], is_mean: true, interval: true },
      { label: 'learned', is_mean: true },
    ] });
    // A mean that has no area on the screen has none on the page.
    const drawn = asked?.panels[0]?.plot;
    expect(drawn?.kind === 'lines' ? drawn.lines.map((one) => one.interval) : []).toEqual([undefined, undefined, true, undefined]);
  });

  it('has the events in view, and those that reach into it', () => {
    const mark = (kind: string, at: number, end: number | null) => ({ kind, at, end, label: '', injected: false });
    const lines = [{ key: 'a', label: 'a', slot: 1, columns: columns('loss', [11], [4]) }];
    const asked = only({ lines, marks: [mark('spike', 9, null), mark('spike', 15, null), mark('dip', 5, 12), mark('checkpoint', 15, null)] });
    expect(asked?.panels[0]?.plot).toMatchObject({ events: [{ kind: 'spike', at: 15 }, { kind: 'dip', at: 5, end: 12 }] });
  });

  it('counts what the axis counts', () => {
    const timed = { ...columns('loss', [10, 20], [4, 3]), x: array([7200, 14400]) };
    const asked = only({ lines: [{ key: 'a', label: 'a', slot: 1, columns: timed }], window: [10, 20], scale: new XScale('elapsed', [timed]), marks: [{ kind: 'spike', at: 20, end: null, label: '', injected: false }] });
    expect(asked).toMatchObject({ axis: 'elapsed', x_divisor: 3600 });
    expect(asked?.panels[0]?.plot).toMatchObject({ events: [{ at: 4 }] });
  });

  it('shares the height as the screen does, and names the rows of a heat map as the window does', () => {
    const cells = {
      run: 'r', metric: 'grad_norm', cell: 'relative' as const, columns: 1, from: 0, stride: 10, min: 1, max: 5, values: 10, offset: 0,
      rows: [{ name: 'grad_norm/patch_embed', layer: 'patch_embed', tensor: false, values: 10 }], largest: Float32Array.from([1]), nonfinite: Float32Array.from([0]),
    };
    const map: Part = { kind: 'heat', title: 'Depth', unit: '÷ median', node: { offsetHeight: 450 } as HTMLElement, cells, window: [10, 20], frozen: ['patch_embed'], marks: [], scale: new XScale('step') };
    const asked = figureOf([part({ lines: [{ key: 'a', label: 'a', slot: 1, columns: columns('loss', [11], [4]) }] }), map], about, page);
    expect(asked?.panels.map((panel) => panel.height_share)).toEqual([0.5, 1.5]);
    expect(asked?.panels[1]?.plot).toMatchObject({ kind: 'heat', run: 'r', layers: ['patch_embed'], labels: ['Patch projection'], frozen: ['patch_embed'], scale_label: '÷ median' });
  });

  it('has of plots of arms the question and no number, once, and what a reader has to know', () => {
    const decision = { of: { by: ['optimizer'] }, scale: 100, arms: [{ written: 'lamb', label: 'LAMB', slot: 1 }], words: { seed: 'seed', mean: 'mean', failed: 'failed', missing: 'missing', on_the_way: 'on the way', not_comparable: 'not comparable', uncorrected: 'uncorrected' } };
    const arms = (plot: AskedPart['plot'], notes: string[]): Part => ({ kind: 'asked', title: 'Arms', unit: '', node: card, plot, decision, runs: ['r', 'q'], notes });
    const both = [arms({ kind: 'pairs', arm: 'lamb' }, ['δ']), arms({ kind: 'forest', x_title: 'pt' }, ['signs', 'δ'])];
    expect(figureOf(both, about, page)).toEqual({
      ...about, notes: ['δ', 'signs', 'Changed'], page, runs: ['r', 'q'], x_title: '', x_divisor: 1, from: 0, to: 0, decision,
      panels: [{ title: 'Arms', unit: '', height_share: 1, plot: { kind: 'pairs', arm: 'lamb' } }, { title: 'Arms', unit: '', height_share: 1, plot: { kind: 'forest', x_title: 'pt' } }],
    });
    // Beside curves, whose heights on the screen say nothing of rows.
    const curves = part({ lines: [{ key: 'a', label: 'a', slot: 1, columns: columns('loss', [11], [4]) }] });
    expect(figureOf([curves, ...both], about, page)).toMatchObject({ from: 10, to: 21, panels: [{ height_share: 1 }, { height_share: 1 }, { height_share: 1 }] });
    expect([isTable([curves]), isTable([curves, ...both])]).toEqual([true, false]);
  });

  it('is none of charts without a line', () => {
    expect(figureOf([], about, page)).toBeNull();
    expect(only({ lines: [] })).toBeNull();
  });
});
