// The host's notices of change, handed to whoever shows something. One subscription to the host for the whole window.
import { backend, type ChangeNotice } from '$lib/backend';

type Listener = (notice: ChangeNotice) => void;

class Changes {
  readonly #listeners = new Set<Listener>();

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  listen(): () => void {
    let ended = false;
    let undo = (): void => {
      ended = true;
    };
    void backend.watch((notice) => this.announce(notice)).then((end) => {
      if (ended) end();
      undo = end;
    });
    return () => undo();
  }

  announce(notice: ChangeNotice): void {
    for (const listener of [...this.#listeners]) listener(notice);
  }
}

export const changes = new Changes();
