// Short messages about what an action did or why it failed. Failures stay until they are closed or their screen is left, and carry
// what to do; those of what nobody asked for pass by themselves, as nobody may be there to close them.
import { asApiError, type ApiError } from '$lib/backend';
import { errorHints, errorText } from '$lib/i18n/say';

export type Toast = { id: number; kind: 'ok' | 'error'; text: string; hints: string[]; undo?: () => void };

const SHOWN_MS = 5000;

class Toasts {
  #list = $state.raw<Toast[]>([]);
  #next = 1;

  get list(): Toast[] {
    return this.#list;
  }

  /** `undo`: takes back what was done; offered as long as the message stands. */
  say(text: string, undo?: () => void): void {
    const id = this.#add({ kind: 'ok', text, hints: [], ...(undo === undefined ? {} : { undo }) });
    setTimeout(() => this.close(id), undo === undefined ? SHOWN_MS : 2 * SHOWN_MS);
  }

  fail(error: ApiError): void {
    this.#add({ kind: 'error', text: errorText(error), hints: errorHints(error) });
  }

  /** As `fail`, of something in the background. */
  failInPassing(error: ApiError): void {
    const id = this.#add({ kind: 'error', text: errorText(error), hints: errorHints(error) });
    setTimeout(() => this.close(id), 2 * SHOWN_MS);
  }

  /** The answer of `action`, or null after its failure has been shown. */
  async attempt<T>(action: () => Promise<T>): Promise<T | null> {
    try {
      return await action();
    } catch (reason) {
      this.fail(asApiError(reason));
      return null;
    }
  }

  close(id: number): void {
    this.#list = this.#list.filter((toast) => toast.id !== id);
  }

  closeNewest(): void {
    this.#list = this.#list.slice(0, -1);
  }

  /** What failed on a screen says nothing on the next one. */
  leave(): void {
    this.#list = this.#list.filter((toast) => toast.kind !== 'error');
  }

  #add(toast: Omit<Toast, 'id'>): number {
    const id = this.#next++;
    this.#list = [...this.#list.filter((old) => old.text !== toast.text), { id, ...toast }].slice(-4);
    return id;
  }
}

export const toasts = new Toasts();
