// The keyboard: screens register what their keys do, the frame listens once. Keys are physical (`event.code`), so they
// work while a Korean input method is on. Single keys act only when no field has focus and Settings has them on.
import { untrack } from 'svelte';
import type { Key } from '$lib/i18n/index.svelte';
import { app } from './app.svelte';

export type Binding = {
  /** `KeyJ`, `BracketLeft`, `Shift+ArrowLeft`, `Ctrl+KeyK`, or a sequence `KeyG KeyL`. */
  code: string;
  label: Key;
  /** Shown in the key list, e.g. `Ctrl K`. */
  shown: string;
  run: () => void;
};

const SEQUENCE_MS = 1200;

export function chordOf(event: Pick<KeyboardEvent, 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
  if (event.altKey) parts.push('Alt');
  if (event.shiftKey) parts.push('Shift');
  return [...parts, event.code].join('+');
}

/** Where letters are typed, or choose from a list. */
function inField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement
    && (target.isContentEditable || ['INPUT', 'TEXTAREA'].includes(target.tagName) || target.getAttribute('aria-haspopup') === 'listbox');
}

class Keys {
  #groups = $state.raw<Binding[][]>([]);
  #prefix = '';
  #prefixAt = 0;

  /** All bindings now in force, the most recently registered first. */
  get bindings(): Binding[] {
    return this.#groups.flat();
  }

  /** Adds bindings; the returned function removes them. For `onMount(() => keys.register([…]))`. */
  register(bindings: Binding[]): () => void {
    // Called from effects, which must not come to depend on the list that they change.
    this.#groups = [bindings, ...untrack(() => this.#groups)];
    return () => {
      this.#groups = untrack(() => this.#groups).filter((group) => group !== bindings);
    };
  }

  listen(): () => void {
    const press = (event: KeyboardEvent) => this.#press(event);
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }

  #press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    const chord = chordOf(event);
    const modified = chord.startsWith('Ctrl+') || chord.startsWith('Alt+') || event.code === 'Escape';
    if (!modified && (inField(event.target) || !app.settings.single_key_shortcuts)) return;
    const within = event.timeStamp - this.#prefixAt < SEQUENCE_MS ? `${this.#prefix} ${chord}` : '';
    const bindings = this.bindings;
    const found = bindings.find((one) => one.code === within) ?? bindings.find((one) => one.code === chord);
    this.#prefix = '';
    if (found !== undefined) {
      event.preventDefault();
      found.run();
    } else if (bindings.some((one) => one.code.startsWith(`${chord} `))) {
      this.#prefix = chord;
      this.#prefixAt = event.timeStamp;
    }
  }
}

export const keys = new Keys();
