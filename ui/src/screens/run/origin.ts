// What the overview works out from recorded times. Pure.
import type { AttemptInfo } from '$lib/backend';

/** Seconds that its attempts have run, without the pauses between them; an attempt that has not ended counts up to nothing yet.
 * Null before one has both begun and ended. */
export function tookSeconds(attempts: readonly Pick<AttemptInfo, 'started_at' | 'ended_at'>[]): number | null {
  const spans = attempts.flatMap(({ started_at, ended_at }) => (started_at === null || ended_at === null ? [] : [(Date.parse(ended_at) - Date.parse(started_at)) / 1000]));
  return spans.length === 0 ? null : spans.reduce((sum, span) => sum + Math.max(0, span), 0);
}

/** A file's name of what people call a run. */
export function fileName(label: string): string {
  const name = label.toLowerCase().replace(/[^a-z0-9._-]+/g, '-').replace(/^[-.]+|-+$/g, '');
  return `${name === '' ? 'run' : name}.toml`;
}
