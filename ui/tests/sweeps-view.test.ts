// The designer's preview follows the runs that its sweep has: while it is looked at, and when one comes back to it.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { provideBackend } from '../src/lib/backend';
import { changes } from '../src/lib/state/changes.svelte';
import { SweepsView } from '../src/screens/sweeps/sweeps-view.svelte';
import { answers } from './fixtures/backend';
import { sweepAnswers } from './fixtures/sweeps';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const FILE = 'stability/warmup-length.toml';
/** The state of every run of the sweep, as the host has it. */
let state = 'queued';
let checks = 0;

function host(): void {
  provideBackend({
    rpc: async (method, params) => {
      const answer = ({ ...answers, ...sweepAnswers }[method] as (params: unknown) => unknown)(params);
      if (method !== 'sweep_check') return answer as never;
      checks += 1;
      const check = answer as { points: { seeds: number[] }[] };
      return { ...check, points: check.points.map((point) => ({ ...point, seed_states: point.seeds.map(() => state) })) } as never;
    },
    series: () => Promise.reject(new Error('not asked here')),
    heatmap: () => Promise.reject(new Error('not asked here')),
    arms: () => Promise.reject(new Error('not asked here')),
    watch: async () => () => undefined,
    notify: async () => undefined,
    choose: async () => null, zoom: async () => undefined,
  });
}

const moved = (): void => changes.announce({ runs: {}, overview: true, files: [], supervisor: false });
const shown = (view: SweepsView): Set<string> => new Set(view.document?.check?.points.flatMap((point) => point.seed_states));

it('follows the runs to the end of the sweep', async () => {
  host();
  const view = new SweepsView();
  const end = view.listen();
  view.show(FILE);
  await vi.advanceTimersByTimeAsync(1000);
  expect(shown(view)).toEqual(new Set(['queued']));

  // Many changes, the last of them the end: asked once a while, and once after the last.
  const before = checks;
  moved();
  await vi.advanceTimersByTimeAsync(1000);
  state = 'finished';
  moved();
  await vi.advanceTimersByTimeAsync(5000);
  expect(shown(view)).toEqual(new Set(['finished']));
  expect(checks - before).toBe(1);

  // Files alone, or the supervisor, move no run.
  changes.announce({ runs: {}, overview: false, files: [], supervisor: true });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(checks - before).toBe(1);
  end();
});

it('looks again when one comes back from another screen', async () => {
  host();
  state = 'running';
  const view = new SweepsView();
  const end = view.listen();
  view.show(FILE);
  await vi.advanceTimersByTimeAsync(1000);
  expect(shown(view)).toEqual(new Set(['running']));
  end();
  state = 'finished';
  moved();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(shown(view)).toEqual(new Set(['running']));

  const again = new SweepsView();
  const endAgain = again.listen();
  again.show(FILE);
  await vi.advanceTimersByTimeAsync(1000);
  expect(shown(again)).toEqual(new Set(['finished']));
  endAgain();
});
