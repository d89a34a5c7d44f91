// The boundary on the cells of a map: where rates have their places, whose line stands on which panel, what is left open, and how it is
// said.
import { describe, expect, it } from 'vitest';
import type { Boundaries, MapBoundary, NextRun } from '../src/lib/backend';
import { acrossOf, bandPath, drawnOn, groupOf, linePath, placeOf } from '../src/screens/map/boundary';
import { layOut, type Layout, type Panel } from '../src/screens/map/map';
import { boundarySaid } from '../src/screens/map/said';
import { mapOf } from './fixtures/stability-map';

const NAMES = ['batch_size', 'base_learning_rate', 'frozen_patch_projection'];
const keys = [256, 512, 1024].flatMap((batch) => [1e-3, 2e-3, 4e-3].flatMap((rate) => [false, true].map((frozen) => [batch, rate, frozen])));
const map = mapOf(NAMES, keys.map((key) => ({ key, seed: 0, metric: 0.5 })));
function laid(wanted = {}): Layout {
  const layout = layOut(map, wanted);
  if (layout === null) throw new Error('no layout');
  return layout;
}
const panelOf = (layout: Layout, at: number): Panel => layout.bands[0]?.panels[at] as Panel;
const line = [{ at: 256, rate: 2e-3, low: 1e-3, high: 4e-3 }, { at: 512, rate: 1e-3, low: null, high: 2e-3 }, { at: 1024, rate: 1e-4, low: 1e-5, high: null }];
const group = (frozen: boolean, more: Partial<MapBoundary> = {}): MapBoundary => ({ of: { frozen_patch_projection: frozen }, stable: 6, unstable: 5, untold: 0, why: null, line, ...more });
const next = (frozen: boolean, at: number, rate: number): NextRun => ({ like: 'a', label: `lr${rate}`, at, rate, seed: 0, of: { frozen_patch_projection: frozen }, bits: 0.3, unstable: 0.5, cost_seconds: null });
const found: Boundaries = { score: 0.75, groups: [group(true, { line: [] }), group(false)], next: [next(true, 256, 1e-3), next(false, 512, 2.8284271247461903e-3)] };

describe('a place along the rates', () => {
  it('is the middle of its cell, even by factors between cells, whichever way the axis runs', () => {
    expect([1e-3, 2e-3, 4e-3].map((rate) => placeOf([1e-3, 2e-3, 4e-3], rate))).toEqual([0.5, 1.5, 2.5]);
    expect([4e-3, 2e-3, 1e-3].map((rate) => placeOf([4e-3, 2e-3, 1e-3], rate))).toEqual([0.5, 1.5, 2.5]);
    expect(placeOf([4e-3, 2e-3, 1e-3], Math.sqrt(2) * 1e-3)).toBeCloseTo(2, 9);
    expect(placeOf([1e-3, 1e-2, 2e-2], Math.sqrt(10) * 1e-3)).toBeCloseTo(1, 9);
  });
  it('goes on beyond the outermost rates, and ends at the edge', () => {
    expect(placeOf([1e-3, 2e-3], 1e-3 / Math.sqrt(2) ** 0.5)).toBeCloseTo(0.25, 9);
    expect([1e-9, 1].map((rate) => placeOf([1e-3, 2e-3], rate))).toEqual([0, 2]);
    expect([1e-9, 1].map((rate) => placeOf([2e-3, 1e-3], rate))).toEqual([2, 0]);
    expect([1e-9, 1e-3, 1].map((rate) => placeOf([1e-3], rate))).toEqual([0, 0.5, 1]);
  });
});

describe('what is drawn', () => {
  it('needs the rate as an axis', () => {
    expect([acrossOf(laid()), acrossOf(laid({ x: 'base_learning_rate', y: 'batch_size' })), acrossOf(laid({ x: 'frozen_patch_projection', y: 'batch_size' }))]).toEqual(['batch_size', 'batch_size', null]);
  });
  it('stands on the panel of its runs, with the numbers of its own next runs', () => {
    const layout = laid();
    expect([groupOf(found, panelOf(layout, 0)), groupOf(found, panelOf(layout, 1))]).toEqual([found.groups[1], found.groups[0]]);
    expect(drawnOn(layout, panelOf(layout, 1), found)).toBeNull();
    const drawn = drawnOn(layout, panelOf(layout, 0), found);
    expect(drawn?.stretches).toEqual([{ at: 0, middle: 1.5, low: 0.5, high: 2.5 }, { at: 1, middle: 2.5, low: 1.5, high: 3 }, { at: 2, middle: 3, low: 0, high: 3 }]);
    expect(drawn?.next.map(({ number, at, along }) => [number, at, Number(along.toFixed(6))])).toEqual([[2, 1, 1]]);
    if (drawn === null) throw new Error('nothing drawn');
    expect(linePath(drawn)).toBe('M0 1.5L0.5 1.5L1.5 2.5L2.5 3L3 3');
    expect(bandPath(drawn)).toBe('M0 0.5L0.5 0.5L1.5 1.5L2.5 0L3 0L3 3L2.5 3L1.5 3L0.5 2.5L0 2.5Z');
  });
  it('lies on its side where the rate runs across', () => {
    const layout = laid({ x: 'base_learning_rate', y: 'batch_size' });
    const drawn = drawnOn(layout, panelOf(layout, 0), found);
    expect([drawn?.up, drawn?.stretches.map(({ at }) => at)]).toEqual([false, [0, 1, 2]]);
    // Batches fall down the map, so the largest comes first; its high end is open to the right.
    expect(drawn?.stretches[0]).toEqual({ at: 0, middle: 0, low: 0, high: 3 });
    expect(linePath(drawn as NonNullable<typeof drawn>).startsWith('M0 0L0 0.5')).toBe(true);
  });
  it('joins nothing but batch sizes, and nothing over a gap', () => {
    const layout = laid({ x: 'frozen_patch_projection', y: 'base_learning_rate', facet: 'batch_size' });
    const own: Boundaries = { ...found, groups: [{ ...group(false), of: { batch_size: 256 }, line: [{ at: false, rate: 2e-3, low: 1e-3, high: 4e-3 }, { at: true, rate: 4e-3, low: 2e-3, high: null }] }], next: [] };
    const drawn = drawnOn(layout, panelOf(layout, 0), own);
    expect(linePath(drawn as NonNullable<typeof drawn>)).toBe('M0 1.5L0.5 1.5L1 1.5M1 0.5L1.5 0.5L2 0.5');
    const gap = drawnOn(laid(), panelOf(laid(), 0), { ...found, groups: [group(false, { line: [line[0], line[2]].flatMap((one) => one ?? []) })] });
    expect(linePath(gap as NonNullable<typeof gap>).split('M').length).toBe(3);
  });
  it('is said in words', () => {
    expect(boundarySaid(map, 'batch_size', line.slice(1))).toBe('Boundary: Batch size 512: 1e−3 (open to 2e−3); Batch size 1,024: 1e−4 (1e−5 to open)');
  });
});
