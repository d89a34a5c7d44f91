// Keeps one answer of the host fresh for a wish that changes: chart data. The data are plain memory; only `version` is
// reactive and moves when a new answer has come. At most one question at a time and five a second; the last wish wins.
import { untrack } from 'svelte';
import { asApiError, type ApiError } from '$lib/backend';

const AT_MOST_EVERY_MS = 200;
/** Questions caused by the pointer may come this fast. */
const BY_HAND_EVERY_MS = 40;

export class Feed<Wish, Answer> {
  #version = $state(0);
  #error = $state.raw<ApiError | null>(null);
  #answer: Answer | null = null;
  #wish: Wish | null = null;
  #wishKey = '';
  #busy = false;
  #due: ReturnType<typeof setTimeout> | null = null;
  #asked = -Infinity;
  #ended = false;
  readonly #ask: (wish: Wish) => Promise<Answer>;
  readonly #isEmpty: (wish: Wish) => boolean;

  /** `isEmpty` wishes are answered with nothing, here. */
  constructor(ask: (wish: Wish) => Promise<Answer>, isEmpty: (wish: Wish) => boolean) {
    this.#ask = ask;
    this.#isEmpty = isEmpty;
  }

  /** Reactive: read it to run again when the answer has changed. */
  get version(): number {
    return this.#version;
  }

  get error(): ApiError | null {
    return this.#error;
  }

  /** The last valid one. Not reactive. */
  get answer(): Answer | null {
    return this.#answer;
  }

  /** What is shown now. Asks when it differs from the last wish. */
  want(wish: Wish): void {
    const key = JSON.stringify(wish);
    if (key === this.#wishKey) return;
    this.#wishKey = key;
    this.#wish = wish;
    if (this.#isEmpty(wish)) {
      // Nothing is recorded that could be asked for: an answer of its own.
      this.#answer = null;
      this.#version = untrack(() => this.#version) + 1;
      return;
    }
    this.#schedule(BY_HAND_EVERY_MS);
  }

  /** The same question again, because something was recorded. */
  refresh(): void {
    if (this.#wish !== null) this.#schedule(AT_MOST_EVERY_MS);
  }

  end(): void {
    this.#ended = true;
    if (this.#due !== null) clearTimeout(this.#due);
  }

  #schedule(every: number): void {
    if (this.#ended || this.#due !== null) return;
    this.#due = setTimeout(() => {
      this.#due = null;
      if (this.#busy) this.#schedule(every);
      else void this.#fetch();
    }, Math.max(0, this.#asked + every - performance.now()));
  }

  async #fetch(): Promise<void> {
    const wish = this.#wish;
    if (wish === null || this.#isEmpty(wish)) return;
    this.#busy = true;
    this.#asked = performance.now();
    try {
      const answer = await this.#ask(wish);
      if (this.#ended) return;
      this.#answer = answer;
      this.#error = null;
      this.#version += 1;
    } catch (reason) {
      this.#error = asApiError(reason);
    } finally {
      this.#busy = false;
    }
    if (wish !== this.#wish) this.#schedule(BY_HAND_EVERY_MS);
  }
}
