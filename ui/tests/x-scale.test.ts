// Where steps lie on each kind of x axis, and what its ticks say.
import { describe, expect, it } from 'vitest';
import type { Columns } from '../src/lib/backend/frame';
import { XScale } from '../src/lib/charts/x-scale';
import { waitShare } from '../src/screens/run/wait';

function columns(steps: number[], x: number[] | null, mean = steps): Columns {
  const array = (values: number[]) => Float64Array.from(values);
  return {
    run: 'r', name: 'loss', unit: '', values: steps.length, step: array(steps), min: array(mean), max: array(mean), mean: array(mean), first: array(mean), last: array(mean),
    nonfinite: array(steps.map(() => 0)), x: x === null ? null : array(x), superseded: null, relative: false, smoothing: 0,
  };
}

describe('XScale', () => {
  it('is steps until a frame knows x', () => {
    expect(new XScale('elapsed', [null, columns([0, 10], null)]).kind).toBe('step');
    expect(new XScale('elapsed', [columns([0], [0])]).kind).toBe('step');
    expect(new XScale('step').position(25, [0, 100])).toBe(0.25);
  });

  it('places a slow stretch wider, and finds back to the step', () => {
    const scale = new XScale('elapsed', [columns([0, 10, 20], [0, 10, 100])]);
    expect([0, 5, 10, 15, 20].map((step) => scale.position(step, [0, 20]))).toEqual([0, 0.05, 0.1, 0.55, 1]);
    for (const step of [0, 3, 10, 17, 20]) expect(scale.stepAt(scale.position(step, [2, 18]), [2, 18])).toBeCloseTo(step, 9);
    expect(scale.value(22)).toBe(118);
  });

  it('takes points of a finer frame in, and never goes back', () => {
    const scale = new XScale('elapsed', [columns([0, 20], [0, 100]), columns([8, 10, 12], [8, 10, 9])]);
    expect([scale.value(10), scale.value(20)]).toEqual([10, 100]);
    expect(scale.value(15)).toBe(55);
  });

  it.each<[string, XScale, [number, number], string, string[]]>([
    ['epochs', new XScale('epoch', [columns([0, 100], [0, 2])]), [0, 100], 'epoch', ['0.0', '0.5', '1.0', '1.5', '2.0']],
    ['images', new XScale('images', [columns([0, 100], [0, 25_600])]), [0, 100], 'images', ['0', '10,000', '20,000']],
    ['millions', new XScale('images', [columns([0, 1000], [0, 4e6])]), [0, 1000], 'million_images', ['0', '1', '2', '3', '4']],
    ['seconds', new XScale('elapsed', [columns([0, 100], [0, 100])]), [0, 50], 's', ['0', '10', '20', '30', '40', '50']],
    ['minutes', new XScale('elapsed', [columns([0, 100], [0, 600])]), [0, 100], 'min', ['0', '2', '4', '6', '8', '10']],
    ['hours', new XScale('elapsed', [columns([0, 100], [0, 36_000])]), [0, 100], 'h', ['0', '2', '4', '6', '8', '10']],
  ])('ticks of %s', (_, scale, window, unit, texts) => {
    const ticks = scale.ticks(window, 5);
    expect([ticks.unit, ticks.ticks.map((tick) => tick.text)]).toEqual([unit, texts]);
    expect(ticks.ticks.every(({ at }) => at >= 0 && at <= 1)).toBe(true);
  });
});

describe('waiting for data', () => {
  const steps = Array.from({ length: 100 }, (_, i) => i);
  it('looks at the newest tenth', () => {
    const wait = columns(steps, null, steps.map((step) => (step < 90 ? 0 : 0.05)));
    expect(waitShare(wait, columns(steps, null, steps.map(() => 0.2)))).toBeCloseTo(0.25, 9);
  });
  it('says nothing about what is not recorded, or too little of it', () => {
    expect([waitShare(null, columns(steps, null)), waitShare(columns([0, 1], null), columns(steps, null))]).toEqual([null, null]);
  });
});
