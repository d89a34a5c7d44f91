// What one can do with runs, from any screen: asks the host, then says what was done and what was refused.
import { backend, type ActionResult } from '$lib/backend';
import { t, type Key } from '$lib/i18n/index.svelte';
import { toasts } from './toasts.svelte';

export type RunAction = 'run_pause' | 'run_resume' | 'run_cancel' | 'run_retry' | 'run_checkpoint' | 'run_remove';

const DONE: Record<RunAction, Key> = {
  run_pause: 'done.pause',
  run_resume: 'done.resume',
  run_cancel: 'done.cancel',
  run_retry: 'done.retry',
  run_checkpoint: 'done.checkpoint',
  run_remove: 'done.remove',
};

export async function act(action: RunAction, ids: string[]): Promise<ActionResult | null> {
  const result = await toasts.attempt(() => backend.rpc(action, { ids }));
  if (result === null) return null;
  if (result.done.length > 0) toasts.say(t(DONE[action], { n: result.done.length }));
  for (const problem of result.problems) toasts.fail({ code: 'wrong_state', message: problem.message, hints: [] });
  return result;
}

export async function setQueuePaused(paused: boolean): Promise<void> {
  const answer = await toasts.attempt(() => backend.rpc(paused ? 'queue_pause' : 'queue_resume', {}).then(() => true));
  if (answer !== null) toasts.say(t(paused ? 'done.queue_paused' : 'done.queue_resumed'));
}
