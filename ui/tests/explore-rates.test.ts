// Rate sensitivity as it is drawn and read: which rates there are, what is drawn between, numbers with their spread, and what is said to
// have been left out.
import { describe, expect, it } from 'vitest';
import type { RateOutcome, RateSensitivity, SensitivityOfRates } from '../src/lib/backend';
import { allRates, pointAt, rateAt, rateX, spanOf } from '../src/screens/runs/explore/rate-plot';
import { calmest, leftOut, notesOf, pointText, ratesSummary, sensitivityText, usableText } from '../src/screens/runs/explore/rates-text';
import { unitOf } from '../src/screens/compare/decide-text';
import { sensitivity } from './fixtures/rates';

const percent = unitOf('knn_top1');
const loss = unitOf('loss');
const point = (rate: number, values: number[], failed = 0): RateOutcome => ({ rate, mean: values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length, range: values.length === 0 ? null : [Math.min(...values), Math.max(...values)], n: values.length, failed });
const arm = (written: string, more: Partial<RateSensitivity> = {}): RateSensitivity => ({ value: written, written, start: 0.07, points: [], sensitivity: null, std: null, seeds: 0, usable: null, usable_reaches_end: false, ...more });
const found = (arms: RateSensitivity[], more: Partial<SensitivityOfRates> = {}): SensitivityOfRates => ({ metric: 'knn_top1', value: 'best', higher_is_better: true, by: ['optimizer'], rates: [1e-4, 2e-4, 4e-4], within: 0.01, arms, held: {}, held_out: 0, lacking: 0, left_out: 0, ...more });

describe('the picture', () => {
  const both = found([arm('a', { points: [point(1e-4, [0.5, 0.6]), point(4e-4, [], 2)] }), arm('b', { points: [point(1e-4 * (1 + 4e-16), [0.4]), point(2e-4, [0.7], 1)] })]);
  it('has each rate once, whatever its last digits', () => {
    expect(allRates(both)).toEqual([1e-4, 2e-4, 4e-4]);
    expect(pointAt(both.arms[1] as RateSensitivity, 1e-4)?.mean).toBe(0.4);
    expect(pointAt(both.arms[0] as RateSensitivity, 2e-4)).toBe(null);
  });
  it('reaches from the lowest seed to the highest, with air', () => {
    const [low, high] = spanOf(both);
    expect([low < 0.4 && low > 0.3, high > 0.7 && high < 0.8]).toEqual([true, true]);
    expect(spanOf(found([]))).toEqual([0, 1]);
    const [under, over] = spanOf(found([arm('a', { points: [point(1, [2])] })]));
    expect(under < 2 && over > 2).toBe(true);
  });
  it('is even by factors of the rate, and knows the rate under the pointer', () => {
    const rates = [1e-4, 2e-4, 4e-4];
    const [a = 0, b = 0, c = 0] = rates.map((rate) => rateX(rate, rates, 500));
    expect(b - a).toBeCloseTo(c - b, 9);
    expect([rateAt(0, rates, 500), rateAt((a + b) / 2 + 1, rates, 500), rateAt(499, rates, 500), rateAt(9, [], 500)]).toEqual([0, 1, 2, null]);
  });
});

describe('the numbers', () => {
  it('are points of a share, and else in the unit of the metric', () => {
    expect(sensitivityText({ sensitivity: 0.039, std: 0.0031 }, percent)).toEqual({ mean: '3.9', spread: '± 0.3' });
    expect(sensitivityText({ sensitivity: 0.039, std: null }, percent)).toEqual({ mean: '3.9', spread: '' });
    expect(sensitivityText({ sensitivity: 0.12345, std: 0.01 }, loss)).toEqual({ mean: '0.123', spread: '± 0.0100' });
    expect(sensitivityText({ sensitivity: null, std: null }, percent)).toEqual({ mean: '–', spread: '' });
  });
  it('say where the sweep ends first', () => {
    expect(usableText({ usable: [1e-4, 3.3e-4], usable_reaches_end: false })).toBe('3.3 ×');
    expect(usableText({ usable: [1e-4, 6.4e-3], usable_reaches_end: true })).toBe('≥ 64.0 ×');
    expect(usableText({ usable: null, usable_reaches_end: false })).toBe('–');
  });
  it('of a point have the number of runs, and those that failed', () => {
    expect(pointText(point(1, [0.66, 0.67]), percent)).toBe('66.5 (2)');
    expect(pointText(point(1, [0.66], 2), percent)).toBe('66.0 (1; 2 failed)');
    expect(pointText(point(1, [], 3), percent)).toBe('3 failed');
    expect(pointText(null, percent)).toBe('–');
  });
  it('stand with the calmest arm first, those that say nothing last', () => {
    const arms = [arm('a'), arm('b', { sensitivity: 0.2 }), arm('c', { sensitivity: 0.1 })].map((one) => ({ arm: one, name: one.written, slot: 1 }));
    expect(calmest(arms).map(({ name }) => name)).toEqual(['c', 'b', 'a']);
    expect(ratesSummary(found(arms.map((one) => one.arm)), arms, percent)).toBe('Sensitivity over 3 rates, the calmest first: c 10.0, b 20.0, a –.');
  });
});

describe('what was counted', () => {
  it('names the start once where all arms begin alike, else from to', () => {
    const text = (starts: number[]) => notesOf(found(starts.map((start, at) => arm(`${at}`, { start, seeds: 3 }))), percent)[0]?.text ?? '';
    expect(text([0.07, 0.0702])).toMatch(/its start \(7\.0 %\)/);
    expect(text([0.09, 0.07])).toMatch(/its start \(7\.0 – 9\.0 %\)/);
    expect(text([0.07])).toMatch(/n = 3/);
    expect(notesOf(found([arm('a', { seeds: 2 }), arm('b', { seeds: 3 })]), percent)[0]?.text).toMatch(/n = 2, 3/);
    expect(notesOf(found([arm('a')]), percent)[1]?.text).toMatch(/within 1 pt of the best/);
    expect(notesOf(found([arm('a')], { metric: 'loss', within: 0.0213 }), loss)[1]?.text).toMatch(/within 0\.021 of the best/);
  });
  it('says what is held and what is left out, and nothing where nothing is', () => {
    expect(leftOut({ held: {}, held_out: 0, lacking: 0, left_out: 0 })).toBe('');
    expect(leftOut({ held: { batch_size: 4096, optimizer: 'lamb' }, held_out: 168, lacking: 2, left_out: 1 })).toBe('Held at Batch size 4,096 · Optimizer lamb; 168 runs of other values are left out. 2 runs lack the metric. 1 imported run has no known rate.');
  });
  it('is the definition, in the answer that pictures are made of', () => {
    const told = sensitivity({ where: 'rate-trick', by: ['frozen_patch_projection', 'head_batch_norm'], metric: 'knn_top1.best' });
    expect(told.arms).toHaveLength(4);
    for (const one of told.arms) expect([one.points.length, (one.sensitivity ?? -1) > 0]).toEqual([told.rates.length, true]);
  });
});
