// Which cells a map has, and what stands in them: nothing is mixed, seeds are averaged, NaN is no number.
import { describe, expect, it } from 'vitest';
import type { Run } from '../src/lib/backend';
import { alike } from '../src/lib/format';
import { broken, extent, layOut, mean, twinOf, valuesOf, varying, whereOf } from '../src/screens/map/map';
import { contents } from '../src/screens/map/said';

let made = 0;
function run(parameters: Run['parameters'], knn: number | 'NaN' = 0.5, events: Run['events'] = {}): Run {
  made += 1;
  return {
    id: `r${made}`, first_layer: null, label: `r${made}`, sweep: null, sweep_name: null, point: '', seed: Number(parameters['seed'] ?? 0), state: 'finished', evidence: '', evidence_code: { kind: 'exit', code: 0 }, attempt: 1, device: null, parameters, source: null, original_id: null, config: {},
    effective_learning_rate: 1e-3, loss_start: null, loss_floor: null, progress: { step: 500, total_steps: 500, eta_seconds: null, images_per_second: null },
    metrics: { knn_top1: { last: knn, min: null, max: null, nonfinite: 0 } }, events, stability: 0.8, tags: [], note: '', queue_position: null, priority: 0, probed: null, created_at: '', started_at: null, ended_at: null, revision: 1,
  };
}
const point = (batch_size: number, base_learning_rate: number, frozen: boolean, seed: number) => ({ batch_size, base_learning_rate, frozen_patch_projection: frozen, seed, dataset: 'a' });

/** As another tool trained it. */
const imported = (config: Run['config']): Run => ({ ...run({}), source: { kind: 'csv', tool: null, version: null, path: 'a.csv' }, seed: null, point: null, effective_learning_rate: null, config });

describe('map of imported runs', () => {
  const theirs = [imported({ lr: 0.1, 'optim.name': 'lars', seed: 0 }), imported({ lr: 0.2, 'optim.name': 'lars', seed: 1 }), imported({ lr: 0.1, 'optim.name': 'adamw', seed: 0 }), imported({})];

  it('lays them out over their own configuration, and leaves out who has none', () => {
    expect(varying(theirs)).toEqual(['config.lr', 'config.optim.name']);
    const layout = layOut(theirs, undefined, undefined);
    expect([layout?.xs, layout?.ys, Math.max(...(layout?.panels ?? []).map((panel) => panel.most))]).toEqual([[0.1, 0.2], ['lars', 'adamw'], 1]);
    const [panel] = layout?.panels ?? [];
    const cell = panel?.cells[0];
    if (!layout || !panel || !cell) throw new Error('no cell');
    expect(whereOf(layout, panel, cell)).toBe('config.lr = 0.1 and config.optim.name = "lars"');
  });

  it('mixes nothing with the parameters of trained runs', () => {
    const mixed = [...theirs, run(point(256, 1e-3, false, 0)), run(point(512, 1e-3, false, 0)), run(point(512, 2e-3, false, 0))];
    const layout = layOut(mixed, 'batch_size', 'base_learning_rate');
    expect(layout?.panels.flatMap((panel) => panel.cells.flatMap((cell) => cell.runs)).length).toBe(3);
    expect(layout?.panels[0]?.values).toEqual([]);
    expect(layOut([imported({ lr: 0.1 }), run(point(256, 1e-3, false, 0))], undefined, undefined)).toBeNull();
  });
});

