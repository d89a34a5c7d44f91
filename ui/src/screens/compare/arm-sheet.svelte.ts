// The host's table for the arms of a decision, kept fresh.
import { untrack } from 'svelte';
import { backend, type Sheet, type SheetBy } from '$lib/backend';
import { Resource } from '$lib/state/resource.svelte';
import { router } from '$lib/state/router.svelte';
import { columnsOf, sheetBy } from './decide-sheet';
import { withNotes, type CopyFormat } from './decide-copy';
import type { DecideView } from './decide-view.svelte';

const ASK_EVERY_MS = 2000;

export class ArmSheet {
  readonly #view: DecideView;
  readonly columns = $derived.by(() => (this.#view.decision === null ? [] : columnsOf(this.#view.decision, router.params['cols'])));
  /** Arms that cannot be compared stand in no table: neither as the best nor as no worse than it. */
  readonly by = $derived.by<SheetBy | null>(() => {
    if (this.columns.length === 0) return null;
    const apart = (this.#view.decision?.comparisons ?? []).filter((one) => one.verdict === 'not_comparable').map((one) => one.arm);
    return sheetBy({ ...this.#view.asked, out: [...this.#view.asked.out, ...apart] }, this.columns);
  });
  readonly key = $derived(JSON.stringify(this.by));
  readonly answer = new Resource<{ key: string; sheet: Sheet } | null>(async () => {
    const [by, key] = untrack(() => [this.by, this.key] as const);
    return by === null ? null : { key, sheet: await backend.rpc('sheet', by) };
  }, (notice) => notice.overview, ASK_EVERY_MS);
  /** Of the columns that are shown; null until it comes. */
  readonly sheet = $derived(this.answer.value?.key === this.key ? this.answer.value.sheet : null);

  constructor(view: DecideView) {
    this.#view = view;
  }

  choose(columns: readonly string[]): void {
    router.patch({ cols: columns.join(',') });
  }

  async text(format: CopyFormat, notes: readonly string[]): Promise<string> {
    const of = untrack(() => this.by);
    return of === null ? '' : withNotes((await backend.rpc('sheet_text', { of, format })).text, format, notes);
  }
}
