// What the outcome of the runs that Explore shows depends on, asked anew where query, metric or outcome are others. The host is told when
// nobody waits for an answer any more.
import { backend, type ImportanceBy, type ImportanceOf } from '$lib/backend';
import { Resource } from '$lib/state/resource.svelte';
import type { ExploreView } from './explore-view.svelte';

/** A forest takes a second: what ends asks again no more often. */
const EVERY_MS = 15_000;

export class Depends {
  readonly #view: ExploreView;
  failing = $state(false);
  /** The question; none without a metric. */
  readonly of = $derived.by<ImportanceBy | null>(() => (this.#view.metric === null ? null : { where: this.#view.runs.query, metric: this.#view.metric, failing: this.failing }));
  /** What the answer is to. */
  readonly wanted = $derived.by(() => JSON.stringify([this.#view.runs.query, this.of]));
  #asked = '';
  #failed = $state('');
  readonly answer = new Resource<{ wanted: string; found: ImportanceOf } | null>(() => this.#load(), (notice) => notice.overview, EVERY_MS);
  /** The query itself is wrong, which it says: the last picture stays, as the lines do. */
  readonly #misread = $derived.by(() => (this.answer.error?.diagnostics ?? []).length > 0);
  readonly found = $derived.by(() => {
    const last = this.answer.value;
    return last !== null && (this.#misread || (last.wanted === this.wanted && this.answer.error === null)) ? last.found : null;
  });
  /** Of the question that is shown: one that was asked before it says nothing. */
  readonly error = $derived.by(() => (this.answer.error !== null && !this.#misread && this.#failed === this.wanted ? this.answer.error : null));

  constructor(view: ExploreView) {
    this.#view = view;
  }

  async #load(): Promise<{ wanted: string; found: ImportanceOf } | null> {
    const [wanted, of] = [this.wanted, this.of];
    this.#failed = wanted;
    return of === null ? null : { wanted, found: await backend.rpc('importance', of) };
  }

  listen(): () => void {
    this.#asked = this.wanted;
    const undo = this.answer.listen();
    return () => {
      undo();
      this.#stop();
    };
  }

  ask(): void {
    if (this.wanted === this.#asked) return;
    this.#asked = this.wanted;
    this.#stop();
    this.answer.hurry();
  }

  /** Whatever comes of it: an answer that nobody waits for costs a second at most. */
  #stop(): void {
    backend.rpc('importance_stop', {}).catch(() => undefined);
  }
}
