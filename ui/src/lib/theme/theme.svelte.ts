// Light, dark or as the system says. Sets the attribute that the tokens hang on.

class Theme {
  #choice = $state('system');
  #systemDark = $state(true);
  /** Moves with every change, so that canvases read the tokens again. */
  readonly resolved = $derived<'light' | 'dark'>(
    this.#choice === 'light' || this.#choice === 'dark' ? this.#choice : this.#systemDark ? 'dark' : 'light',
  );

  get choice(): string {
    return this.#choice;
  }

  choose(choice: string): void {
    this.#choice = choice;
    this.#apply();
  }

  /** The other of light and dark. */
  opposite(): 'light' | 'dark' {
    return this.resolved === 'dark' ? 'light' : 'dark';
  }

  /** Follows the system until the returned function is called. */
  listen(): () => void {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const read = () => {
      this.#systemDark = query.matches;
      this.#apply();
    };
    read();
    query.addEventListener('change', read);
    return () => query.removeEventListener('change', read);
  }

  #apply(): void {
    document.documentElement.dataset['theme'] = this.resolved;
  }
}

export const theme = new Theme();
