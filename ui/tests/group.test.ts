// Groups of runs over seeds: who belongs together, and mean and band against a plain reference.
import { describe, expect, it } from 'vitest';
import type { Columns } from '../src/lib/backend';
import { aggregate, groups } from '../src/screens/compare/group';

const run = (label: string, parameters: Record<string, number | boolean>) => ({ label, parameters, source: null, config: {} });

/** Columns of one value each. */
function columns(values: [number, number][]): Columns {
  const of = (k: 0 | 1) => Float64Array.from(values.map((pair) => pair[k]));
  return { run: 'r', name: 'loss', unit: '', values: values.length, step: of(0), min: of(1), max: of(1), mean: of(1), first: of(1), last: of(1), nonfinite: Float64Array.from(values.map((pair) => (Number.isFinite(pair[1]) ? 0 : 1))), x: null, superseded: null, relative: false, smoothing: 0 };
}

describe('groups', () => {
  it('join what differs in its seed alone, whatever the order of the parameters', () => {
    const runs = [run('frozen-s0', { seed: 0, lr: 1, frozen: true }), run('learned-s0', { seed: 0, lr: 1, frozen: false }), run('frozen-s1', { frozen: true, lr: 1, seed: 1 })];
    expect(groups(runs).map(({ label, runs: members }) => ({ label, members }))).toEqual([{ label: 'frozen', members: [0, 2] }, { label: 'learned-s0', members: [1] }]);
  });
});

describe('groups of imported runs', () => {
  const source = { kind: 'csv', tool: null, version: null, path: null };
  const theirs = (label: string, config: Record<string, number>) => ({ label, parameters: {}, source, config });

  it('go by their own configuration, and nobody is joined with one whose configuration is unknown', () => {
    const runs = [theirs('a', { lr: 1, seed: 0 }), theirs('b', { lr: 1, seed: 1 }), theirs('c', {}), theirs('d', {})];
    expect(groups(runs).map((group) => group.runs)).toEqual([[0, 1], [2], [3]]);
  });
});

describe('mean and band', () => {
  it('of two runs, at each step', () => {
    const found = aggregate([columns([[0, 4], [1, 2], [2, 3]]), columns([[0, 2], [1, 4], [2, 9]])]);
    expect([...(found?.mean.step ?? [])]).toEqual([0, 1, 2]);
    expect([...(found?.mean.mean ?? [])]).toEqual([3, 3, 6]);
    expect([...(found?.band.min ?? [])]).toEqual([2, 2, 3]);
    expect([...(found?.band.max ?? [])]).toEqual([4, 4, 9]);
    expect(found?.mean.values).toBe(6);
  });

  it('end with the run that ends first, and leave out what one run lacks', () => {
    const found = aggregate([columns([[0, 1], [2, 1], [4, 1]]), columns([[0, 3], [2, 3], [4, 3], [6, 3], [8, 3]])]);
    expect([...(found?.mean.step ?? [])]).toEqual([0, 2, 4]);
    expect([...(aggregate([columns([[0, 1], [5, 1]]), columns([[0, 3], [11, 3], [12, 3]])])?.mean.step ?? [])]).toEqual([0]);
  });

  it('hold every extreme of every run, however their columns lie', () => {
    // A run with columns of two steps beside one with a column for each step; reference: all values by hand.
    const fine = columns(Array.from({ length: 40 }, (_, i) => [i, i === 39 ? 99 : Math.sin(i)]));
    const coarse = columns(Array.from({ length: 20 }, (_, i) => [2 * i, i === 4 ? -50 : Math.cos(i)]));
    const found = aggregate([fine, coarse]);
    expect(Math.max(...(found?.band.max ?? []))).toBe(99);
    expect(Math.min(...(found?.band.min ?? []))).toBe(-50);
    expect(found?.mean.step.length).toBe(20);
    expect(found?.mean.mean[8]).toBeCloseTo(((Math.sin(16) + Math.sin(17)) / 2 + Math.cos(8)) / 2, 12);
  });

  it('break where a run has no finite value, and count it', () => {
    const found = aggregate([columns([[0, 1], [1, NaN], [2, 1]]), columns([[0, 1], [1, 1], [2, 1]])]);
    expect([...(found?.mean.mean ?? [])].map(Number.isNaN)).toEqual([false, true, false]);
    expect([...(found?.mean.nonfinite ?? [])]).toEqual([0, 1, 0]);
  });

  it('of no run are nothing', () => expect(aggregate([])).toBeNull());
});
