// What the screen in view tells the status bar: how many of the stored extremes its charts have drawn.

class StatusBar {
  #drawn = $state.raw<{ drawn: number; of: number } | null>(null);

  get extremes(): { drawn: number; of: number } | null {
    return this.#drawn;
  }

  /** null when the screen has no charts. */
  report(extremes: { drawn: number; of: number } | null): void {
    this.#drawn = extremes;
  }
}

export const statusBar = new StatusBar();
