// What stands beside the charts where nothing was recorded at the very step.
import { describe, expect, it } from 'vitest';
import type { Columns } from '../src/lib/backend/frame';
import { isSingle, readAt } from '../src/lib/charts/value-at';
import { messages } from '../src/lib/i18n/index.svelte';
import { rateUnit } from '../src/screens/run/labels';
import { nameOf, standIn } from '../src/screens/run/readout';

const column = { value: 5, last: 7, from: 10, to: 19 };
const one = { value: 0.6, last: 0.6, from: 10, to: 10 };

it.each([
  ['a value at its own step', one, 10, false, false, 0.6, ''],
  ['a value of an earlier step names it', one, 25, true, false, 0.6, '(step 10)'],
  ['inside a column the mean, while the exact value is on its way', column, 15, false, false, 5, ''],
  ['inside a column that has none there, the mean and its steps', column, 15, true, false, 5, '(step 10–15)'],
  ['behind a column its last value', column, 20, true, false, 7, '(last)'],
  ['behind a column that was not asked yet, the mean and its steps', column, 20, false, false, 5, '(step 10–19)'],
  ['at rest the last value, wherever the last column ends', column, 15, true, true, 7, '(last)'],
])('%s', (_, read, step, absent, atRest, value, note) => {
  expect(standIn(read, step, absent, atRest)).toEqual({ value, note });
});

describe('the values beyond the edges of a window', () => {
  const all = (values: number[]) => Float64Array.from(values);
  const columns = { run: 'r', name: 'loss', unit: '', relative: false, smoothing: 0, values: 4, step: all([80, 100, 110, 140]), min: all([5, 1, 2, 9]), max: all([5, 3, 4, 9]), mean: all([5, 2, 3, 9]), first: all([5, 1, 2, 9]), last: all([5, 3, 4, 9]), nonfinite: all([0, 0, 0, 0]), x: null, superseded: null, before: true, after: true } satisfies Columns;

  it('stand for their own steps, where columns hold several', () => {
    expect(readAt(columns, 90)).toEqual({ value: 5, last: 5, from: 80, to: 80 });
    expect(readAt(columns, 105)).toEqual({ value: 2, last: 3, from: 100, to: 109 });
    expect(readAt(columns, 150)).toEqual({ value: 9, last: 9, from: 140, to: 140 });
  });

  it('are no values of the window', () => {
    expect([isSingle(columns), isSingle({ ...columns, values: 2 })]).toEqual([false, true]);
  });
});

it.each([
  ['grad_norm/blocks.0', 'B0 · raw norm'], ['update_ratio/patch_embed', 'Patch · Update ratio'], ['knn_top1_fixed', 'Fixed-bank kNN'], ['knn_top1', 'kNN'],
])('%s is called %s: what tells it from its neighbours comes first', (series, name) => {
  expect(nameOf(series)).toBe(name);
});

it.each([
  ['reached', 3e-3, 'applied, peak 3e−3'], ['in its warm-up', 1e-3, 'applied, highest 1e−3; the schedule peaks at 3e−3'],
  ['disturbed', 2.8e-2, 'applied, highest 2.8e−2; the schedule peaks at 3e−3'], ['not recorded', null, 'peak 3e−3'],
])('the peak of the learning rate, %s', (_, max, unit) => {
  expect(messages.language).toBe('en');
  expect(rateUnit({ effective_learning_rate: 3e-3, metrics: max === null ? {} : { learning_rate: { last: 0, min: 0, max, nonfinite: 0 } } })).toBe(unit);
});
