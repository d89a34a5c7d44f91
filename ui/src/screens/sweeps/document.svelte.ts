// One open sweep file: its text, what the host says about it, and the text on disk that it began from. The form and the
// TOML tab change the same text; edits of the form go through the host, so that comments in the file stay. Unsaved edits
// are kept as a draft until they are saved or taken back.
import { SvelteSet } from 'svelte/reactivity';
import { asApiError, backend, type ApiError, type SweepCheck, type SweepEdit, type SweepForm, type SweepText } from '$lib/backend';
import { toasts } from '$lib/state/toasts.svelte';
import type { Drafts } from './drafts';
import { Latest } from './latest';

/** What an edit of the form asks for, made from the form as it is when its turn comes. */
export type FormEdit = (form: SweepForm) => SweepEdit[];

export const REST_MS = 150;
const MOST_UNDONE = 200;
/** Typing without a pause of this length is undone as one. */
const TYPING_MS = 800;

export class SweepDocument {
  readonly file: string;
  /** The fields whose typed text could not be taken, and so is not in `text`; each puts itself in and out. */
  readonly wrong = new SvelteSet<string>();
  #text = $state('');
  #disk = $state.raw<{ text: string; hash: string | null } | null>(null);
  #check = $state.raw<SweepCheck | null>(null);
  #form = $state.raw<SweepForm | null>(null);
  #checked = $state.raw<string | null>(null);
  #error = $state.raw<ApiError | null>(null);
  #conflict = $state.raw<SweepText | null>(null);
  #removed = $state(false);
  #past = $state.raw<string[]>([]);
  #future = $state.raw<string[]>([]);
  #typedAt = -Infinity;
  #pending: ((form: SweepForm | null) => SweepEdit[])[] = [];
  #editing = false;
  #drafts: Drafts | null = null;
  readonly #checks: Latest<string, SweepCheck>;

  constructor(file: string) {
    this.file = file;
    this.#checks = new Latest(
      (text) => backend.rpc('sweep_check', { text, file }),
      (check, text) => this.#take(check, text),
      (reason) => (this.#error = asApiError(reason)),
      REST_MS,
    );
  }

  get text(): string {
    return this.#text;
  }

  get loaded(): boolean {
    return this.#disk !== null;
  }

  get dirty(): boolean {
    return this.#disk !== null && (this.#removed || this.#text !== this.#disk.text);
  }

  /** About the text as it was at the last answer; see `fresh`. */
  get check(): SweepCheck | null {
    return this.#check;
  }

  /** Whether `check` is about the text as it is now. */
  get fresh(): boolean {
    return this.#checked === this.#text;
  }

  /** What is to be fixed before anything can run: in the text, and in fields that hold what the text could not take. */
  get errors(): number {
    return (this.#check?.errors.length ?? 0) + this.wrong.size;
  }

  /** The last form that the text had; see `formValid`. */
  get form(): SweepForm | null {
    return this.#form;
  }

  get formValid(): boolean {
    return this.#check?.form != null;
  }

  get error(): ApiError | null {
    return this.#error;
  }

  /** The other version on disk, while both are to be compared. */
  get conflict(): SweepText | null {
    return this.#conflict;
  }

  /** The file is gone from disk; saving writes it again. */
  get removed(): boolean {
    return this.#removed;
  }

  get undoable(): boolean {
    return this.#past.length > 0;
  }

  get redoable(): boolean {
    return this.#future.length > 0;
  }

  /** Reads the file, and over it the edits that were not saved when the page went. */
  async load(drafts: Drafts | null | Promise<Drafts | null> = null): Promise<void> {
    this.#drafts = await drafts;
    try {
      this.#adopt(await backend.rpc('sweep_read', { file: this.file }));
      this.#takeUp();
      await this.#checks.now(this.#text);
    } catch (reason) {
      this.#error = asApiError(reason);
      if (this.#error.code === 'not_found') await this.#takeUpRemoved();
    }
  }

  /** A draft of this version is simply unsaved; one of an older version is a conflict with the disk. */
  #takeUp(): void {
    const [draft, disk] = [this.#drafts?.read(this.file) ?? null, this.#disk];
    if (draft === null || disk === null) return;
    if (draft.text === disk.text) {
      this.#drafts?.drop(this.file);
      return;
    }
    this.#remember();
    this.#text = draft.text;
    if (draft.hash !== disk.hash) this.#conflict = { file: this.file, text: disk.text, hash: disk.hash ?? '' };
  }

  /** The file is gone, its edits are not. */
  async #takeUpRemoved(): Promise<void> {
    const draft = this.#drafts?.read(this.file) ?? null;
    if (draft === null) return;
    this.#disk = { text: '', hash: null };
    this.#text = draft.text;
    this.#removed = true;
    this.#error = null;
    await this.#checks.now(this.#text);
  }

  /** After every change of the text or of what is on disk. */
  #draft(): void {
    if (this.dirty) this.#drafts?.keep(this.file, { text: this.#text, hash: this.#disk?.hash ?? null });
    else this.#drafts?.drop(this.file);
  }

