// What a comparison claims: valid pairs, colours, deltas against the baseline.
import { describe, expect, it } from 'vitest';
import type { JsonValue, Run } from '../src/lib/backend';
import { allParameters, differences, isValidPair, parseRuns, slots, swapped } from '../src/screens/compare/compare';
import { ended } from './fixtures/workspace';

const first = ended[0] as Run;
const with_ = (parameters: Record<string, JsonValue>): Run => ({ ...first, parameters: { ...first.parameters, ...parameters } });
const pair = (parameters: Record<string, JsonValue[]>, runs = 2) => ({ runs: Array.from({ length: runs }, () => first), parameters });
const now = new Date('2026-01-01T02:00:00Z');

describe('runs of the address', () => {
  it('are at most six, each once', () => expect(parseRuns('a,b,a,c,d,e,f,g')).toEqual(['a', 'b', 'c', 'd', 'e', 'f']));
  it('swap the first two', () => {
    expect(swapped(['a', 'b', 'c'])).toEqual(['b', 'a', 'c']);
    expect(swapped(['a'])).toEqual(['a']);
  });
});

describe('a valid pair', () => {
  it('differs, but not in what decides the data order', () => {
    expect(isValidPair(pair({ frozen_patch_projection: [true, false] }))).toBe(true);
    for (const name of ['seed', 'dataset', 'batch_size']) expect(isValidPair(pair({ frozen_patch_projection: [true, false], [name]: [0, 1] }))).toBe(false);
  });
  it('is none of imported runs: nobody knows their seeds', () => {
    const imported = { ...first, source: { kind: 'csv', tool: null, version: null, path: null } };
    expect(isValidPair({ runs: [first, imported], parameters: { 'config.lr': [null, 1] } })).toBe(false);
  });
  it('is two runs that differ at all', () => {
    expect(isValidPair(pair({}))).toBe(false);
    expect(isValidPair(pair({ optimizer: ['adamw', 'lamb', 'sgd'] }, 3))).toBe(false);
  });
});

it('colours: frozen 1 and learned 2 where that tells two runs apart', () => {
  expect(slots([with_({ frozen_patch_projection: false }), with_({ frozen_patch_projection: true })])).toEqual([2, 1]);
  expect(slots([first, first, first])).toEqual([1, 2, 3]);
});

it('all parameters: one value a run, null where a run has none', () => {
  expect(allParameters([{ parameters: { b: 1 }, config: {}, source: null }, { parameters: { a: 2, b: 3 }, config: {}, source: null }])).toEqual([['a', [null, 2]], ['b', [1, 3]]]);
  const source = { kind: 'csv', tool: null, version: null, path: null };
  expect(allParameters([{ parameters: { b: 1 }, config: {}, source: null }, { parameters: {}, config: { b: 'x' }, source }])).toEqual([['b', [1, null]], ['config.b', [null, 'x']]]);
});

describe('differences', () => {
  const metrics = (last: number | string, max: number): Run['metrics'] => ({ knn_top1: { last, min: 0, max, nonfinite: 0 } });
  const a = { ...first, metrics: metrics(0.7, 0.72), events: {}, started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T01:00:00Z' };
  const b = { ...first, metrics: metrics(0.65, 0.7), events: { spike: 3 }, started_at: '2026-01-01T01:00:00Z', ended_at: null };
  const stability = [0.9, 0.5].map((score) => ({ score, no_score: null, failed: false, spikes_per_1000_steps: 0, spikes_low: 0, spikes_high: 0, dip_area_share: 1 - score, nonfinite: 0 }));
  const row = (runs: Run[], baseline: number, key: string) => differences(runs, stability, baseline, now).find((one) => one.key === key);

  it('are each run less the baseline, which has none', () => {
    expect(row([a, b], 1, 'knn_final')?.deltas[0]).toBeCloseTo(0.05);
    expect(row([a, b], 0, 'knn_final')?.deltas[1]).toBeCloseTo(-0.05);
    expect(row([a, b], 1, 'knn_final')?.deltas[1]).toBeNull();
    expect(row([a, b], 1, 'spikes')?.deltas[0]).toBe(-3);
    expect(row([a, b], 1, 'stability')?.deltas[0]).toBeCloseTo(0.4);
    // Points × steps: 10 % of 3,000 steps missed in full.
    expect(row([a, b], 1, 'lost_area')?.values[0]).toBeCloseTo(0.1 * a.progress.step * 100);
    expect(row([a, b], 1, 'duration')?.values).toEqual([3600, 3600]);
  });
  it('are absent where a value is missing or not finite', () => {
    expect(row([{ ...a, metrics: {} }, b], 1, 'knn_best')?.deltas).toEqual([null, null]);
    expect(row([{ ...a, metrics: metrics('NaN', 0.7) }, b], 1, 'knn_final')?.deltas[0]).toBeNull();
  });
});
