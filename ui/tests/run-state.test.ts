// What a state looks like is decided by the kind of its evidence, and what can be asked of a run by the host's table.
import { describe, expect, it } from 'vitest';
import type { Command, Evidence } from '$lib/backend';
import { applies, deed, lookOf } from '$lib/ui/run-state';

describe('a failure is named by its cause', () => {
  const inner = { kind: 'evidence.exit_said', fields: { code: 4, words: 'x' }, text: '' };
  it.each<[Evidence, string]>([
    [{ kind: 'exit', code: 1 }, 'state.failed'],
    [{ kind: 'exit_said', code: 4, words: 'the loss is NaN at step 3' }, 'state.nonfinite'],
    [{ kind: 'exit', code: 5 }, 'state.out_of_memory'],
    [{ kind: 'memory_killer', signal: 9 }, 'state.out_of_memory'],
    [{ kind: 'scheduler', scheduler: 'slurm', word: 'OUT_OF_MEMORY' }, 'state.out_of_memory'],
    [{ kind: 'scheduler', scheduler: 'slurm', word: 'TIMEOUT' }, 'state.failed'],
    [{ kind: 'by_journal', what: inner }, 'state.nonfinite'],
    // Words decide nothing.
    [{ kind: 'said', text: 'exit 4: non-finite loss' }, 'state.failed'],
  ])('%j', (code, word) => {
    expect(lookOf('failed', code).word).toBe(word);
    expect(lookOf('cancelled', code).word).toBe('state.cancelled');
  });

  it('but not a state that this page does not know', () => expect(lookOf('dreaming').word).toBe('state.unknown'));
});

it('offers what the host does', () => {
  const offered = (state: string) => (['pause', 'resume', 'cancel', 'retry', 'rewind', 'remove'] as Command[]).filter((command) => applies(command, state));
  expect(offered('running')).toEqual(['pause', 'cancel']);
  expect(offered('paused')).toEqual(['resume', 'cancel', 'rewind', 'remove']);
  expect(offered('lost')).toEqual(['retry', 'rewind', 'remove']);
  expect(offered('dreaming')).toEqual([]);
  expect([deed('pause', 'queued'), deed('pause', 'running')]).toEqual(['pause_in_queue', 'pause']);
});
