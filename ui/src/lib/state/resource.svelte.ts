// One answer of the host kept fresh: asked again when a notice concerns it, never twice at once, at most five times a
// second. The last valid value stays when a later question fails.
import { asApiError, type ApiError, type ChangeNotice } from '$lib/backend';
import { changes } from './changes.svelte';

const AT_MOST_EVERY_MS = 200;

export class Resource<T> {
  #value = $state.raw<T | null>(null);
  #error = $state.raw<ApiError | null>(null);
  #loading = $state(true);
  #asked = -Infinity;
  #busy = false;
  #again = false;
  #hurried = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #load: () => Promise<T>;
  readonly #concerns: (notice: ChangeNotice, value: T | null) => boolean;
  readonly #every: (value: T | null) => number;

  /** `everyMs`: asked at most this often; it may depend on what was answered last. */
  constructor(load: () => Promise<T>, concerns: (notice: ChangeNotice, value: T | null) => boolean, everyMs: number | ((value: T | null) => number) = AT_MOST_EVERY_MS) {
    this.#every = typeof everyMs === 'number' ? () => everyMs : everyMs;
    this.#load = load;
    this.#concerns = concerns;
  }

  get value(): T | null {
    return this.#value;
  }

  /** Of the last question, null when it was answered. */
  get error(): ApiError | null {
    return this.#error;
  }

  /** True until the first answer or error. */
  get loading(): boolean {
    return this.#loading;
  }

  /** Starts asking; the returned function ends it. For `onMount(() => resource.listen())`. */
  listen(): () => void {
    this.refresh();
    const undo = changes.subscribe((notice) => {
      if (this.#concerns(notice, this.#value)) this.refresh();
    });
    return () => {
      undo();
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      this.#again = this.#hurried = false;
    };
  }

  refresh(): void {
    if (this.#busy || this.#timer !== null) {
      this.#again = this.#busy || this.#again;
      return;
    }
    const wait = this.#asked + this.#every(this.#value) - performance.now();
    if (wait <= 0) {
      void this.#ask();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#ask();
    }, wait);
  }

  /** As `refresh`, but at once: somebody asked for something else and waits for it. Still never twice at a time. */
  hurry(): void {
    if (this.#busy) {
      this.#hurried = true;
      return;
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#busy = true;
    this.#asked = performance.now();
    try {
      this.#value = await this.#load();
      this.#error = null;
    } catch (reason) {
      this.#error = asApiError(reason);
    }
    this.#loading = false;
    this.#busy = false;
    const [again, hurried] = [this.#again, this.#hurried];
    this.#again = this.#hurried = false;
    if (hurried) this.hurry();
    else if (again) this.refresh();
  }
}