  /** Typed in the TOML tab, or any other whole new text. */
  write(text: string): void {
    if (text === this.#text) return;
    const now = performance.now();
    if (now - this.#typedAt > TYPING_MS) this.#remember();
    this.#typedAt = now;
    this.#text = text;
    this.#draft();
    this.#checks.soon(text);
  }

  /** One change of the form, made by the host; changes are made one after another. */
  edit(change: FormEdit): void {
    this.#queue((form) => (form === null ? [] : change(form)));
  }

  /** What the host offers about a finding; it needs no form, as it may be what makes the text one. */
  mend(fix: SweepEdit): void {
    this.#queue(() => [fix]);
  }

  #queue(change: (form: SweepForm | null) => SweepEdit[]): void {
    this.#pending.push(change);
    if (!this.#editing) void this.#work();
  }

  async #work(): Promise<void> {
    this.#editing = true;
    for (let change = this.#pending.shift(); change !== undefined; change = this.#pending.shift()) {
      const edits = change(this.#form);
      const text = this.#text;
      if (edits.length === 0) continue;
      try {
        const answer = await backend.rpc('sweep_edit', { text, edits, file: this.file });
        if (this.#text !== text) {
          this.#pending.unshift(change);
          continue;
        }
        this.#checks.drop();
        this.#remember();
        this.#text = answer.text;
        this.#draft();
        this.#take(answer.check, answer.text);
      } catch (reason) {
        toasts.fail(asApiError(reason));
      }
    }
    this.#editing = false;
  }

  undo(): void {
    this.#step(this.#past, (rest) => {
      this.#future = [...this.#future, this.#text];
      this.#past = rest;
    });
  }

  redo(): void {
    this.#step(this.#future, (rest) => {
      this.#past = [...this.#past, this.#text];
      this.#future = rest;
    });
  }

  #step(from: string[], keep: (rest: string[]) => void): void {
    const text = from.at(-1);
    if (text === undefined) return;
    keep(from.slice(0, -1));
    this.#text = text;
    this.#draft();
    this.#typedAt = -Infinity;
    void this.#checks.now(text);
  }

  #remember(): void {
    this.#past = [...this.#past, this.#text].slice(-MOST_UNDONE);
    this.#future = [];
  }

  /** Asks the host about the text at once. */
  async validate(): Promise<void> {
    await this.#checks.now(this.#text);
  }

  /** True when the text is on disk. */
  async save(): Promise<boolean> {
    if (!this.dirty) return true;
    try {
      const base_hash = this.#removed ? null : this.#disk?.hash ?? null;
      const written = await backend.rpc('sweep_write', { file: this.file, text: this.#text, base_hash });
      this.#disk = written;
      this.#removed = false;
      this.#draft();
      return true;
    } catch (reason) {
      const error = asApiError(reason);
      if (error.code === 'conflict') await this.lookAtDisk();
      else toasts.fail(error);
      return false;
    }
  }

  /** Another version on disk replaces an untouched text; beside unsaved edits it becomes a conflict. */
  async lookAtDisk(): Promise<void> {
    try {
      const found = await backend.rpc('sweep_read', { file: this.file });
      const clean = !this.dirty;
      this.#removed = false;
      if (found.hash === this.#disk?.hash) return;
      if (clean || found.text === this.#text) {
        this.#adopt(found);
        void this.#checks.now(this.#text);
      } else this.#conflict = found;
    } catch (reason) {
      if (asApiError(reason).code === 'not_found') this.#removed = true;
    }
  }

  /** Keeps the edits; the version on disk counts as seen, so that the next save replaces it. */
  keepMine(): void {
    if (this.#conflict !== null) this.#disk = this.#conflict;
    this.#conflict = null;
    this.#draft();
  }

  /** Takes the version on disk; undo brings the edits back. */
  takeTheirs(): void {
    if (this.#conflict === null) return;
    this.#remember();
    this.#adopt(this.#conflict);
    this.#draft();
    void this.#checks.now(this.#text);
  }

  /** Throws the edits away; undo brings them back. */
  revert(): void {
    if (this.#disk === null || this.#disk.text === this.#text) return;
    this.#remember();
    this.#text = this.#disk.text;
    this.#draft();
    void this.#checks.now(this.#text);
  }

  close(): void {
    this.#checks.drop();
  }

  #adopt(found: SweepText): void {
    this.#disk = found;
    this.#text = found.text;
    this.#conflict = null;
    this.#removed = false;
    this.#error = null;
  }

  #take(check: SweepCheck, text: string): void {
    this.#check = check;
    this.#checked = text;
    this.#error = null;
    if (check.form !== null) this.#form = check.form;
  }
}