describe('map', () => {
  const runs = [run(point(256, 1e-3, false, 0), 0.4, { spike: 2 }), run(point(256, 1e-3, false, 1), 0.6), run(point(512, 1e-3, false, 0), 'NaN', { nonfinite: 1 }), run(point(256, 2e-3, false, 0)), run(point(256, 1e-3, true, 0), 0.9)];

  it('takes batch size and learning rate, and never the seed', () => {
    expect(varying(runs)).toEqual(['batch_size', 'base_learning_rate', 'frozen_patch_projection']);
    const layout = layOut(runs, undefined, undefined);
    expect([layout?.x, layout?.y, layout?.xs, layout?.ys, layout?.panels.length, Math.max(...(layout?.panels ?? []).map((panel) => panel.most))]).toEqual(['batch_size', 'base_learning_rate', [256, 512], [2e-3, 1e-3], 2, 2]);
    expect(layOut(runs, 'frozen_patch_projection', 'batch_size')?.panels.length).toBe(2);
    expect(layOut(runs.slice(0, 2), undefined, undefined)).toBeNull();
    expect(layOut([], undefined, undefined)).toBeNull();
  });

  it('has every run in one cell and no cell with runs of two panels', () => {
    const layout = layOut(runs, undefined, undefined);
    const cells = layout?.panels.flatMap((panel) => panel.cells) ?? [];
    expect(cells.flatMap((cell) => cell.runs).map((one) => one.id).sort()).toEqual(runs.map((one) => one.id).sort());
    for (const cell of cells) expect(new Set(cell.runs.map((one) => one.parameters['frozen_patch_projection'])).size).toBeLessThan(2);
  });

  it('averages seeds, leaves out what is not a number, and counts it', () => {
    expect(mean(runs.slice(0, 2), 'knn')).toEqual({ value: 50, n: 2 });
    expect(mean(runs.slice(2, 3), 'knn')).toEqual({ value: null, n: 0 });
    expect(mean(runs.slice(0, 2), 'spikes').value).toBe(2);
    expect(broken(runs)).toBe(1);
    const layout = layOut(runs, undefined, undefined);
    expect(layout === null ? null : extent(layout, 'knn')).toEqual([50, 90]);
  });

  it('says of a cell how many runs it has and what happened in them', () => {
    expect(contents(runs.slice(0, 2), 2, 'kNN, % 50.0')).toBe('2 runs, kNN, % 50.0, 2 spikes, 0 dips');
    expect(contents(runs.slice(2, 3), 3, 'no value yet')).toBe('1 of at most 3 runs, no value yet, 0 spikes, 0 dips, 1 run with NaN');
    expect(contents([run({}, 0.5, { spike: 1, dip: 1 })], 1, '–')).toBe('1 run, –, 1 spike, 1 dip');
  });

  it('writes the values of a parameter in one notation, on its axis and in the titles of panels', () => {
    const rates = [1e-3, 3e-3, 1e-2];
    const rows = rates.flatMap((rate) => [run({ ...point(256, rate, false, 0), weight_decay: 0.1 }), run({ ...point(512, rate, false, 0), weight_decay: 0.01 })]);
    const layout = layOut(rows, 'batch_size', 'weight_decay');
    if (layout === null) throw new Error('no layout');
    expect(valuesOf(layout, 'base_learning_rate').map(alike(valuesOf(layout, 'base_learning_rate')))).toEqual(['1e−3', '3e−3', '1e−2']);
    expect(valuesOf(layout, 'weight_decay').map(alike(valuesOf(layout, 'weight_decay')))).toEqual(['0.1', '0.01']);
    expect([alike([1e-3, 1, 20])(1), alike([0.01, 0.1])(0.01), alike([256, 4096])(4096)]).toEqual(['1', '0.01', '4,096']);
  });

  it('leads to the runs of a cell and to the twin', () => {
    const layout = layOut(runs, undefined, undefined);
    const panel = layout?.panels.find((one) => one.values.some(([, value]) => value === false));
    const cell = panel?.cells.find((one) => one.x === 256 && one.y === 1e-3);
    if (layout === null || panel === undefined || cell === undefined) throw new Error('no cell');
    expect(whereOf(layout, panel, cell)).toBe('batch_size = 256 and base_learning_rate = 0.001 and frozen_patch_projection = false');
    expect(twinOf(cell.runs[0] as Run, runs)?.id).toBe(runs[4]?.id);
    expect(twinOf(runs[3] as Run, runs)).toBeNull();
  });
});
