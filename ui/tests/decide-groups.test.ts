// From runs to a question: what differs, held where more than one setting does, and sweeps that have arms.
import { describe, expect, it } from 'vitest';
import type { JsonValue, Run } from '../src/lib/backend';
import { addressOf, candidates, ofRuns, ofSweep, questionOf } from '../src/screens/compare/decide-groups';
import { ended } from './fixtures/workspace';

let made = 0;
const run = (parameters: Record<string, JsonValue>, more: Partial<Run> = {}): Run => ({ ...(ended[0] as Run), id: `r${(made += 1)}`, sweep: 's1', sweep_name: 'One', seed: Number(parameters['seed'] ?? 0), parameters, ...more });
const grid = (names: Record<string, JsonValue[]>, seeds = 2, more: Partial<Run> = {}): Run[] => Object.entries(names).reduce<Record<string, JsonValue>[]>((all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))), [{}])
  .flatMap((parameters) => Array.from({ length: seeds }, (_, seed) => run({ ...parameters, seed }, more)));

describe('a question', () => {
  it('is about the one thing that differs', () => {
    expect(questionOf(grid({ optimizer: ['adamw', 'lamb'] }), ofSweep('s1'))).toEqual({ by: 'optimizer', where: 'sweep = "s1"', arms: 2, seeds: 2, runs: 4 });
    expect(questionOf(grid({ optimizer: ['adamw'] }, 5), '')).toBeNull();
  });
  it('holds what differs besides at the value that most runs have, or a chosen run has', () => {
    const runs = [...grid({ frozen_patch_projection: [true, false], base_learning_rate: [1e-3, 2e-3] }), run({ frozen_patch_projection: true, base_learning_rate: 2e-3, seed: 9 })];
    expect(questionOf(runs, ofSweep('s1'))?.where).toBe('sweep = "s1" and base_learning_rate = 0.002');
    expect(questionOf(runs, ofSweep('s1'), { like: runs[0] as Run })?.where).toBe('sweep = "s1" and base_learning_rate = 0.001');
    expect(questionOf(runs, 'a = 1 or b = 2')?.where).toBe('(a = 1 or b = 2) and base_learning_rate = 0.002');
    expect(questionOf(runs, '')).toMatchObject({ by: 'frozen_patch_projection', arms: 2 });
  });
  it('does not hold what only follows', () => {
    const runs = [0, 1].flatMap((seed) => [run({ optimizer: 'adamw', epsilon: 1e-8, seed }), run({ optimizer: 'lamb', epsilon: 1e-6, seed })]);
    expect(questionOf(runs, '', { axes: ['optimizer'] })).toMatchObject({ by: 'optimizer', where: '', arms: 2 });
  });
  it('prefers the frozen patch, then axes, unless it was chosen', () => {
    const runs = grid({ beta2: [0.9, 0.95], optimizer: ['adamw', 'lamb'], frozen_patch_projection: [true, false] });
    expect(questionOf(runs, '')?.by).toBe('frozen_patch_projection');
    expect(questionOf(runs, '', { by: 'optimizer' })).toMatchObject({ by: 'optimizer', where: 'beta2 = 0.9 and frozen_patch_projection = true' });
    expect(questionOf(grid({ beta2: [0.9, 0.95], optimizer: ['adamw', 'lamb'] }), '', { axes: ['optimizer', 'beta2'] })?.by).toBe('optimizer');
  });
  it('is not about where a run was run, and not of imported runs', () => {
    expect(questionOf(grid({ device: ['cpu', 'cuda:0'], threads: [1, 2] }), '')).toBeNull();
    expect(questionOf(grid({ beta2: [0.9, 0.95] }, 2, { source: { kind: 'csv', tool: null, version: null, path: null } }), '')).toBeNull();
  });
  it('stands in an address', () => {
    expect(addressOf({ by: 'beta2', where: '' }, 'mean')).toEqual({ mode: 'mean', by: 'beta2', where: '' });
    expect(addressOf({ by: 'beta2', where: ofRuns(['a', 'b']) })).toEqual({ mode: 'decide', by: 'beta2', where: 'id in ("a", "b")' });
  });
});

it('candidates are the newest sweeps with arms', () => {
  const of = (sweep: string, names: Record<string, JsonValue[]>) => grid(names, 2, { sweep, sweep_name: sweep.toUpperCase() });
  const runs = [...of('seeds', {}), ...of('a', { beta2: [0.9, 0.95] }), ...of('b', { qk_norm: [true, false] }), ...of('c', { depth: [6, 12, 24] })];
  expect(candidates(runs, 2).map((one) => [one.sweep, one.name, one.by, one.arms])).toEqual([['a', 'A', 'beta2', 2], ['b', 'B', 'qk_norm', 2]]);
  expect(candidates(runs, 9).length).toBe(3);
});
