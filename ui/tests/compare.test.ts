// What a comparison claims: valid pairs, colours, deltas against the baseline.
import { describe, expect, it } from 'vitest';
import type { JsonValue, Run } from '../src/lib/backend';
import type { Columns } from '../src/lib/backend/frame';
import type { Line } from '../src/lib/charts/series';
import { allParameters, differences, isValidPair, letter, parseRuns, slots, swapped } from '../src/screens/compare/compare';
import { readout } from '../src/screens/compare/readout';
import { ended } from './fixtures/workspace';

const first = ended[0] as Run;
const with_ = (parameters: Record<string, JsonValue>): Run => ({ ...first, parameters: { ...first.parameters, ...parameters } });
const pair = (parameters: Record<string, JsonValue[]>, runs = 2) => ({ runs: Array.from({ length: runs }, () => first), parameters });
const now = new Date('2026-01-01T02:00:00Z');

describe('runs of the address', () => {
  it('are any number, each once', () => expect(parseRuns('a,b,a,c,d,e,f,g')).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']));
  it('have letters, and two of them where the alphabet ends', () => expect([0, 25, 26, 51, 52, 701, 702].map(letter)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA']));
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
  // Ten there are; the others are grey.
  expect(slots(Array.from({ length: 12 }, () => first)).slice(8)).toEqual([9, 10, 0, 0]);
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
  const rows = (runs: Run[], baseline: number, objective = 'knn_top1') => differences(runs, stability, baseline, now, objective);
  const row = (runs: Run[], baseline: number, key: string) => rows(runs, baseline).find((one) => one.key === key);

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
  it('have what the runs are after first, and know what the machine did', () => {
    const keys = (objective: string) => rows([a, b], 1, objective).map((one) => one.key);
    expect(keys('knn_top1').slice(0, 3)).toEqual(['knn_final', 'knn_best', 'loss']);
    expect(keys('loss').slice(0, 3)).toEqual(['loss', 'knn_final', 'knn_best']);
    expect(keys('feature_std').slice(0, 2)).toEqual(['feature_std', 'knn_final']);
    expect(rows([a, b], 1).filter((one) => one.system).map((one) => one.key)).toEqual(['images', 'duration']);
  });
});

describe('the readout', () => {
  const columns = (step: number[], values: number[]): Columns => {
    const [at, value] = [Float64Array.from(step), Float64Array.from(values)];
    return { run: 'r', name: 'loss', unit: '', values: step.length, step: at, min: value, max: value, mean: value, first: value, last: value, nonfinite: at.map(() => 0), x: null, relative: false, smoothing: 0, superseded: null };
  };
  const line = (key: string, short: string, slot: number, values: number[] | null): Line => ({ key, label: `${short} ${key}`, short, slot, columns: values === null ? null : columns(values.map((_, at) => at * 10), values) });
  const lines = [line('one', 'A', 1, [4, 2]), line('two', 'B', 2, [5, 3, 1]), line('grey', 'K', 0, [6, 2.5, 2]), line('none', 'L', 0, null)];

  it('is of every line that has a value there, grey ones too, the highest first, with the difference to one', () => {
    expect(readout(lines, 10, 'two').map((one) => [one.label, one.slot, one.value, one.difference])).toEqual([['B', 2, 3, null], ['K', 0, 2.5, -0.5], ['A', 1, 2, -1]]);
    expect(readout(lines, 20, 'two').map((one) => one.key)).toEqual(['grey', 'two']);
  });
  it('is of their last values where the crosshair is nowhere', () => {
    expect(readout(lines, null, 'one').map((one) => [one.key, one.value, one.difference])).toEqual([['one', 2, null], ['grey', 2, 0], ['two', 1, -1]]);
    expect(readout(lines, null, 'gone').every((one) => one.difference === null)).toBe(true);
  });
});
