// What one can do with runs, from any screen: asks the host, then says what was done and what was refused.
import { asApiError, backend, type ActionResult } from '$lib/backend';
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

/** `undo`: what takes it back, where that is possible at once. */
export async function act(action: RunAction, ids: string[], undo?: RunAction): Promise<ActionResult | null> {
  const result = await toasts.attempt(() => backend.rpc(action, { ids }));
  if (result === null) return null;
  if (result.done.length > 0) toasts.say(t(DONE[action], { n: result.done.length }), undo === undefined ? undefined : () => void act(undo, result.done));
  for (const problem of result.problems) toasts.fail(asApiError({ code: 'wrong_state', ...problem }));
  return result;
}

export type SweepAction = 'sweep_pause' | 'sweep_resume' | 'sweep_cancel' | 'sweep_retry';

const DONE_SWEEP: Record<SweepAction, Key> = {
  sweep_pause: 'done.pause',
  sweep_resume: 'done.resume',
  sweep_cancel: 'done.cancel',
  sweep_retry: 'done.retry',
};

/** Asks something of every run of a sweep that it applies to. */
export async function askSweep(action: SweepAction, id: string): Promise<void> {
  const result = await toasts.attempt(() => backend.rpc(action, { id }));
  if (result === null) return;
  const back = action === 'sweep_pause' ? () => void askSweep('sweep_resume', id) : undefined;
  toasts.say(t(DONE_SWEEP[action], { n: result.done.length }), back);
  for (const problem of result.problems) toasts.fail(asApiError({ code: 'wrong_state', ...problem }));
}

export async function setQueuePaused(paused: boolean): Promise<void> {
  const answer = await toasts.attempt(() => backend.rpc(paused ? 'queue_pause' : 'queue_resume', {}).then(() => true));
  if (answer !== null) toasts.say(t(paused ? 'done.queue_paused' : 'done.queue_resumed'), () => void setQueuePaused(!paused));
}
