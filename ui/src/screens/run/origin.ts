// What the overview works out from what was recorded: times, and why there was no GPU. Pure.
import type { AttemptInfo, RunDetail } from '$lib/backend';
import { asSentence, say } from '$lib/i18n/say';

/** Seconds that its attempts have run, without the pauses between them; an attempt that has not ended counts up to nothing yet.
 * Null before one has both begun and ended. */
export function tookSeconds(attempts: readonly Pick<AttemptInfo, 'started_at' | 'ended_at'>[]): number | null {
  const spans = attempts.flatMap(({ started_at, ended_at }) => (started_at === null || ended_at === null ? [] : [(Date.parse(ended_at) - Date.parse(started_at)) / 1000]));
  return spans.length === 0 ? null : spans.reduce((sum, span) => sum + Math.max(0, span), 0);
}

const STARTS: readonly string[] = ['started', 'started_from', 'started_without_gpu', 'started_from_without_gpu'];

/** Why the last attempt had no GPU although its device was left open; null where it had one, or was to have none. */
export function withoutGpu(transitions: RunDetail['transitions']): string | null {
  const started = transitions.findLast(({ evidence_code: of }) => STARTS.includes(of.kind))?.evidence_code;
  return started?.kind === 'started_without_gpu' || started?.kind === 'started_from_without_gpu' ? asSentence(say(started.why)) : null;
}

/** A file's name of what people call a run. */
export function fileName(label: string): string {
  const name = label.toLowerCase().replace(/[^a-z0-9._-]+/g, '-').replace(/^[-.]+|-+$/g, '');
  return `${name === '' ? 'run' : name}.toml`;
}
