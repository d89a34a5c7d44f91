// The rate sensitivity of the arms that Explore shows, asked anew where query, arms or metric are others.
import { backend, type SensitivityOfRates } from '$lib/backend';
import { Resource } from '$lib/state/resource.svelte';
import type { ExploreView } from './explore-view.svelte';

/** It reads whole series: what ends asks again no more often. */
const EVERY_MS = 5000;

export class Rates {
  readonly #view: ExploreView;
  /** What the answer is to. */
  readonly wanted = $derived.by(() => JSON.stringify([this.#view.runs.query, this.#view.by, this.#view.metric]));
  #asked = '';
  readonly answer = new Resource<{ wanted: string; found: SensitivityOfRates }>(() => this.#load(), (notice) => notice.overview, EVERY_MS);
  /** The query itself is wrong, which it says: the last picture stays, as the lines do. */
  readonly #misread = $derived.by(() => (this.answer.error?.diagnostics ?? []).length > 0);
  readonly found = $derived.by(() => {
    const last = this.answer.value;
    return last !== null && (this.#misread || (last.wanted === this.wanted && this.answer.error === null)) ? last.found : null;
  });
  /** Of the question that is shown: one that was asked before it says nothing. */
  readonly error = $derived.by(() => (this.answer.error !== null && !this.#misread && this.#failed === this.wanted ? this.answer.error : null));
  #failed = $state('');
  /** The rate under the cursor, by its place. */
  cursor = $state<number | null>(null);

  constructor(view: ExploreView) {
    this.#view = view;
  }

  async #load(): Promise<{ wanted: string; found: SensitivityOfRates }> {
    const wanted = this.wanted;
    const { metric, by, runs } = this.#view;
    this.#failed = wanted;
    const found = await backend.rpc('sensitivity', { where: runs.query, by, ...(metric === null ? {} : { metric }) });
    return { wanted, found };
  }

  listen(): () => void {
    this.#asked = this.wanted;
    return this.answer.listen();
  }

  ask(): void {
    if (this.wanted === this.#asked) return;
    this.#asked = this.wanted;
    this.cursor = null;
    this.answer.hurry();
  }
}
