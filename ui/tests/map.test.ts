// Which cells a map has, where they stand, and what is said of them: nothing is mixed, the host's numbers stand as they are, no failed
// run is left out.
import { describe, expect, it } from 'vitest';
import type { JsonValue, MapCell } from '../src/lib/backend';
import { find, isTrick, keyOf, layOut, membersOf, neighbour, numbersOf, twinsOf, whereOf, type Cell, type Layout } from '../src/screens/map/map';
import { allFailed, colours, extent, isBroken, isSingle, measured, onTheWay } from '../src/screens/map/measure';
import { cellSaid, contents, namedText, numberText, panelText, slotOf, spreadText, unitOf, valueSaid, withUnit } from '../src/screens/map/said';
import { mapOf, stabilityMap, type Point } from './fixtures/stability-map';

const NAMES = ['batch_size', 'base_learning_rate', 'frozen_patch_projection'];
const point = (batch: number, rate: number, frozen: boolean, seed: number, metric: number | null, more: Partial<Point> = {}): Point => ({ key: [batch, rate, frozen], seed, metric, ...more });
const points = [
  point(256, 1e-3, false, 0, 0.4, { spikes: 2, leads: [4, 9], score: 0.8 }), point(256, 1e-3, false, 1, 0.6, { leads: [30] }), point(512, 1e-3, false, 0, NaN, { failed: true }),
  point(256, 2e-3, false, 0, 0.5), point(256, 1e-3, true, 0, 0.9), point(512, 2e-3, true, 3, 0.7, { state: 'running' }),
];
const map = mapOf(NAMES, points);

function laid(wanted = {}, of = map): Layout {
  const layout = layOut(of, wanted);
  if (layout === null) throw new Error('no layout');
  return layout;
}
function cellAt(layout: Layout, band: number, panel: number, x: JsonValue, y: JsonValue): Cell & { of: MapCell } {
  const found = layout.bands[band]?.panels[panel]?.cells.find((cell) => cell.x === x && cell.y === y);
  if (found === undefined || found.of === null) throw new Error('no cell');
  return { ...found, of: found.of };
}

