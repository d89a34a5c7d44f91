// The note of a run while it is written: saved a moment after the last key, with the way back to what stood there before, and
// never over what somebody else has written meanwhile without saying so.
const SAVED_AFTER_MS = 800;

export type NoteState = 'saved' | 'unsaved' | 'saving' | 'failed';

export class NoteDraft {
  #text = $state('');
  #stored = $state('');
  #state = $state<NoteState>('saved');
  #past = $state.raw<string[]>([]);
  #elsewhere = $state<string | null>(null);
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #write: (note: string) => Promise<boolean>;

  /** `write` says whether the note was stored. */
  constructor(note: string, write: (note: string) => Promise<boolean>) {
    this.#text = note;
    this.#stored = note;
    this.#write = write;
  }

  get text(): string {
    return this.#text;
  }

  get state(): NoteState {
    return this.#state;
  }

  /** What was stored by somebody else while this one was being written. */
  get elsewhere(): string | null {
    return this.#elsewhere;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  change(text: string): void {
    this.#text = text;
    this.#state = text === this.#stored ? 'saved' : 'unsaved';
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), SAVED_AFTER_MS);
  }

  /** Stores what is written now; what stood there before can be had back. */
  async save(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#state === 'saving' || this.#text === this.#stored) return;
    const before = this.#stored;
    if (await this.#store(this.#text)) this.#past = [...this.#past, before];
    // Written on while it was being stored.
    if (this.#state === 'unsaved') await this.save();
  }

  /** What was stored before the last save. */
  async undo(): Promise<void> {
    const before = this.#past.at(-1);
    if (before === undefined) return;
    this.#past = this.#past.slice(0, -1);
    this.#text = before;
    await this.#store(before);
  }

  /** What the host says is stored: taken over, unless something else is being written here. */
  arrive(note: string): void {
    if (note === this.#stored) return;
    if (this.#state === 'saving') return;
    if (this.#state === 'saved') {
      [this.#text, this.#stored] = [note, note];
      return;
    }
    this.#stored = note;
    this.#elsewhere = note;
  }

  /** Instead of what is written here. */
  takeElsewhere(): void {
    if (this.#elsewhere === null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    [this.#text, this.#stored, this.#elsewhere, this.#state] = [this.#elsewhere, this.#elsewhere, null, 'saved'];
  }

  async #store(note: string): Promise<boolean> {
    this.#state = 'saving';
    const done = await this.#write(note);
    if (!done) this.#state = 'failed';
    else {
      this.#stored = note;
      this.#elsewhere = null;
      this.#state = this.#text === note ? 'saved' : 'unsaved';
    }
    return done;
  }
}
