// What a figure of Explore is asked for: the runs, axes and brushes that are shown, and no number of an answer; and the sentences that say
// what lines, brushes and hollow points are.
import { describe, expect, it } from 'vitest';
import type { RunColumn, RunTableRow, SensitivityOfRates } from '../src/lib/backend';
import { figureOf } from '../src/lib/charts/figure';
import { unitOf } from '../src/screens/compare/decide-text';
import { ARM, armAxis, axisOf } from '../src/screens/runs/explore/axes';
import { brushOf } from '../src/screens/runs/explore/brush';
import { parallelNotes, parallelOf, ratesNotes, ratesOf, type ParallelShown } from '../src/screens/runs/explore/explore-figure';
import { sensitivity } from './fixtures/rates';

const column = (name: string, holds: RunColumn['holds'], scale: RunColumn['scale'] = 'linear', of: RunColumn['of'] = { kind: 'parameter' }): RunColumn => ({ name, of, holds, scale });
const COLUMNS = [column('frozen_patch_projection', 'flag'), column('base_learning_rate', 'number', 'log'), column('knn_top1.best', 'share', 'linear', { kind: 'metric', metric: 'knn_top1', reading: 'best' })];
const row = (id: string, cells: RunTableRow['cells']): RunTableRow => ({ id, label: id, sweep: null, sweep_name: null, is_probe: false, state: 'finished', failed: false, evidence_code: { kind: 'none' } as never, step: 1, total_steps: 1, tags: [], events: {}, group: null, cells });
const ROWS = [row('a', [true, 1e-4, 0.7]), row('b', [false, 3e-4, 0.6]), row('c', [false, 0, 'NaN'])];
const axes = [armAxis(['frozen_patch_projection'], COLUMNS, ROWS), ...COLUMNS.slice(1).map((one, at) => axisOf(one, at + 1, ROWS))];
const shown = (more: Partial<ParallelShown> = {}): ParallelShown => ({ query: 'sweep_name = s', axes, turned: new Set(), brushes: [], by: ['frozen_patch_projection'], metric: 'knn_top1.best', colour: 'metric', marked: [], ...more });

describe('parallel coordinates for a figure', () => {
  it('ask for the runs of the query with every column that an axis or a colour is of', () => {
    const plot = parallelOf(shown());
    expect(plot.of).toEqual({ where: 'sweep_name = s', sort: '-created_at', columns: ['frozen_patch_projection', 'base_learning_rate', 'knn_top1.best', 'stability'], group: [] });
    expect(plot.axes.map(({ title, note, scale, categories }) => [title, note, scale, categories?.map(({ value, label, slot }) => [value, label, slot])])).toEqual([
      ['Arm', 'what is changed', 1, [[false, 'learned patch', 2], [true, 'frozen patch', 1]]],
      ['Base learning rate', 'log', 1, undefined],
      ['kNN accuracy, %', 'best', 100, undefined],
    ]);
    // What the host counts stands in braces, whatever the language.
    expect(plot.words).toEqual({ count: '{of} runs', end: '{value} · {n}', nan: '× NaN · {n}', none: 'none · {n}', colour: 'kNN accuracy, %' });
    expect(parallelNotes(shown())).toEqual(['A line is a run; the best lie on top, and failed runs are dashed.']);
  });

  it('have the brushes, axes that are turned over, and what is selected', () => {
    const more = { brushes: [brushOf('base_learning_rate', { range: [1e-4, 2e-4], stops: ['end'] }), brushOf(ARM, { values: [true] })], turned: new Set(['base_learning_rate']), marked: ['b'], colour: 'score' as const };
    const plot = parallelOf(shown(more));
    expect(plot.axes.map(({ brush, turned }) => [brush, turned])).toEqual([[{ values: [true], stops: [] }, false], [{ range: [1e-4, 2e-4], values: [], stops: ['end'] }, true], [undefined, false]]);
    expect([plot.marked, plot.colour, plot.words.count, plot.words.colour]).toEqual([['b'], 'score', '{n} of {of} runs in the brushes', 'Score']);
    expect(parallelNotes(shown(more))).toEqual([
      'A line is a run; the best lie on top, and failed runs are dashed. Runs outside of the brushes are grey. Selected runs are drawn dark.',
      'Brushed: Base learning rate 1e−4 – 2e−4, beyond the axis; Arm frozen patch.',
    ]);
  });

  it('stand beside rate sensitivity in one figure, without an axis of their own', () => {
    const node = { compareDocumentPosition: () => 4, offsetHeight: 10 } as unknown as HTMLElement;
    const page = { width_mm: 178, font_pt: 8, ground: 'white' as const };
    const parts = [{ kind: 'asked' as const, title: 'Lines', unit: '', node, plot: parallelOf(shown()), runs: ['a'], notes: ['one'] }, { kind: 'asked' as const, title: 'Rates', unit: '%', node, plot: ratesOf({ where: '', by: [] }, [], unitOf('knn_top1')), runs: ['a'], notes: ['two'] }];
    const figure = figureOf(parts, { title: 't', subtitle: 's', notes: [] }, page);
    expect(figure).toMatchObject({ runs: ['a'], notes: ['one', 'two'], x_title: '', panels: [{ title: 'Lines', height_share: 1 }, { title: 'Rates', height_share: 1 }] });
    expect(figure?.decision).toBe(undefined);
  });
});

describe('rate sensitivity for a figure', () => {
  const point = (rate: number, mean: number | null, failed = 0) => ({ rate, mean, range: mean === null ? null : [mean, mean] as [number, number], n: mean === null ? 0 : 1, failed });
  const found: SensitivityOfRates = { ...sensitivity({ where: 'sweep_name ~ rate-trick', by: [] }), arms: [{ value: 'lamb', written: 'lamb', start: 0.1, points: [point(1e-4, 0.6), point(2e-4, 0.7, 1), point(4e-4, null, 2)], sensitivity: 0.1, std: null, seeds: 1, usable: [1e-4, 2e-4], usable_reaches_end: true }], held: {}, held_out: 0, lacking: 3, left_out: 0 };
  const arms = found.arms.map((arm) => ({ arm, name: 'LAMB', slot: 2 }));

  it('asks what the screen asked, and leaves the numbers of the legend to the host', () => {
    expect(ratesOf({ where: 'seed < 3', by: ['optimizer'], metric: 'knn_top1.best' }, arms, unitOf('knn_top1'))).toEqual({
      kind: 'rates', of: { where: 'seed < 3', by: ['optimizer'], metric: 'knn_top1.best' }, scale: 100, x_title: 'Base learning rate', unit: 'pt',
      arms: [{ written: 'lamb', label: 'LAMB', slot: 2 }], entry: '{arm}: sensitivity {sensitivity}, usable {usable}',
    });
  });

  it('says what the numbers are, which points are weak, and where nothing is left', () => {
    const notes = ratesNotes(found, arms, unitOf('knn_top1'));
    expect(notes.slice(0, 2).map((note) => note.split(':')[0])).toEqual(['Sensitivity', 'Usable rates']);
    expect(notes.slice(2)).toEqual(['Hollow: some seeds failed. × LAMB: all 2 failed at 4e−4.', '3 runs lack the metric.']);
  });
});