describe('the layout', () => {
  it('takes the first two names as axes and the trick as facet', () => {
    const layout = laid();
    expect([layout.x, layout.y, layout.facet, layout.xs, layout.ys, layout.facets]).toEqual(['batch_size', 'base_learning_rate', 'frozen_patch_projection', [256, 512], [2e-3, 1e-3], [false, true]]);
    expect(layout.bands.map((band) => band.panels.length)).toEqual([2]);
    expect(isTrick(layout.facet ?? '')).toBe(true);
  });
  it('takes what is asked for, and nothing twice', () => {
    const layout = laid({ x: 'frozen_patch_projection', y: 'batch_size', facet: 'batch_size' });
    expect([layout.x, layout.y, layout.facet]).toEqual(['frozen_patch_projection', 'batch_size', 'base_learning_rate']);
    expect(laid({ x: 'batch_size', y: 'batch_size' }).y).toBe('base_learning_rate');
    expect(laid({ x: 'nobody' }).x).toBe('batch_size');
  });
  it('needs two names', () => {
    expect(layOut(mapOf(['batch_size'], [{ key: [1], seed: 0, metric: 1 }]), {})).toBeNull();
    expect(layOut(mapOf([], []), {})).toBeNull();
  });
  it('has every run in one cell, and a row for each combination of what is neither axis nor facet', () => {
    const whole = stabilityMap({ where: '', leads: false });
    const layout = laid({}, whole);
    expect(layout.bands.map((band) => band.values)).toEqual([[['optimizer', 'adamw']], [['optimizer', 'lamb']]]);
    const cells = layout.bands.flatMap((band) => band.panels).flatMap((panel) => panel.cells);
    expect(cells.flatMap((cell) => cell.runs).map((run) => run.id).sort()).toEqual(whole.runs.map((run) => run.id).sort());
    expect(cells.every((cell) => (cell.of?.runs ?? 0) === cell.runs.length)).toBe(true);
  });
  it('tells no panels apart by what follows from the optimizer, but takes it as an axis', () => {
    const whole = stabilityMap({ where: '', leads: false });
    expect(laid({}, whole).others).toEqual(['frozen_patch_projection', 'optimizer']);
    const layout = laid({ x: 'epsilon' }, whole);
    expect([layout.xs, layout.others]).toEqual([[1e-8, 1e-6], ['base_learning_rate', 'frozen_patch_projection', 'optimizer']]);
  });
  it('says which side of a facet has no run', () => {
    const half = mapOf(['batch_size', 'base_learning_rate', 'frozen_patch_projection', 'optimizer'], [
      { key: [1, 1, true, 'adamw'], seed: 0, metric: 1 }, { key: [2, 2, false, 'adamw'], seed: 0, metric: 1 }, { key: [1, 2, true, 'lamb'], seed: 0, metric: 1 },
    ]);
    expect(laid({}, half).bands.map((band) => band.panels.map((panel) => panel.cells.length))).toEqual([[4, 4], [0, 4]]);
  });
  it('leaves out who was given neither axis', () => {
    const mixed = mapOf([...NAMES, 'config.lr'], [...points.map((one) => ({ ...one, key: [...one.key, null] })), { key: [null, null, null, 0.1], seed: 0, metric: 0.2 }]);
    const layout = laid({}, mixed);
    expect(layout.others).toEqual(['frozen_patch_projection']);
    expect(layout.bands.flatMap((band) => band.panels).flatMap((panel) => panel.cells).flatMap((cell) => cell.runs).length).toBe(points.length);
  });
  it('lets arrows pass over cells without runs', () => {
    const one = (batch: number, rate: number): Point => ({ key: [batch, rate], seed: 0, metric: 1 });
    const layout = laid({}, mapOf(['batch_size', 'base_learning_rate'], [one(1, 1), one(3, 1), one(2, 2), one(3, 3)]));
    // Rows from above: 3, 2, 1. Cells with runs: 2 (3, 3), 4 (2, 2), 6 (1, 1), 8 (3, 1).
    const panel = layout.bands[0]?.panels[0];
    if (panel === undefined) throw new Error('no panel');
    const to = (from: number, code: string) => neighbour(layout, panel, from, code);
    expect([to(6, 'ArrowRight'), to(8, 'ArrowLeft'), to(8, 'ArrowUp'), to(2, 'ArrowDown'), to(4, 'ArrowUp'), to(6, 'ArrowLeft'), to(2, 'ArrowRight'), to(4, 'Home')]).toEqual([8, 6, 2, 8, null, null, null, null]);
  });
  it('finds a cell again by its name', () => {
    const layout = laid();
    const cell = cellAt(layout, 0, 0, 256, 1e-3);
    expect(find(layout, keyOf(cell.of))?.cell.runs.map((run) => run.seed)).toEqual([0, 1]);
    expect(find(layout, '[1]')).toBeNull();
  });
});

describe('a number of the map', () => {
  it('is the host’s, with spread and n', () => {
    const cell = cellAt(laid(), 0, 0, 256, 1e-3).of;
    const found = measured(cell, 'metric');
    expect([found?.value, found?.n, found === null ? null : isSingle(found)]).toEqual([0.5, 2, false]);
    expect(found?.std).toBeCloseTo(Math.sqrt(0.02), 12);
    expect(measured(cell, 'lead')).toEqual({ value: 9, std: null, n: 3, range: [4, 30] });
    expect(measured(cell, 'score')).toEqual({ value: 0.8, std: null, n: 1, range: null });
    expect(measured(cellAt(laid(), 0, 1, 256, 1e-3).of, 'lead')).toBeNull();
  });
  it('is none where every run failed, and they are counted', () => {
    const cell = cellAt(laid(), 0, 0, 512, 1e-3);
    expect([measured(cell.of, 'metric'), allFailed(cell.of), cell.of.failed, cell.runs.map(isBroken)]).toEqual([null, true, 1, [true]]);
    expect(isBroken({ ...(map.runs[0] as (typeof map.runs)[0]), metric: 'NaN' })).toBe(true);
  });
  it('has one scale over all facets', () => {
    expect(extent(map, 'metric')).toEqual([0.5, 0.9]);
    expect(extent(map, 'lead')).toEqual([9, 9]);
    expect(extent(mapOf(NAMES, [point(1, 1, true, 0, null)]), 'metric')).toBeNull();
    const scale = [[0, 0, 0], [255, 255, 255]] as const;
    expect([colours(scale, [0, 1], 0), colours(scale, [0, 1], 1)]).toEqual([{ fill: 'rgb(0 0 0)', ink: '#fff' }, { fill: 'rgb(255 255 255)', ink: '#000' }]);
    expect(colours(scale, [2, 2], 2).fill).toBe('rgb(255 255 255)');
  });
  it('is written with its unit', () => {
    expect([numberText(map, 'metric', 0.6812), withUnit(map, 'metric', 0.5), withUnit(map, 'lead', 9.5), withUnit(map, 'spikes', 1 / 3), numberText(map, 'score', 0.5)]).toEqual(['68.1', '50.0 %', '9.5 steps', '0.33 per 1,000 steps', '0.50']);
    const loss = { ...map, metric: 'loss.last', holds: 'number' as const };
    expect([numberText(loss, 'metric', 3.5912), spreadText(loss, 'metric', 0.01234), unitOf(loss, 'metric')]).toEqual(['3.59', '0.012', '']);
    expect([numbersOf(map, 'base_learning_rate').length, numbersOf(map, 'nobody')]).toEqual([5, []]);
  });
});

