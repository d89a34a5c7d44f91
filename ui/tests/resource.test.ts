// Answers are kept fresh without flooding the host: never two questions at once, at most five a second, last value kept.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { provideBackend, type FrameRequest } from '../src/lib/backend';
import { FrameFeed } from '../src/lib/charts/frame-feed.svelte';
import { changes } from '../src/lib/state/changes.svelte';
import { Resource } from '../src/lib/state/resource.svelte';
import { encode } from './fixtures/frames';
import { parseFrame } from '../src/lib/backend/frame';

const notice = { runs: {}, overview: true, files: [], supervisor: false };
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

describe('Resource', () => {
  it('asks at most every 200 ms however many notices come, and once after the last', async () => {
    let asked = 0;
    const resource = new Resource(async () => (asked += 1), () => true);
    const end = resource.listen();
    for (let ms = 0; ms < 1000; ms += 10) {
      changes.announce(notice);
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(400);
    expect(asked).toBeGreaterThanOrEqual(5);
    expect(asked).toBeLessThanOrEqual(7);
    const settled = asked;
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toBe(settled);
    end();
    changes.announce(notice);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toBe(settled);
  });

  it('never asks twice at once', async () => {
    let open = 0;
    let most = 0;
    const resource = new Resource(async () => {
      most = Math.max(most, (open += 1));
      await new Promise((resolve) => setTimeout(resolve, 700));
      open -= 1;
    }, () => true);
    const end = resource.listen();
    for (let i = 0; i < 50; i += 1) {
      changes.announce(notice);
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(most).toBe(1);
    end();
  });

  it('waits longer after an answer that took long, and not at all when somebody hurries', async () => {
    let asked = 0;
    const resource = new Resource(async () => ({ n: (asked += 1), elapsed: 200 }), () => true, (last) => Math.max(500, 5 * (last?.elapsed ?? 0)));
    const end = resource.listen();
    await vi.advanceTimersByTimeAsync(1);
    changes.announce(notice);
    await vi.advanceTimersByTimeAsync(900);
    expect(asked).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toBe(2);
    resource.hurry();
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toBe(3);
    end();
  });

  it('asks once more after the answer under way for whoever hurries, never twice at once', async () => {
    let [open, most, asked] = [0, 0, 0];
    const resource = new Resource(async () => {
      asked += 1;
      most = Math.max(most, (open += 1));
      await new Promise((resolve) => setTimeout(resolve, 300));
      open -= 1;
    }, () => false, 60_000);
    const end = resource.listen();
    resource.hurry();
    resource.hurry();
    await vi.advanceTimersByTimeAsync(310);
    expect(asked).toBe(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect([asked, most]).toEqual([2, 1]);
    end();
  });

  it('keeps the last value when a later question fails', async () => {
    let fail = false;
    const resource = new Resource(async () => {
      if (fail) throw { code: 'failed', message: 'disk full', hints: ['free some'] };
      return 'value';
    }, () => true);
    const end = resource.listen();
    await vi.advanceTimersByTimeAsync(1);
    fail = true;
    changes.announce(notice);
    await vi.advanceTimersByTimeAsync(500);
    expect([resource.value, resource.error?.message, resource.error?.hints]).toEqual(['value', 'disk full', ['free some']]);
    end();
  });
});

describe('FrameFeed', () => {
  it('answers the last wish, one question at a time', async () => {
    const asked: (number | null)[] = [];
    provideBackend({
      rpc: () => Promise.reject(new Error('not asked here')),
      watch: async () => () => undefined,
      notify: async () => undefined,
    choose: async () => null, zoom: async () => undefined,
      heatmap: () => Promise.reject(new Error('not asked here')),
      arms: () => Promise.reject(new Error('not asked here')),
      series: async (request) => {
        asked.push(request.from);
        await new Promise((resolve) => setTimeout(resolve, 100));
        return parseFrame(encode(request, () => ({ steps: [request.from ?? 0], values: [1] })));
      },
    });
    const feed = new FrameFeed();
    const wish = (from: number): FrameRequest => ({ runs: ['r'], series: [{ name: 'loss' }], from, to: from + 10, columns: 10 });
    for (let from = 0; from < 30; from += 1) {
      feed.want(wish(from));
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(500);
    expect(feed.column('r', 'loss')?.step[0]).toBe(29);
    expect(asked.length).toBeLessThan(8);
    feed.want(wish(29));
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.filter((from) => from === 29)).toHaveLength(1);
    feed.refresh();
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.filter((from) => from === 29)).toHaveLength(2);
    feed.end();
  });

  it('asks once for all that a screen draws of a stretch, each series as it is wanted', async () => {
    const asked: FrameRequest[] = [];
    const refused = () => Promise.reject(new Error('not asked here'));
    provideBackend({
      rpc: refused, heatmap: refused, arms: refused, watch: async () => () => undefined, notify: async () => undefined, choose: async () => null, zoom: async () => undefined,
      series: async (request) => {
        asked.push(request);
        return parseFrame(encode(request, () => ({ steps: [0, 1, 2, 3], values: [1, 9, 1, 9] })));
      },
    });
    const feed = new FrameFeed();
    feed.want({ runs: ['r'], series: [{ name: 'loss', superseded: true }, { name: 'loss', smoothing: 0.9 }, { name: 'a', relative: true }], from: 0, to: 3, columns: 4 });
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toHaveLength(1);
    expect([feed.column('r', 'loss'), feed.column('r', 'loss', { smooth: true }), feed.column('r', 'a')].map((one) => one?.smoothing)).toEqual([0, 0.9, undefined]);
    expect(feed.column('r', 'a', { relative: true })?.relative).toBe(true);
    const version = feed.version;
    expect(feed.cursor).toBeNull();
    feed.want({ runs: ['r'], series: [{ name: 'loss' }], from: 1, to: 1, columns: 1 }, 'cursor');
    await vi.advanceTimersByTimeAsync(100);
    expect([feed.cursor, feed.column('r', 'loss', { span: 'cursor' })?.last[0], feed.column('r', 'loss')?.step.length]).toEqual([1, 9, 4]);
    // A value at the crosshair redraws no chart.
    expect(feed.version).toBe(version);
    feed.end();
  });
});
