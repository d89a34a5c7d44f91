// What a report will say before it is written: title and paragraph as the verdicts propose them, until somebody writes others. Numbers
// are fields, and what stands for them comes with the proposal: nobody types a number that the data could contradict.
import { asApiError, type ApiError, type Params, type ReportBy, type ReportDraft, type ReportWritten, type Result } from '$lib/backend';
import type { Language } from '$lib/i18n/index.svelte';

export type ReportFormat = 'html' | 'md';
export const REPORT_FORMATS: readonly ReportFormat[] = ['html', 'md'];
/** Of which runs it is: a question of Decide, or a sweep. */
export type Subject = Pick<ReportBy, 'of' | 'sweep'>;
type Rpc = <M extends 'report_draft' | 'report_save'>(method: M, params: Params<M>) => Promise<Result<M>>;

/** A text with what stands for its fields; names that are no fields stay, and `unknown` tells them. */
export function filled(text: string, fields: Readonly<Record<string, string | undefined>>): { text: string; unknown: string[] } {
  const unknown: string[] = [];
  const made = text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value === undefined) unknown.push(name);
    return value ?? whole;
  });
  return { text: made, unknown };
}

/** Plain and bold parts, as `**` tells them apart; a pair that is not whole is text. */
export function parts(text: string): { text: string; bold: boolean }[] {
  const cut = text.split('**');
  if (cut.length % 2 === 0) return [{ text, bold: false }];
  return cut.map((part, at) => ({ text: part, bold: at % 2 === 1 })).filter((part) => part.text !== '');
}

/** A file in the workspace's exports folder. */
export function reportPath(workspace: string, name: string, format: ReportFormat): string {
  const plain = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
  return `${workspace}/exports/report${plain === '' ? '' : `-${plain}`}.${format}`;
}

export class ReportForm {
  readonly #rpc: Rpc;
  readonly #subject: () => Subject;
  #draft = $state.raw<ReportDraft | null>(null);
  #error = $state.raw<ApiError | null>(null);
  #title = $state<string | null>(null);
  #paragraph = $state<string | null>(null);
  #asked = 0;
  language = $state<Language>('en');
  format = $state<ReportFormat>('html');
  busy = $state(false);

  constructor(rpc: Rpc, subject: () => Subject) {
    this.#rpc = rpc;
    this.#subject = subject;
  }

  get draft(): ReportDraft | null {
    return this.#draft;
  }
  get error(): ApiError | null {
    return this.#error;
  }
  get title(): string {
    return this.#title ?? this.#draft?.title ?? '';
  }
  get paragraph(): string {
    return this.#paragraph ?? this.#draft?.paragraph ?? '';
  }
  /** The paragraph as it will be read. */
  get shown(): { text: string; bold: boolean }[] {
    return parts(filled(this.paragraph, this.#draft?.fields ?? {}).text);
  }
  get unknown(): string[] {
    const fields = this.#draft?.fields ?? {};
    return [...filled(this.title, fields).unknown, ...filled(this.paragraph, fields).unknown];
  }
  get fields(): string[] {
    return Object.keys(this.#draft?.fields ?? {});
  }
  /** Whether something was written by hand. */
  get edited(): boolean {
    return this.#title !== null || this.#paragraph !== null;
  }
  get ready(): boolean {
    return this.#draft !== null && !this.busy && this.unknown.length === 0 && this.title.trim() !== '' && this.paragraph.trim() !== '';
  }

  setTitle(text: string): void {
    this.#title = text;
  }
  setParagraph(text: string): void {
    this.#paragraph = text;
  }
  propose(): void {
    this.#title = null;
    this.#paragraph = null;
  }

  /** Asks what the verdicts propose; a later question wins over an earlier answer. */
  async load(): Promise<void> {
    const asked = ++this.#asked;
    this.#error = null;
    this.#draft = null;
    try {
      const draft = await this.#rpc('report_draft', { ...this.#subject(), language: this.language });
      if (asked === this.#asked) this.#draft = draft;
    } catch (reason) {
      if (asked === this.#asked) this.#error = asApiError(reason);
    }
  }

  choose(language: Language): Promise<void> {
    this.language = language;
    return this.load();
  }

  /** What was not written by hand is proposed anew when the file is written. */
  async write(path: string): Promise<ReportWritten> {
    this.busy = true;
    try {
      const own = { ...(this.#title === null ? {} : { title: this.#title }), ...(this.#paragraph === null ? {} : { paragraph: this.#paragraph }) };
      return await this.#rpc('report_save', { path, of: { ...this.#subject(), language: this.language, ...own } });
    } finally {
      this.busy = false;
    }
  }
}
