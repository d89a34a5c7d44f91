// The overview of a run: a note is saved, had back, and never lost to somebody else's; times and file names; the log in its order.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CheckpointInfo, Evidence, LogLine, Transition } from '../src/lib/backend';
import { entries } from '../src/screens/run/log-lines';
import { NoteDraft } from '../src/screens/run/note.svelte';
import { fileName, tookSeconds, withoutGpu } from '../src/screens/run/origin';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function drafted(note = 'old', accept = true) {
  const stored: string[] = [];
  const draft = new NoteDraft(note, async (text) => {
    if (accept) stored.push(text);
    return accept;
  });
  return { draft, stored };
}

describe('a note', () => {
  it('is saved a moment after the last key, once', async () => {
    const { draft, stored } = drafted();
    draft.change('n');
    draft.change('new');
    expect([draft.state, stored]).toEqual(['unsaved', []]);
    await vi.runAllTimersAsync();
    expect([draft.state, stored, draft.canUndo]).toEqual(['saved', ['new'], true]);
    draft.change('new');
    await vi.runAllTimersAsync();
    expect(stored).toEqual(['new']);
  });

  it('can be had back, save by save', async () => {
    const { draft, stored } = drafted('first');
    for (const text of ['second', 'third']) {
      draft.change(text);
      await draft.save();
    }
    await draft.undo();
    expect([draft.text, draft.canUndo]).toEqual(['second', true]);
    await draft.undo();
    await draft.undo();
    expect([draft.text, draft.canUndo, stored]).toEqual(['first', false, ['second', 'third', 'second', 'first']]);
  });

  it('that was not stored stays as it is written, and says so', async () => {
    const { draft } = drafted('old', false);
    draft.change('new');
    await draft.save();
    expect([draft.text, draft.state, draft.canUndo]).toEqual(['new', 'failed', false]);
  });

  it('that is changed elsewhere is taken over, but not over what is being written', () => {
    const { draft } = drafted();
    draft.arrive('theirs');
    expect([draft.text, draft.elsewhere]).toEqual(['theirs', null]);
    draft.change('mine');
    draft.arrive('theirs again');
    expect([draft.text, draft.elsewhere]).toEqual(['mine', 'theirs again']);
    draft.takeElsewhere();
    expect([draft.text, draft.state, draft.elsewhere]).toEqual(['theirs again', 'saved', null]);
  });
});

describe('times and names', () => {
  it('add up what attempts computed, without the pauses between them', () => {
    const one = (from: string, to: string | null) => ({ started_at: `2026-01-01T10:${from}Z`, ended_at: to === null ? null : `2026-01-01T10:${to}Z` });
    expect(tookSeconds([one('00:00', '01:00'), one('30:00', '30:30')])).toBe(90);
    expect([tookSeconds([one('00:00', null)]), tookSeconds([])]).toEqual([null, null]);
  });
  it.each([['learned-s0', 'learned-s0.toml'], ['b4096 lr 1.5e-4, frozen', 'b4096-lr-1.5e-4-frozen.toml'], ['실행', 'run.toml'], ['../x', 'x.toml']])('%s is saved as %s', (label, file) => {
    expect(fileName(label)).toBe(file);
  });
});

describe('the log', () => {
  const line = (at: string | null, text: string): LogLine => ({ at, level: 'info', step: null, text });
  const state = (at: string, to: string): Transition => ({ at, from: null, to, evidence: '', evidence_code: { kind: 'records' } });
  const checkpoint = (at: string, step: number): CheckpointInfo => ({ at, step, path: '', bytes: 1 });

  it('has states and checkpoints between the lines, by time; a line without one stays where it was written', () => {
    const all = entries([line('02', 'begins'), line(null, 'goes on'), line('06', 'ends')], [state('01', 'starting'), state('02', 'running'), state('07', 'finished')], [checkpoint('04', 100)]);
    expect(all.map((one) => (one.what === 'line' ? one.text : one.what === 'state' ? one.transition.to : one.step))).toEqual(['starting', 'running', 'begins', 'goes on', 100, 'ends', 'finished']);
  });
});

describe('a run without a GPU', () => {
  const why = { kind: 'unusable.old_driver', fields: { driver: '535', runtime: '13.0', least: 580 }, text: '' };
  const step = (evidence_code: Evidence): Transition => ({ at: '', from: null, to: '', evidence: '', evidence_code });
  const queued = step({ kind: 'queued_by_sweep' });
  const onCpu = step({ kind: 'started_without_gpu', attempt: 1, why });
  const records = step({ kind: 'records' });

  it('says why, of its last attempt', () => {
    expect(withoutGpu([queued, onCpu, records])).toBe('Driver 535 is older than CUDA 13.0 needs (580).');
    expect(withoutGpu([queued, step({ kind: 'started_from_without_gpu', attempt: 2, step: 9, why })])).toMatch(/^Driver 535/);
    expect(withoutGpu([queued, onCpu, records, step({ kind: 'started_from', attempt: 2, device: 'cuda:0', step: 9 })])).toBeNull();
    expect(withoutGpu([queued])).toBeNull();
  });
});
