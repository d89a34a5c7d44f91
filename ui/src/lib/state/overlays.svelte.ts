// Which of the window's overlays is open: the command palette or the key list. One at a time.

export type Overlay = 'palette' | 'keys';

class Overlays {
  #shown = $state<Overlay | null>(null);

  get shown(): Overlay | null {
    return this.#shown;
  }

  open(overlay: Overlay): void {
    this.#shown = overlay;
  }

  close(): void {
    this.#shown = null;
  }
}

export const overlays = new Overlays();
