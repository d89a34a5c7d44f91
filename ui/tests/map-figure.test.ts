// What a figure of the map is asked for: axes, maps and words of what is shown, and no number of an answer; and the sentences that say what
// cells, lines and circles are.
import { describe, expect, it } from 'vitest';
import type { Boundaries, SensitivityOfRates } from '../src/lib/backend';
import { layOut, type Layout } from '../src/screens/map/map';
import { cellNotes, cellsOf, mapBy, scatterFigure, scatterNotes } from '../src/screens/map/map-figure';
import { scatterOf } from '../src/screens/map/scatter';
import { mapOf, type Point } from './fixtures/stability-map';

const NAMES = ['batch_size', 'base_learning_rate', 'frozen_patch_projection', 'optimizer'];
const point = (batch: number, rate: number, frozen: boolean, optimizer: string, more: Partial<Point> = {}): Point => ({ key: [batch, rate, frozen, optimizer], seed: 0, metric: 0.5, score: 0.5, ...more });
// No frozen run with LAMB: that side is empty.
const map = mapOf(NAMES, [256, 512].flatMap((batch) => [1e-4, 2e-4].flatMap((rate) => [point(batch, rate, false, 'adamw'), point(batch, rate, true, 'adamw', { failed: true, metric: null }), point(batch, rate, false, 'lamb', { state: 'running', metric: null })])));
function laid(wanted = {}): Layout {
  const layout = layOut(map, wanted);
  if (layout === null) throw new Error('no layout');
  return layout;
}
const asked = (wanted = {}) => ({ map, layout: laid(wanted), where: 'seed < 3' });
const none = { rates: null, limits: null };
const rates: SensitivityOfRates = { metric: 'knn_top1', value: 'last', higher_is_better: true, by: [], rates: [1e-4, 2e-4], within: 0.01, arms: [], held: {}, held_out: 0, lacking: 0, left_out: 0 };
const of = { frozen_patch_projection: false, optimizer: 'adamw' };
const limits: Boundaries = {
  score: 0.75, groups: [{ of, stable: 6, unstable: 5, untold: 2, why: null, line: [{ at: 256, rate: 1.5e-4, low: null, high: 2e-4 }] }],
  next: [{ like: 'a', label: 'lr', at: 512, rate: 1.5e-4, seed: 4, of, bits: 0.3, unstable: 0.5, cost_seconds: null }],
};

describe('cells for a figure', () => {
  it('are a question, with the axes as they stand and a map for each side that has runs', () => {
    const plot = cellsOf(asked(), 'metric', none);
    expect(plot.of).toEqual({ where: 'seed < 3', metric: 'knn_top1.last', leads: false });
    expect([plot.x.name, plot.x.title, plot.x.values]).toEqual(['batch_size', 'Batch size', [{ value: 256, label: '256' }, { value: 512, label: '512' }]]);
    expect(plot.y.values.map(({ label }) => label)).toEqual(['2e−4', '1e−4']);
    expect([plot.others, plot.maps]).toEqual([['frozen_patch_projection', 'optimizer'], [
      { values: [false, 'adamw'], title: 'learned patch, Optimizer adamw' }, { values: [true, 'adamw'], title: 'frozen patch, Optimizer adamw' }, { values: [false, 'lamb'], title: 'learned patch, Optimizer lamb' },
    ]]);
    // What the host counts stands in braces, whatever the language.
    expect(plot.words).toEqual({ count: 'n = {n} runs, of which {failed} failed', n: 'n {n}', failed: '{n} failed', none: 'no runs', without: '–', lost: 'failed', colour: 'kNN accuracy, %' });
    expect([plot.boundary, plot.lines, plot.measure]).toEqual([false, undefined, 'metric']);
    expect(cellNotes(asked(), 'metric', none)).toEqual(['In a cell: mean ± standard deviation over seeds, and of how many runs (n). Runs that failed are counted, and in no mean; a frame in place of a full cell is a single run.']);
  });

  it('have what stands at the ends of lines and over the cells, where it is known', () => {
    const plot = cellsOf(asked(), 'score', { rates, limits });
    expect([plot.boundary, plot.lines, plot.words.colour]).toEqual([true, { title: 'Sensitivity, pt', scale: 100 }, 'Stability score']);
    const notes = cellNotes(asked(), 'score', { rates, limits });
    expect(notes.slice(2)).toEqual([
      'Dashed: as likely stable as not (score from 0.75 on counts as stable); shaded: 90 %. 2 runs do not tell: no score, or failed of something else.',
      'In circles, the runs that would tell most of the boundary: 1: learned patch, Optimizer adamw, Batch size 512, Base learning rate 1.5e−4, seed 4.',
    ]);
    expect(notes[1]).toContain('over the 2 rates');
    // Where runs leave none, none is drawn and nothing said of it.
    const empty = { ...limits, groups: limits.groups.map((group) => ({ ...group, line: [] })) };
    expect(cellsOf(asked(), 'score', { rates: null, limits: empty }).boundary).toBe(false);
    expect(cellNotes(asked(), 'score', { rates: null, limits: empty })).toHaveLength(1);
  });

  it('ask for leads only where they are shown', () => {
    expect([mapBy(asked(), 'lead').leads, mapBy(asked(), 'spikes').leads]).toEqual([true, false]);
    expect(cellNotes(asked(), 'lead', none)[0]).toContain('median lead');
  });
});

describe('accuracy against stability for a figure', () => {
  it('has the sides of the facet with their looks', () => {
    const plot = scatterFigure(asked());
    expect([plot.of, plot.axes, plot.facet]).toEqual([{ where: 'seed < 3', metric: 'knn_top1.last', leads: false }, ['batch_size', 'base_learning_rate'], 'frozen_patch_projection']);
    expect(plot.groups).toEqual([{ value: false, label: 'learned patch', slot: 2 }, { value: true, label: 'frozen patch', slot: 1 }]);
    expect([plot.count, plot.broken, plot.unscored]).toEqual(['n = {n} runs, {means} means of cells', 'failed or NaN: {n}', 'no score: {n}']);
  });

  it('says what marks are, and counts who has none', () => {
    expect(scatterNotes(scatterOf(laid()))).toEqual(['Small: a run. Large: the mean of a cell with its 95 % interval, hollow below 3 runs. × failed or is not a number. 4 runs have no value yet.']);
  });
});
