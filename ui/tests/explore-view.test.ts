// Explore as the address and the host make it: what it shows at first, how much of it is said in the address once somebody changes it,
// what it asks the host for, and which condition finds what is brushed.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { provideBackend, type RunTableBy } from '../src/lib/backend';
import { router } from '../src/lib/state/router.svelte';
import { brushOf } from '../src/screens/runs/explore/brush';
import { ExploreView } from '../src/screens/runs/explore/explore-view.svelte';
import { RunsView } from '../src/screens/runs/runs-view.svelte';
import { answers, fixtureBackend } from './fixtures/backend';
import { RATE_COLUMNS } from './fixtures/rates';

// What is shown stays in the router: the address itself is the window's.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const OF_ADDRESS = ['where', 'face', 'axes', 'metric', 'arms', 'turned', 'colour', 'brush', 'sel', 'sort', 'cols', 'group'];
let asked: RunTableBy[] = [];

async function shown(params: Record<string, string>): Promise<{ runs: RunsView; view: ExploreView }> {
  asked = [];
  provideBackend({
    ...fixtureBackend,
    rpc: async (method, params) => {
      if (method === 'run_table') asked.push(params as RunTableBy);
      return structuredClone((answers[method] as (params: unknown) => unknown)(params)) as never;
    },
  });
  router.patch({ ...Object.fromEntries(OF_ADDRESS.map((name) => [name, null])), where: 'sweep_name ~ rate-trick', face: 'explore', ...params });
  const runs = new RunsView();
  runs.page.hurry();
  await settled();
  return { runs, view: new ExploreView(runs) };
}
const settled = async () => { for (let turn = 0; turn < 20; turn += 1) await Promise.resolve(); };
const names = (view: ExploreView) => view.axes.map((axis) => axis.name);

describe('at first', () => {
  it('shows the arms, what the sweep varies, spikes and the metric', async () => {
    const { runs, view } = await shown({});
    expect(asked.map((one) => one.columns)).toEqual([[]]);
    expect(names(view)).toEqual(['arm', 'base_learning_rate', 'batch_size', 'beta2', 'optimizer', 'warmup_epochs', 'weight_decay', 'spike.count', 'knn_top1.best']);
    expect([view.by, view.scope, view.strip.n, runs.fits]).toEqual([['frozen_patch_projection', 'head_batch_norm'], 'all', 240, true]);
    expect(view.differing).toBe(240);
  });
  it('is no answer for the other face', async () => {
    const { runs } = await shown({});
    router.patch({ face: null });
    expect(runs.fits).toBe(false);
    router.patch({ face: 'explore' });
    expect(runs.fits).toBe(true);
  });
  it('takes the words of whoever chose axes for it, few as their runs may differ in', async () => {
    const { view } = await shown({ axes: 'seed' });
    expect([names(view).at(0) === 'seed' || names(view).includes('seed'), view.differing]).toEqual([true, 240]);
  });
});

describe('what is asked of the host', () => {
  it('is what is shown, and what nobody could know is asked for in a second turn', async () => {
    await shown({ metric: 'loss.min' });
    expect(asked.map((one) => one.columns)).toEqual([[], [...RATE_COLUMNS, 'loss.min']]);
    await shown({ axes: 'seed', metric: 'loss.min', arms: 'optimizer' });
    expect(asked.map((one) => one.columns)).toEqual([['optimizer', 'seed', 'loss.min', 'stability']]);
  });
  it('is asked anew by another metric or query, and not by a brush, an order or a colour', async () => {
    const { runs, view } = await shown({});
    const ask = async (change: () => void) => {
      const before = asked.length;
      change();
      runs.ask();
      await settled();
      return asked.length - before;
    };
    runs.listen()();
    await settled();
    expect(await ask(() => view.put(brushOf('base_learning_rate', { range: [1e-4, 3e-4] })))).toBe(0);
    expect(await ask(() => view.setColour('arm'))).toBe(0);
    expect(await ask(() => view.turn('beta2'))).toBe(0);
    expect(await ask(() => router.patch({ sort: 'seed' }))).toBe(0);
    expect(await ask(() => view.setMetric('knn_top1.last'))).toBe(1);
    expect(await ask(() => router.patch({ where: 'sweep_name ~ rate-trick and seed = 1' }))).toBe(1);
  });
});

