// Values of lines at the crosshair: order, differences, what is left out.
import { describe, expect, it } from 'vitest';
import type { Columns } from '../src/lib/backend/frame';
import { differenceText, readLines } from '../src/lib/charts/crosshair';
import type { Line } from '../src/lib/charts/series';
import { ghosts, MOST_SEEDS, type Drawable } from '../src/screens/compare/arm-curves.svelte';

const columns = (step: number[], values: number[]): Columns => {
  const of = Float64Array.from(values);
  return { run: '', name: 'loss', unit: '', relative: false, smoothing: 0, values: step.length, step: Float64Array.from(step), min: of, max: of, mean: of, first: of, last: of, nonfinite: Float64Array.from(values, (one) => (Number.isFinite(one) ? 0 : 1)), x: null, superseded: null };
};
const line = (key: string, values: number[], more: Partial<Line> = {}): Line => ({ key, label: `${key}, n 3`, slot: 1, columns: columns([0, 10, 20], values), ...more });

describe('at the crosshair', () => {
  const lines = [line('base', [1, 2, 3]), line('high', [5, 6, 7], { short: 'High' }), line('low', [0, 1, NaN]), line('late', [9], { columns: columns([15], [9]) }), line('seed', [8, 8, 8], { quiet: true }), line('none', [], { columns: null })];
  it('the highest comes first, each with its difference to one line', () => {
    expect(readLines(lines, 12, 'base').map((one) => [one.key, one.label, one.value, one.difference])).toEqual([['high', 'High', 6, 4], ['base', 'base, n 3', 2, null], ['low', 'low, n 3', 1, -1]]);
  });
  it('what is not finite comes last and has no difference', () => expect(readLines(lines, 20, 'base').map((one) => [one.key, one.difference])).toEqual([['late', 6], ['high', 4], ['base', null], ['low', null]]));
  it('without such a line there are no differences', () => {
    expect(readLines(lines, 0, null).map((one) => one.difference)).toEqual([null, null, null]);
    expect(readLines(lines, -1, 'base')).toEqual([]);
  });
  it.each([[0.17, '55.97', '+0.17'], [-0.005882, '3.355', '−0.006'], [0.00001, '3.355', '±0.000'], [-3e-6, '1.908e−4', '−3e−6'], [0, '1.9e−4', '±0'], [1250, '12,000', '+1,250']])('%s beside %s is %s', (difference, beside, text) => expect(differenceText(difference, beside)).toBe(text));
  it('a smoothed line is read as it is seen', () => expect(readLines([line('a', [1, 2, 3], { smoothed: columns([0, 10, 20], [7, 8, 9]) })], 20, null)[0]?.value).toBe(9));
  it('what has ended has no value behind its end', () => expect([29, 30].map((step) => readLines([line('a', [1, 2, 3])], step, null).length)).toEqual([1, 0]));
});

describe('single seeds', () => {
  const arm = (text: string, runs: number): Drawable => ({ text, name: text, slot: 1, n: null, runs: Array.from({ length: runs }, (_, seed) => ({ run: `${text}${seed}`, seed })) });
  const drawn = (...all: [Drawable, boolean][]) => ghosts(all.map(([arm, main]) => ({ arm, main }))).map(({ text }) => text);
  it('are drawn of arms with few, and not of those whose mean stands alone', () => expect(drawn([arm('a', MOST_SEEDS), true], [arm('b', MOST_SEEDS + 1), true], [arm('c', 2), false])).toEqual(['a']));
  it('are drawn as long as all together are not too many', () => expect(drawn(...['a', 'b', 'c', 'd', 'e'].map((text): [Drawable, boolean] => [arm(text, MOST_SEEDS), true]))).toEqual(['a', 'b', 'c', 'd']));
});
