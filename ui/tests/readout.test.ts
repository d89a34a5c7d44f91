// What stands beside the charts where nothing was recorded at the very step.
import { expect, it } from 'vitest';
import { standIn } from '../src/screens/run/readout';

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