describe('a change', () => {
  it('of part of it says all of it, so that the rest stays', async () => {
    const { view } = await shown({});
    view.point(1);
    view.moveAxis(1);
    expect(router.params).toMatchObject({ axes: 'batch_size,base_learning_rate,beta2,optimizer,warmup_epochs,weight_decay,spike.count', metric: 'knn_top1.best', arms: 'frozen_patch_projection,head_batch_norm' });
    expect([view.cursor, view.axes[view.cursor]?.name]).toEqual([2, 'base_learning_rate']);
    // The ends of the row stay.
    view.point(0);
    view.moveAxis(1);
    expect(names(view)[0]).toBe('arm');
  });
  it('of the metric or the arms leaves out what was brushed on the old one', async () => {
    const { view } = await shown({});
    view.put(brushOf('knn_top1.best', { range: [0.6, 0.7] }));
    view.put(brushOf('arm', { values: [true] }));
    view.setMetric('knn_top1.last');
    expect(view.brushes.map((one) => one.axis)).toEqual(['arm']);
    view.setArms(['optimizer']);
    expect([view.brushes, router.params['arms']]).toEqual([[], 'optimizer']);
  });
});

describe('a brush', () => {
  it('is drawn at once and said when it is let go, with no more digits than it needs', async () => {
    const { view } = await shown({});
    view.sketch(brushOf('base_learning_rate', { range: [1.234567e-4, 3.456789e-4] }));
    const drawn = view.strip.n;
    expect([drawn < 240, router.params['brush']]).toEqual([true, undefined]);
    view.put(brushOf('base_learning_rate', { range: [1.234567e-4, 3.456789e-4] }));
    expect([view.strip.n, view.scope, router.params['brush']]).toEqual([drawn, 'brushes', '[["base_learning_rate",{"range":[0.000123,0.000346]}]]']);
  });
  it('goes by Esc, the last one first, then the selection', async () => {
    const { runs, view } = await shown({ sel: 'c0000000-0000-7000-8000-000000000000' });
    view.put(brushOf('beta2', { range: [0.99, 0.999] }));
    view.put(brushOf('optimizer', { values: ['lamb'] }));
    view.clearLast();
    expect(view.brushes.map((one) => one.axis)).toEqual(['beta2']);
    view.clearLast();
    view.clearLast();
    expect([view.brushes, runs.selection]).toEqual([[], []]);
  });
  it('becomes a condition, and ids where there are no words for it', async () => {
    const { view } = await shown({});
    view.put(brushOf('arm', { values: [{ frozen_patch_projection: true, head_batch_norm: false }] }));
    expect(view.condition()).toBe('sweep_name ~ rate-trick and (frozen_patch_projection = true and head_batch_norm = false)');
    view.put(brushOf('base_learning_rate', { stops: ['none'] }));
    expect([view.condition(), view.ids()]).toEqual([null, []]);
    view.clearAll();
    expect(view.condition()).toBe('sweep_name ~ rate-trick');
    const words = await shown({ where: 'rate-trick' });
    words.view.put(brushOf('optimizer', { values: ['lamb'] }));
    expect([words.view.condition(), words.view.ids().length]).toEqual([null, words.view.strip.n]);
  });
});

it('colours by what is drawn: the ends of the scale are those of the brushed runs that did not fail', async () => {
  const { view } = await shown({});
  const whole = view.shades ?? [NaN, NaN];
  view.put(brushOf('knn_top1.best', { range: [0.69, 0.72] }));
  const part = view.shades ?? [NaN, NaN];
  expect([part[0] >= 0.69, part[1] <= 0.72, whole[0] < part[0]]).toEqual([true, true, true]);
  const failed = view.rows.flatMap((row, at) => (row.failed ? [view.last?.values[at] ?? NaN] : []));
  expect(failed.length > 0 && Math.min(...failed) < whole[0]).toBe(true);
  view.setColour('arm');
  expect(view.colour).toBe('arm');
});
