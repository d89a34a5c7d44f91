// What a run's state looks like: its glyph, its colour and its word. The evidence that comes with a state is text of
// the supervisor; the forms that it is known to take are put into the reader's language, others are shown as they are.
import { t, translated, type Key } from '$lib/i18n/index.svelte';

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

export function lookOf(state: string, evidence: string): Look {
  const look = LOOKS[state] ?? UNKNOWN;
  if (state === 'cancelled' && evidence.startsWith('rule:')) return { ...look, word: 'state.cancelled_by_rule' };
  // The worker's exit codes of the contract: 4 = non-finite loss, 5 = out of device memory.
  if (state === 'failed' && /^exit 4\b/.test(evidence)) return { ...look, word: 'state.nonfinite' };
  if (state === 'failed' && /^exit 5\b|out[_ ]of[_ ]memory|memory killer/i.test(evidence)) return { ...look, word: 'state.out_of_memory' };
  return look;
}

/** What the supervisor may still do with a run in this state. */
export function allows(state: string): { pause: boolean; resume: boolean; cancel: boolean; retry: boolean } {
  return {
    pause: state === 'running' || state === 'stalled',
    resume: state === 'paused',
    cancel: ['queued', 'starting', 'running', 'stalled', 'pausing', 'paused'].includes(state),
    retry: ['failed', 'cancelled', 'lost'].includes(state),
  };
}

// The supervisor's own words, part by part.
const PATTERNS: [RegExp, Key, string[]][] = [
  [/^exit (\d+)$/, 'heard.exit', ['code']],
  [/^exit (\d+): the worker could not be started: (.*)$/, 'heard.worker_not_started', ['code', 'reason']],
  [/^exit (\d+): (.*)$/, 'heard.exit_because', ['code', 'reason']],
  [/^signal (\d+)$/, 'heard.signal', ['signal']],
  [/^rule: (.*)$/, 'heard.rule', ['rule']],
  [/^no record for (\d+) s(.*)$/, 'heard.silent', ['seconds', 'cause']],
  [/^attempt (\d+) on (\S+) from step (\d+)$/, 'heard.attempt_from', ['attempt', 'device', 'step']],
  [/^attempt (\d+) on (\S+)$/, 'heard.attempt', ['attempt', 'device']],
  [/^not started: device (\S+) does not exist here; this machine has (.*); set device to .*$/, 'heard.no_device', ['device', 'devices']],
  [/^not started: device (\S+) cannot be used: (.*); set device to auto or cpu$/, 'heard.unusable_device', ['device', 'reason']],
  [/^not started: slurm refused it: (.*); change the Slurm settings, then retry$/, 'heard.slurm_refused', ['reason']],
  [/^not started: failed to (.*); see that its folder can be written, then retry$/, 'heard.folder_unwritable', ['reason']],
  [/^not started: it needs about (.*) and (\S+) has (.*) for runs; .*$/, 'heard.too_large', ['need', 'device', 'room']],
  [/^not started: (.*)$/, 'heard.not_started', ['reason']],
  [/^start put off: (.*)$/, 'heard.put_off', ['reason']],
  [/^waits for memory on (\S+): it needs about (.*), (.*) are free for it$/, 'heard.waits_for_memory', ['device', 'need', 'room']],
  [/^retry (\d+) of (\d+) by the setting `retry`$/, 'heard.retry', ['number', 'of']],
  [/^slurm gave no answer: (.*)$/, 'heard.slurm_silent', ['reason']],
  [/^its journal cannot be read on: (.*)$/, 'heard.journal_damaged', ['what']],
  [/^rewind to step (\d+) requested$/, 'heard.rewind', ['step']],
  // Why nothing is started at all.
  [/^no run folder can be made in (.*): nothing is started before it can$/, 'heard.no_place', ['what']],
  [/^the disk of (.*) has (\d+) MiB left and `low_disk_bytes` asks for (\d+) MiB: .*$/, 'heard.low_disk', ['folder', 'left', 'wanted']],
  [/^journals take (.*) and `(\w+)` allows (.*): nothing is started; .*$/, 'heard.journals_full', ['used', 'setting', 'limit']],
  [/^checkpoints take (.*) and `(\w+)` allows (.*): nothing is started; .*$/, 'heard.checkpoints_full', ['used', 'setting', 'limit']],
  [/^nothing is started: the setting `(.*)` is not understood \((.*)\); set it again with `vitals settings`$/, 'heard.misread', ['setting', 'reason']],
  [/^(\S+) is not in (.*); build it or put it there$/, 'heard.program_missing', ['program', 'folder']],
];

/** Said where the journal alone tells the end. */
const BY_JOURNAL = /^(.*) \(journal's end record; no exit\.json\)$/;
/** Where the worker left no message, the meaning of its code stands there. */
const said = (words: string) => translated(`heard.text.${words}`, words);

/** What the supervisor says of a run, or of the whole queue; also the word with which an attempt ended. */
export function evidenceText(evidence: string): string {
  const inner = BY_JOURNAL.exec(evidence)?.[1];
  if (inner !== undefined) return t('heard.by_journal', { what: evidenceText(inner) });
  for (const [pattern, key, names] of PATTERNS) {
    const found = pattern.exec(evidence);
    if (found !== null) return t(key, Object.fromEntries(names.map((name, i) => [name, name === 'reason' ? said(found[i + 1] ?? '') : found[i + 1] ?? ''])));
  }
  return said(evidence);
}
