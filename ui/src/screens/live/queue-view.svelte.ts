// The waiting runs as the live screen handles them: which are chosen, and what is asked of all of them at once.
import { backend, type Run } from '$lib/backend';
import { act } from '$lib/state/run-actions';
import { toasts } from '$lib/state/toasts.svelte';
import { NOTHING, chosen, pruned, type Chosen, type How } from './queue-selection';

export class QueueView {
  #chosen = $state.raw<Chosen>(NOTHING);
  #shown = $state.raw<readonly Run[]>([]);
  #total = $state(0);
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get ids(): readonly string[] {
    return [...this.#chosen.ids];
  }

  get all(): boolean {
    return this.#total > 0 && this.#chosen.ids.size === this.#total;
  }

  /** The sweeps of the chosen runs that are shown, each with a name. */
  readonly sweeps = $derived([...new Map(this.#shown.flatMap((run) => (run.sweep !== null && this.#chosen.ids.has(run.id) ? [[run.sweep, run.sweep_name ?? '']] : []))).entries()]);

  has = (id: string): boolean => this.#chosen.ids.has(id);

  /** What waits now, as far as it is shown. */
  take(shown: readonly Run[], total: number): void {
    [this.#shown, this.#total] = [shown, total];
    this.#chosen = pruned(this.#chosen, shown.map((run) => run.id), total);
  }

  choose(id: string, how: How): void {
    this.#chosen = chosen(this.#chosen, this.#shown.map((run) => run.id), id, how);
  }

  clear(): void {
    this.#chosen = NOTHING;
  }

  /** All that wait, or all of a sweep; those that are not shown, too. */
  async chooseAll(sweep: string | null = null): Promise<void> {
    const waiting = await this.#waiting();
    if (waiting !== null) this.#chosen = { ids: new Set(waiting.filter((run) => sweep === null || run.sweep === sweep).map((run) => run.id)), anchor: null };
  }

  /** Takes the chosen runs out of the queue; what has started since they were chosen goes on. */
  async leave(): Promise<void> {
    const ids = await this.#stillWaiting();
    if (ids.length > 0) await act('run_cancel', ids, 'run_retry');
    this.clear();
    this.#changed();
  }

  async prioritize(ids: readonly string[], priority: number): Promise<void> {
    await toasts.attempt(() => backend.rpc('run_priority', { ids: [...ids], priority }).then(() => true));
    this.#changed();
  }

  async move(run: Run, position: number): Promise<void> {
    // Places count from 0, the next to start.
    if (position < 0 || position === run.queue_position) return;
    if ((await toasts.attempt(() => backend.rpc('queue_move', { id: run.id, position }).then(() => true))) !== null) this.#changed();
  }

  async moveBefore(id: string, target: Run): Promise<void> {
    const run = this.#shown.find((one) => one.id === id);
    if (run !== undefined && id !== target.id) await this.move(run, target.queue_position ?? 0);
  }

  async #stillWaiting(): Promise<string[]> {
    const waiting = new Set((await this.#waiting())?.map((run) => run.id));
    return this.ids.filter((id) => waiting.has(id));
  }

  #waiting(): Promise<Run[] | null> {
    return toasts.attempt(() => backend.rpc('queue', {}));
  }
}