describe('a cell', () => {
  it('says n, spread, failures and what happened', () => {
    const layout = laid();
    const [panel] = layout.bands[0]?.panels ?? [];
    if (panel === undefined) throw new Error('no panel');
    expect(cellSaid(map, layout, panel, cellAt(layout, 0, 0, 256, 1e-3), 'metric')).toBe('Base learning rate 1e−3, Batch size 256: 2 runs, kNN accuracy, % 50.0 ± 14.1, mean of 2 runs, 2 spikes, 0 dips');
    expect(cellSaid(map, layout, panel, cellAt(layout, 0, 0, 512, 1e-3), 'metric')).toBe('Base learning rate 1e−3, Batch size 512: 1 of at most 2 runs, kNN accuracy, %: no value, 1 failed, 0 spikes, 0 dips, 1 run with NaN');
    expect(valueSaid(map, cellAt(layout, 0, 0, 256, 1e-3).of, 'lead')).toBe('Lead, steps 9, median of 3 spikes, 4 to 30');
    expect(valueSaid(map, cellAt(layout, 0, 1, 256, 1e-3).of, 'lead')).toBe('no spike with a lead');
    expect(valueSaid(map, cellAt(layout, 0, 1, 256, 1e-3).of, 'metric')).toBe('kNN accuracy, % 90.0, one run');
  });
  it('says which runs have not ended', () => {
    const running = map.runs.filter((run) => run.state === 'running');
    expect([onTheWay(map.runs), contents(running, 1, '–')]).toEqual([1, '1 run, –, 1 not ended, 0 spikes, 0 dips']);
  });
  it('is named in words of the catalogue', () => {
    expect(panelText(map, [['frozen_patch_projection', true], ['optimizer', 'lamb'], ['base_learning_rate', 1e-3]])).toBe('frozen patch, Optimizer lamb, Base learning rate 1e−3');
    expect([panelText(map, []), namedText(map, ['head_batch_norm', true])]).toEqual(['All runs', 'BatchNorm in heads yes']);
  });
  it('has the mark of its side of the facet', () => {
    expect([slotOf(laid(), true), slotOf(laid(), false)]).toEqual([1, 2]);
    const layout = laid({ facet: 'optimizer' }, stabilityMap({ where: '', leads: false }));
    expect([slotOf(layout, 'adamw'), slotOf(layout, 'lamb')]).toEqual([1, 2]);
  });
  it('leads to its runs and to the twin', () => {
    const cell = cellAt(laid(), 0, 0, 256, 1e-3).of;
    expect(whereOf(map, cell, '')).toBe('batch_size = 256 and base_learning_rate = 0.001 and frozen_patch_projection = false');
    expect(whereOf(map, cell, 'optimizer = adamw or seed = 1')).toMatch(/^\(optimizer = adamw or seed = 1\) and batch_size = 256/);
    expect(twinsOf(map, cell)?.map((run) => run.id)).toEqual([map.runs[0]?.id, map.runs[4]?.id]);
    expect(twinsOf(map, cellAt(laid(), 0, 1, 512, 2e-3).of)).toBeNull();
    expect(membersOf(map).flat().length).toBe(map.runs.length);
    const theirs = mapOf(['config.optim.name', 'config.my key'], [{ key: ['lars', 0.1], seed: 0, metric: 1 }, { key: ['sgd', 0.2], seed: 0, metric: 1 }]);
    expect(whereOf(theirs, theirs.cells[0] as MapCell, '')).toBe('config.optim.name = "lars" and `config.my key` = 0.1');
  });
});
