// The runs table without its looks: order, selection, tags. Pure.
import type { RunTableRow } from '$lib/backend';

export const DEFAULT_SORT = '-created_at';

/** Numbers fall first, texts rise first; a second click turns the order. */
export function nextSort(now: string, key: string, numeric: boolean): string {
  if (now === key) return `-${key}`;
  if (now === `-${key}`) return key;
  return numeric ? `-${key}` : key;
}

export function parseSelection(text: string | undefined): string[] {
  return [...new Set((text ?? '').split(',').filter((id) => id !== ''))];
}

export function toggled(selection: string[], id: string): string[] {
  return selection.includes(id) ? selection.filter((one) => one !== id) : [...selection, id];
}

/** All of these, or none where all are selected already. */
export function toggledAll(selection: string[], ids: readonly string[]): string[] {
  const chosen = new Set(selection);
  if (!ids.every((id) => chosen.has(id))) return [...new Set([...selection, ...ids])];
  const out = new Set(ids);
  return selection.filter((id) => !out.has(id));
}

/** The rows from `anchor` to `id`, in the order that they are shown in, join the selection. */
export function extended(selection: string[], shown: readonly string[], anchor: string, id: string): string[] {
  const [a, b] = [shown.indexOf(anchor), shown.indexOf(id)];
  if (a < 0 || b < 0) return toggled(selection, id);
  return [...new Set([...selection, ...shown.slice(Math.min(a, b), Math.max(a, b) + 1)])];
}

/** It was imported, as the words say that its state rests on. */
export const isFromElsewhere = (run: Pick<RunTableRow, 'evidence_code'>): boolean => ['imported', 'import_unfinished'].includes(run.evidence_code.kind);

/** Tags as typed: separated by commas or blanks, each once. */
export function parseTags(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((tag) => tag !== ''))];
}
