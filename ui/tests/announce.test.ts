// What is announced of alarms: new and recent ones, of one run at most one in five seconds, none forgotten.
import { describe, expect, it } from 'vitest';
import { Announcer, QUIET_MS, RECENT_MS } from '../src/lib/announce';
import type { Alarm } from '../src/lib/backend';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const alarm = (id: number, run: string, ageMs = 0): Alarm => ({
  run, label: run, at: new Date(NOW - ageMs).toISOString(), unread: true, notified: true,
  event: { id, kind: 'spike', step: id, end_step: null, peak_step: null, peak_z: 9, layer: 'patch_embed', peak_layer: null, from: null, to: null, injected: false, layers: [], lead: null, metric: null, baseline: null, depth: null, area: null, recovered_step: null, confirmed: null, follows: [], count: null, open: false, details: null },
});
const told = (announcer: Announcer, now: number) => announcer.due(now).map(({ alarm: one, more }) => [one.event.id, one.run, more]);

describe('announcer', () => {
  it('tells nothing of what was there before, and each new alarm once', () => {
    const announcer = new Announcer();
    announcer.take([alarm(1, 'a')], NOW);
    expect(told(announcer, NOW)).toEqual([]);
    announcer.take([alarm(2, 'a'), alarm(1, 'a')], NOW);
    announcer.take([alarm(2, 'a'), alarm(1, 'a')], NOW);
    expect(told(announcer, NOW)).toEqual([[2, 'a', 0]]);
    expect(told(announcer, NOW + 60_000)).toEqual([]);
  });

  it('tells of one run at most once in the quiet time, and counts what came meanwhile', () => {
    const announcer = new Announcer();
    announcer.take([], NOW);
    announcer.take([alarm(2, 'b'), alarm(1, 'a')], NOW);
    expect(told(announcer, NOW)).toEqual([[1, 'a', 0], [2, 'b', 0]]);
    announcer.take([alarm(5, 'a'), alarm(4, 'a'), alarm(3, 'a')], NOW + 1000);
    expect(told(announcer, NOW + 1000)).toEqual([]);
    expect(announcer.wait(NOW + 1000)).toBe(QUIET_MS - 1000);
    expect(told(announcer, NOW + QUIET_MS)).toEqual([[3, 'a', 2]]);
    expect(announcer.wait(NOW + QUIET_MS)).toBeNull();
  });

  it('is silent about kinds that the rules keep from the desktop', () => {
    const announcer = new Announcer();
    announcer.take([], NOW);
    announcer.take([{ ...alarm(1, 'a'), notified: false }, alarm(2, 'b')], NOW);
    expect(told(announcer, NOW)).toEqual([[2, 'b', 0]]);
  });

  it('is silent about old steps and about events without a time', () => {
    const announcer = new Announcer();
    announcer.take([], NOW);
    announcer.take([alarm(1, 'a', RECENT_MS + 1), { ...alarm(2, 'a'), at: null }], NOW);
    expect(told(announcer, NOW)).toEqual([]);
  });
});
