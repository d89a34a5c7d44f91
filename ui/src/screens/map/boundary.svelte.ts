// The boundaries of the map that is shown, asked anew where runs or axes are others; and queuing the runs that would tell most.
import { backend, type Boundaries } from '$lib/backend';
import { Resource } from '$lib/state/resource.svelte';

const EVERY_MS = 5000;

export class Limits {
  readonly #where: () => string;
  readonly #across: () => string | null;
  #asked = '';
  readonly #answer = new Resource<{ wanted: string; found: Boundaries } | null>(() => this.#load(), (notice) => notice.overview, EVERY_MS);

  /** `across`: the other axis; null where there is no boundary to ask about. */
  constructor(where: () => string, across: () => string | null) {
    this.#where = where;
    this.#across = across;
  }

  get wanted(): string {
    return JSON.stringify([this.#where(), this.#across()]);
  }

  /** Of the map that is shown; what was found of another says nothing. */
  get found(): Boundaries | null {
    const last = this.#answer.value;
    return last !== null && last.wanted === this.wanted && this.#answer.error === null ? last.found : null;
  }

  get error() {
    return this.#across() === null ? null : this.#answer.error;
  }

  async #load(): Promise<{ wanted: string; found: Boundaries } | null> {
    const [wanted, across] = [this.wanted, this.#across()];
    return across === null ? null : { wanted, found: await backend.rpc('boundaries', { where: this.#where(), across }) };
  }

  listen(): () => void {
    this.#asked = this.wanted;
    return this.#answer.listen();
  }

  ask(): void {
    if (this.wanted === this.#asked) return;
    this.#asked = this.wanted;
    this.#answer.hurry();
  }

  /** Queues what is proposed; the labels of the runs. */
  async queue(found: Boundaries): Promise<string[]> {
    const queued = await backend.rpc('boundary_queue', { runs: found.next.map(({ like, rate, seed }) => ({ like, rate, seed })) });
    this.#answer.hurry();
    return queued;
  }
}
