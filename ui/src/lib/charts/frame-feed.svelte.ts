// Keeps one frame of chart data fresh for a window of steps. The data are plain memory; only `version` is reactive and
// moves when a new frame has come. At most one question at a time and five a second; the last wish wins.
import { untrack } from 'svelte';
import { asApiError, backend, type ApiError, type Columns, type Frame, type FrameRequest } from '$lib/backend';
import { find } from '$lib/backend';

const AT_MOST_EVERY_MS = 200;
/** Questions caused by the pointer may come this fast. */
const BY_HAND_EVERY_MS = 40;

export class FrameFeed {
  #version = $state(0);
  #error = $state.raw<ApiError | null>(null);
  frame: Frame | null = null;
  #wish: FrameRequest | null = null;
  #wishKey = '';
  #busy = false;
  #due: ReturnType<typeof setTimeout> | null = null;
  #asked = -Infinity;
  #ended = false;

  /** Reactive: read it to run again when the frame has changed. */
  get version(): number {
    return this.#version;
  }

  get error(): ApiError | null {
    return this.#error;
  }

  column(run: string, name: string): Columns | null {
    return find(this.frame, run, name);
  }

  /** What is shown now. Asks when it differs from the last wish. */
  want(request: FrameRequest): void {
    const key = JSON.stringify(request);
    if (key === this.#wishKey) return;
    this.#wishKey = key;
    this.#wish = request;
    if (request.series.length === 0 || request.runs.length === 0) {
      // Nothing is recorded that could be asked for: an answer of its own.
      this.frame = null;
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
      else void this.#ask();
    }, Math.max(0, this.#asked + every - performance.now()));
  }

  async #ask(): Promise<void> {
    const wish = this.#wish;
    if (wish === null || wish.series.length === 0 || wish.runs.length === 0) return;
    this.#busy = true;
    this.#asked = performance.now();
    try {
      const frame = await backend.series(wish);
      if (this.#ended) return;
      this.frame = frame;
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
