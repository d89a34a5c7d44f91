// Rate sensitivity of arms, asked anew where the question is another one. Without a question there is no answer.
import { backend, type SensitivityBy, type SensitivityOfRates } from '$lib/backend';
import { Resource } from '$lib/state/resource.svelte';

/** It reads whole series: what ends asks again no more often. */
const EVERY_MS = 5000;

export class Rates {
  /** The question. */
  readonly of: SensitivityBy | null;
  /** What the answer is to. */
  readonly wanted = $derived.by(() => JSON.stringify(this.of));
  #asked = '';
  readonly answer = new Resource<{ wanted: string; found: SensitivityOfRates | null }>(() => this.#load(), (notice) => notice.overview, EVERY_MS);
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

  constructor(of: () => SensitivityBy | null) {
    this.of = $derived.by(of);
  }

  async #load(): Promise<{ wanted: string; found: SensitivityOfRates | null }> {
    const [wanted, of] = [this.wanted, this.of];
    this.#failed = wanted;
    return { wanted, found: of === null ? null : await backend.rpc('sensitivity', of) };
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
