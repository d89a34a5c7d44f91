// Accuracy against stability: every run has a mark, what has no place in the plane has a stop, and arrows reach all of them.
import { describe, expect, it } from 'vitest';
import { layOut } from '../src/screens/map/map';
import { runSaid } from '../src/screens/map/said';
import { geometryOf, nearest, placed, scatterOf, stepped, xOf, yOf, type Scatter } from '../src/screens/map/scatter';
import { mapOf, stabilityMap, type Point } from './fixtures/stability-map';

const NAMES = ['batch_size', 'base_learning_rate', 'frozen_patch_projection'];
const point = (frozen: boolean, seed: number, metric: number | null, score: number | null, more: Partial<Point> = {}): Point => ({ key: [256, seed > 4 ? 2e-3 : 1e-3, frozen], seed, metric, score, ...more });
const points = [
  point(false, 0, 0.5, 0.2), point(false, 1, 0.7, 0.4), point(false, 2, 0.6, 0.6), point(false, 3, NaN, 0, { failed: true }), point(false, 4, NaN, 0.9),
  point(true, 0, 0.8, 0.9), point(true, 1, 0.8, null), point(true, 2, null, null, { state: 'running' }), point(true, 5, 0.75, 0.95, { failed: true }), point(true, 6, 0.9, 1),
];
const map = mapOf([...NAMES], [...points, { key: [512, 1e-3, true], seed: 0, metric: 0.65, score: 0.5 }]);

function of(from = map): Scatter {
  const layout = layOut(from, {});
  if (layout === null) throw new Error('no layout');
  return scatterOf(layout);
}

describe('the marks', () => {
  it('are one for each run with a value, and the others are counted', () => {
    const scatter = of();
    expect([scatter.dots.length, scatter.broken, scatter.unscored, scatter.waiting]).toEqual([10, 3, 1, 1]);
    expect(scatter.dots.filter((dot) => dot.stop === 'plane').map((dot) => [dot.x, dot.y, dot.slot])).toEqual(expect.arrayContaining([[0.2, 0.5, 2], [1, 0.9, 1]]));
    const whole = stabilityMap({ where: '', leads: false });
    expect(of(whole).dots.length + of(whole).waiting).toBe(whole.runs.length);
  });
  it('have means where a cell has several runs, with the host’s intervals from three on', () => {
    const { means } = of();
    expect(means.map((mean) => [mean.slot, mean.y.n, mean.y.interval === null, mean.x.interval === null])).toEqual([[2, 3, false, false]]);
    const [mean] = means;
    expect(mean?.y).toEqual(map.cells[0]?.metric);
    expect(mean?.y.mean).toBeCloseTo(0.6, 12);
  });
  it('lie inside of the picture, with their intervals in its range', () => {
    const scatter = of();
    const geometry = geometryOf(scatter, 600, 400);
    const marks = placed(scatter, geometry);
    expect(marks.length).toBe(scatter.dots.length);
    for (const { dot, x, y } of marks) {
      if (dot.stop === 'plane') expect(x >= geometry.left && x <= geometry.right && y >= geometry.top && y <= geometry.bottom).toBe(true);
      if (dot.stop === 'broken') expect(y).toBe(geometry.foot);
      if (dot.stop === 'unscored') expect(x).toBe(geometry.side);
      expect(x > 0 && x < 600 && y > 0 && y < 400).toBe(true);
    }
    const [low, high] = of().means[0]?.y.interval ?? [NaN, NaN];
    expect([scatter.low < low, scatter.high > high]).toEqual([true, true]);
    expect([yOf(geometry, scatter, scatter.low), yOf(geometry, scatter, scatter.high)]).toEqual([geometry.bottom, geometry.top]);
    expect(xOf(geometry, 1) - xOf(geometry, 0)).toBe(geometry.right - geometry.left - 16);
    expect(new Set(marks.filter((mark) => mark.dot.stop === 'broken').map((mark) => mark.x)).size).toBe(3);
  });
  it('take no stop where nothing needs one, and stand where all are alike', () => {
    const two = of(mapOf(NAMES, [point(true, 0, 0.5, 0.5), { ...point(false, 5, 0.5, 0.5), key: [512, 2e-3, false] }]));
    const geometry = geometryOf(two, 600, 400);
    expect([geometry.foot, geometry.side, geometry.left]).toEqual([null, null, 58]);
    expect(yOf(geometry, two, 0.5)).toBeCloseTo((geometry.top + geometry.bottom) / 2, 9);
    expect(of(mapOf(NAMES, points.slice(7, 8).concat({ ...point(true, 6, null, null), key: [512, 2e-3, true] }))).dots).toEqual([]);
  });
});

describe('pointer and keys', () => {
  const scatter = of();
  const marks = placed(scatter, geometryOf(scatter, 600, 400));
  it('find the nearest mark, and none far away', () => {
    const one = marks[2];
    if (one === undefined) throw new Error('no mark');
    expect(nearest(marks, one.x + 2, one.y - 2, 14)?.dot.run.id).toBe(one.dot.run.id);
    expect(nearest(marks, -500, -500, 14)).toBeNull();
  });
  it('reach every mark from left to right, those at the foot last', () => {
    const seen: string[] = [];
    let run: string | null = null;
    for (const _ of marks) {
      run = stepped(marks, run, 'ArrowRight')?.dot.run.id ?? null;
      seen.push(run ?? '');
    }
    expect(new Set(seen).size).toBe(marks.length);
    expect(marks.map((mark) => mark.dot.stop === 'broken')).toEqual([...Array(7).fill(false), ...Array(3).fill(true)]);
    expect(stepped(marks, run, 'ArrowRight')?.dot.run.id).toBe(run);
    expect(stepped(marks, run, 'Home')).toBe(marks[0]);
    expect(stepped(marks, null, 'End')).toBe(marks.at(-1));
    expect(stepped(marks, marks[0]?.dot.run.id ?? '', 'ArrowLeft')).toBe(marks[0]);
    expect(stepped([], null, 'ArrowRight')).toBeNull();
  });
  it('name a run with what it was given and what it came to', () => {
    expect(runSaid(map, map.runs[0] as (typeof map.runs)[0])).toBe('run-0 · Batch size 256 · Base learning rate 1e−3 · learned patch · seed 0 · kNN accuracy, % 50.0 · Stability score 0.20');
    expect(runSaid(map, map.runs[4] as (typeof map.runs)[0])).toContain('kNN accuracy, % NaN · Stability score 0.90 · failed or NaN');
    expect(runSaid(map, map.runs[6] as (typeof map.runs)[0])).toContain('no score');
  });
});
