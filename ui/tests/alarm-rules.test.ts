// The rules of alarms as the settings form shows, checks and stores them.
import { describe, expect, it } from 'vitest';
import type { AlarmSettings } from '../src/lib/backend';
import { KINDS } from '../src/lib/alarm-kinds';
import { faultOf, rowOf, toStore, type Typed } from '../src/screens/settings/alarm-rules';

const STORED: AlarmSettings = { kinds: Object.fromEntries(KINDS.map((kind) => [kind, { listed: true, notified: true, from: kind === 'dip' ? 2.5 : null }])), injected: true };

describe('rules of alarms', () => {
  it('show what is stored, and what is typed before it', () => {
    expect(rowOf('dip', STORED, { kinds: {} })).toEqual({ listed: true, notified: true, from: '2.5' });
    expect(rowOf('spike', STORED, { kinds: { spike: { from: '12' } } })).toEqual({ listed: true, notified: true, from: '12' });
  });

  it('of a kind that nothing is stored for are those of today', () => {
    expect(rowOf('spike', { kinds: {}, injected: true }, { kinds: {} })).toEqual({ listed: true, notified: true, from: '' });
  });

  it.each<[string, boolean]>([['12', true], ['.5', true], ['12.', true], ['', true], [' ', true], ['0', false], ['-3', false], ['many', false], ['1e9', false]])('a size of “%s” is one: %s', (from, well) => {
    expect(faultOf(STORED, { kinds: { spike: { from } } })).toBe(well ? null : 'spike');
  });

  it('are stored whole, with an empty size for every event', () => {
    const typed: Typed = { injected: false, kinds: { dip: { from: '' }, spike: { from: '20', notified: false }, stalled: { listed: false } } };
    const next = toStore(STORED, typed);
    expect(next.injected).toBe(false);
    expect([next.kinds['dip'], next.kinds['spike'], next.kinds['stalled'], next.kinds['collapse']]).toEqual([
      { listed: true, notified: true, from: null }, { listed: true, notified: false, from: 20 }, { listed: false, notified: true, from: null }, { listed: true, notified: true, from: null },
    ]);
    expect(toStore(STORED, { kinds: {} })).toEqual(STORED);
  });
});
