// Small curves of long and short runs: each over the range of its own length, with no more questions than lengths.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { provideBackend, type FrameRequest, type Run } from '../src/lib/backend';
import { parseFrame } from '../src/lib/backend/frame';
import { Sparks } from '../src/screens/live/live-view.svelte';
import { encode } from './fixtures/frames';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const run = (id: string, total: number, step = total): Run => ({ id, first_layer: 'patch_embed', progress: { step, total_steps: total } } as Run);
const steps = (count: number) => Array.from({ length: count }, (_, i) => i);

function host(lengths: Record<string, number>): FrameRequest[] {
  const asked: FrameRequest[] = [];
  const refused = () => Promise.reject(new Error('not asked here'));
  provideBackend({
    rpc: refused, heatmap: refused, arms: refused, watch: async () => () => undefined, notify: async () => undefined, choose: async () => null, zoom: async () => undefined,
    series: async (request) => {
      asked.push(request);
      return parseFrame(encode(request, (id, name) => (name === 'knn_top1' && id === 'twin' ? null : { steps: steps(lengths[id] ?? 0), values: steps(lengths[id] ?? 0) })));
    },
  });
  return asked;
}

describe('Sparks', () => {
  it('cuts runs of each length over their own range', async () => {
    const asked = host({ long: 20_000, short: 200, twin: 150 });
    const sparks = new Sparks();
    const [long, short, twin] = [run('long', 20_000), run('short', 200), run('twin', 200, 150)];
    sparks.want([long, short, twin, run('waiting', 500, 0)]);
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.map((one) => one.runs.join())).toEqual(['long', 'short,twin']);
    expect([long, short].map((one) => sparks.curve(one)?.step.length)).toEqual([96, 96]);
    // No other metric stands in for an accuracy that is not there yet.
    expect(sparks.curve(twin)).toBeNull();
    expect(sparks.gradient(twin)?.step.length).toBeGreaterThan(60);
    sparks.end();
  });

  it('ends what no run needs any more, and moves on when it does', async () => {
    const asked = host({ long: 2000, short: 200 });
    const sparks = new Sparks();
    sparks.want([run('long', 2000), run('short', 200)]);
    await vi.advanceTimersByTimeAsync(500);
    const [before, version] = [asked.length, sparks.version];
    sparks.want([run('long', 2000)]);
    expect(sparks.version).toBeGreaterThan(version);
    sparks.refresh();
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.slice(before).map((one) => one.runs.join())).toEqual(['long']);
    expect(sparks.curve(run('short', 200))).toBeNull();
    sparks.end();
  });
});
