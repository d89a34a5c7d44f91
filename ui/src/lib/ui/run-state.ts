// What a run's state looks like: its glyph, its colour and its word; and what can be asked of a run in it. Decided by
// kinds and tables of the host, never by its words.
import { DEEDS, type Command, type Deed, type Evidence, type Run, type RunState } from '$lib/backend';
import type { Key } from '$lib/i18n/index.svelte';

export type Tone = 'running' | 'queued' | 'done' | 'stalled' | 'failed' | 'paused';
export type Look = { tone: Tone; glyph: Tone | 'stopped'; word: Key };

const LOOKS: Record<string, Look> = {
  queued: { tone: 'queued', glyph: 'queued', word: 'state.queued' },
  starting: { tone: 'running', glyph: 'queued', word: 'state.starting' },
  running: { tone: 'running', glyph: 'running', word: 'state.running' },
  stalled: { tone: 'stalled', glyph: 'stalled', word: 'state.stalled' },
  pausing: { tone: 'paused', glyph: 'paused', word: 'state.pausing' },
  paused: { tone: 'paused', glyph: 'paused', word: 'state.paused' },
  finished: { tone: 'done', glyph: 'done', word: 'state.finished' },
  failed: { tone: 'failed', glyph: 'failed', word: 'state.failed' },
  cancelled: { tone: 'done', glyph: 'stopped', word: 'state.cancelled' },
  lost: { tone: 'stalled', glyph: 'stalled', word: 'state.lost' },
};

const UNKNOWN: Look = { tone: 'queued', glyph: 'queued', word: 'state.unknown' };

/** By the state and what it rests on; a failure whose cause is known is named by its cause. */
export function lookOf(state: string, code?: Evidence): Look {
  const look = LOOKS[state] ?? UNKNOWN;
  const cause = state === 'failed' && code !== undefined ? CAUSES[causeOf(code)] : undefined;
  return cause === undefined ? look : { ...look, word: cause };
}

const CAUSES: Record<string, Key | undefined> = { nonfinite: 'state.nonfinite', out_of_memory: 'state.out_of_memory' };
/** The exit codes of the contract that say why. */
const BY_CODE: Record<number, string> = { 4: 'nonfinite', 5: 'out_of_memory' };

function causeOf(code: Evidence): string {
  switch (code.kind) {
    case 'exit': case 'exit_meaning': case 'exit_said': return BY_CODE[code.code] ?? '';
    case 'memory_killer': return 'out_of_memory';
    case 'scheduler': return code.word.toLowerCase();
    // Told by the journal alone: the kind inside is another evidence, without its room.
    case 'by_journal': return causeOf({ ...code.what.fields, kind: code.what.kind.replace(/^evidence\./, '') } as Evidence);
    default: return '';
  }
}

/** What a command does with a run in this state; undefined: nothing. By the table that the supervisor obeys. */
export function deed(command: Command, state: string): Deed | undefined {
  const deeds: Partial<Record<Command, Deed>> | undefined = DEEDS[state as RunState];
  return deeds?.[command];
}

/** Nothing more will be recorded, unless somebody asks for it. */
export const hasEnded = (state: string): boolean => ['finished', 'failed', 'cancelled', 'lost', 'paused'].includes(state);

export const applies = (command: Command, state: string): boolean => deed(command, state) !== undefined;

/** Whether a command does something with this run: one that was imported has nothing to be trained by, and can be removed. */
export const offers = (command: Command, run: Pick<Run, 'state' | 'source'>): boolean =>
  (run.source === null || command === 'remove') && applies(command, run.state);
