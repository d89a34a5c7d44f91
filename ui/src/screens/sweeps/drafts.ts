// Unsaved edits of sweep files, kept in the page's own storage so that a reload or a killed window loses none. One entry a
// file and workspace; gone as soon as the file is saved. Storage that is full or forbidden keeps nothing and stops nothing.

/** The text, and which version on disk it began from; null where the file was gone. */
export type Draft = { text: string; hash: string | null };

export type Drawer = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export class Drafts {
  readonly #storage: Drawer;
  readonly #prefix: string;

  constructor(storage: Drawer, workspace: string) {
    this.#storage = storage;
    this.#prefix = `vitals.draft ${workspace} `;
  }

  read(file: string): Draft | null {
    try {
      const found: unknown = JSON.parse(this.#storage.getItem(this.#prefix + file) ?? 'null');
      if (typeof found !== 'object' || found === null || !('text' in found) || typeof found.text !== 'string') return null;
      return { text: found.text, hash: 'hash' in found && typeof found.hash === 'string' ? found.hash : null };
    } catch {
      return null;
    }
  }

  keep(file: string, draft: Draft): void {
    try {
      this.#storage.setItem(this.#prefix + file, JSON.stringify(draft));
    } catch {
      // The edits are still in memory, as they were before there were drafts.
    }
  }

  drop(file: string): void {
    try {
      this.#storage.removeItem(this.#prefix + file);
    } catch {
      // Nothing was kept there either.
    }
  }
}
