// Rate sensitivity at the ends of a map's lines: which axis has lines, one question for all panels, the number of each line of each panel,
// and what is said where there is none.
import { describe, expect, it } from 'vitest';
import type { JsonValue, RateSensitivity, SensitivityOfRates } from '../src/lib/backend';
import { extentOf, lineAxis, lineOf, lineSaid, lineTitle, questionOf } from '../src/screens/map/lines';
import { layOut, type Layout } from '../src/screens/map/map';
import { mapOf, type Point } from './fixtures/stability-map';

const NAMES = ['batch_size', 'base_learning_rate', 'frozen_patch_projection', 'optimizer'];
const point = (batch: number, rate: number, frozen: boolean, optimizer: string): Point => ({ key: [batch, rate, frozen, optimizer], seed: 0, metric: 0.5 });
const map = mapOf(NAMES, [256, 512].flatMap((batch) => [1e-4, 2e-4].flatMap((rate) => [true, false].flatMap((frozen) => ['adamw', 'lamb'].map((optimizer) => point(batch, rate, frozen, optimizer))))));

function laid(wanted = {}): Layout {
  const layout = layOut(map, wanted);
  if (layout === null) throw new Error('no layout');
  return layout;
}
const arm = (value: JsonValue, sensitivity: number | null): RateSensitivity => ({ value, written: JSON.stringify(value), start: 0.1, points: [], sensitivity, std: sensitivity === null ? null : 0.01, seeds: 2, usable: [1e-4, 3e-4], usable_reaches_end: false });
const found = (by: string[], arms: RateSensitivity[]): SensitivityOfRates => ({ metric: 'knn_top1', value: 'last', higher_is_better: true, by, rates: [1e-4, 2e-4, 4e-4], within: 0.01, arms, held: {}, held_out: 0, lacking: 0, left_out: 0 });

describe('lines along the learning rate', () => {
  it('are those of the other axis, and none where neither is the rate', () => {
    expect([lineAxis(laid()), lineAxis(laid({ x: 'base_learning_rate', y: 'batch_size' })), lineAxis(laid({ x: 'batch_size', y: 'optimizer' }))]).toEqual(['x', 'y', null]);
    expect(questionOf(map, laid({ x: 'batch_size', y: 'optimizer' }), '')).toBe(null);
  });

  it('are asked about once, with all that tells them apart', () => {
    expect(questionOf(map, laid(), 'state = finished')).toEqual({ where: 'state = finished', by: ['batch_size', 'frozen_patch_projection', 'optimizer'], metric: 'knn_top1.last' });
  });

  it('have the number of their own panel', () => {
    const layout = laid();
    const value = (batch: number, frozen: boolean, optimizer: string) => ({ batch_size: batch, frozen_patch_projection: frozen, optimizer });
    const answer = found(['batch_size', 'frozen_patch_projection', 'optimizer'], [arm(value(256, true, 'lamb'), 0.05), arm(value(256, false, 'lamb'), 0.12), arm(value(512, true, 'lamb'), null)]);
    const panel = (frozen: boolean, optimizer: string) => {
      const one = layout.bands.flatMap((band) => band.panels).find(({ values }) => JSON.stringify(values) === JSON.stringify([['frozen_patch_projection', frozen], ['optimizer', optimizer]]));
      if (one === undefined) throw new Error('no panel');
      return one;
    };
    expect([lineOf(answer, layout, panel(true, 'lamb'), 256)?.sensitivity, lineOf(answer, layout, panel(false, 'lamb'), 256)?.sensitivity, lineOf(answer, layout, panel(true, 'adamw'), 256)]).toEqual([0.05, 0.12, null]);
    expect(extentOf(answer)).toEqual([0.05, 0.12]);
    expect(lineTitle(answer)).toBe('Sensitivity, pt');
    expect(lineSaid(map, answer, layout, 256, answer.arms[0] ?? null)).toBe('Batch size 256: Sensitivity, pt 5.0 ± 1.0, over 3 rates that all lines have, 2 seeds; usable rates 3.0 ×');
    expect(lineSaid(map, answer, layout, 512, answer.arms[2] ?? null)).toBe('Batch size 512: no seed has the rates that all lines have');
    // Arms of one parameter are its values.
    expect(lineOf(found(['batch_size'], [arm(512, 0.2)]), { ...layout, others: [] }, { values: [], facet: null, cells: [], most: 0 }, 512)?.sensitivity).toBe(0.2);
    expect(extentOf(found([], []))).toBe(null);
  });
});
