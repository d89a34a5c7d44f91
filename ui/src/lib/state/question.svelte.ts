// A question to the host that is asked anew where it is another one. What is shown answers the question that is shown; one that was asked
// before it says nothing. Without a question there is no answer.
import { Resource } from './resource.svelte';

interface Asking<Question, Answer> {
  of: () => Question | null;
  ask: (of: Question) => Promise<Answer>;
  /** What ends asks again no more often. */
  everyMs: number;
  /** Another question has come, or nobody waits any more. */
  left?: () => void;
}

export class Asked<Question, Answer> {
  readonly #asking: Asking<Question, Answer>;
  /** The question. */
  readonly of = $derived.by<Question | null>(() => this.#asking.of());
  /** What the answer is to. */
  readonly wanted = $derived.by(() => JSON.stringify(this.of));
  readonly answer: Resource<{ wanted: string; found: Answer | null }>;
  #asked = '';
  #failed = $state('');
  /** The query itself is wrong, which it says: the last picture stays, as the lines do. */
  readonly #misread = $derived.by(() => (this.answer.error?.diagnostics ?? []).length > 0);
  readonly found = $derived.by(() => {
    const last = this.answer.value;
    return last !== null && (this.#misread || (last.wanted === this.wanted && this.answer.error === null)) ? last.found : null;
  });
  readonly error = $derived.by(() => (this.answer.error !== null && !this.#misread && this.#failed === this.wanted ? this.answer.error : null));

  constructor(asking: Asking<Question, Answer>) {
    this.#asking = asking;
    this.answer = new Resource(() => this.#load(), (notice) => notice.overview, asking.everyMs);
  }

  async #load(): Promise<{ wanted: string; found: Answer | null }> {
    const [wanted, of] = [this.wanted, this.of];
    this.#failed = wanted;
    return { wanted, found: of === null ? null : await this.#asking.ask(of) };
  }

  listen(): () => void {
    this.#asked = this.wanted;
    const undo = this.answer.listen();
    return () => {
      undo();
      this.#asking.left?.();
    };
  }

  /** Asks where the question is another one. */
  again(): void {
    if (this.wanted === this.#asked) return;
    this.#asked = this.wanted;
    this.#asking.left?.();
    this.answer.hurry();
  }
}
