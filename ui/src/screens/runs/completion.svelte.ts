// The list below the query: open while something is typed that it can go on with. Takes keys only while a line of it is marked.
import type { RunName } from '$lib/backend';
import { complete, type Offer } from './complete';

export class QueryCompletion {
  #text = $state('');
  #open = $state(false);
  #at = $state(-1);
  readonly #names: () => readonly RunName[];
  readonly #found = $derived.by(() => (this.#open ? complete(this.#text, this.#names()) : { from: 0, offers: [] }));

  constructor(names: () => readonly RunName[]) {
    this.#names = names;
  }

  get offers(): Offer[] {
    return this.#found.offers;
  }

  get from(): number {
    return this.#found.from;
  }

  get shown(): boolean {
    return this.offers.length > 0;
  }

  /** The marked line; −1 where none is. */
  get at(): number {
    return Math.min(this.#at, this.offers.length - 1);
  }

  /** Somebody typed: `text` is what stands before the caret. */
  typed(text: string): void {
    this.#text = text;
    this.#open = text !== '';
    this.#at = -1;
  }

  /** Opened by a key, at an empty query, too. */
  ask(text: string): void {
    this.#text = text;
    this.#open = true;
  }

  close(): void {
    this.#open = false;
    this.#at = -1;
  }

  move(by: 1 | -1): void {
    const count = this.offers.length;
    // From the last line on to none, which is the query itself.
    this.#at = ((this.at + 1 + by + count + 1) % (count + 1)) - 1;
  }

  /** What an offer makes of the text before the caret. */
  taken(offer: Offer | undefined): string | null {
    return offer === undefined ? null : this.#text.slice(0, this.from) + offer.insert;
  }
}
