// The runs table without its looks: columns and their sort keys, selection, rows in view, places of exports. Pure.
import { EXPORT_FORMATS, METRIC, type Run } from '$lib/backend';
import type { Key } from '$lib/i18n/index.svelte';

export type Column = { id: string; label: Key; numeric: boolean; sort: string | null; small?: boolean };

/** `sort` is what the host sorts by. The effective rate is computed, so the window sorts by it. */
export const COLUMNS: Column[] = [
  { id: 'label', label: 'runs.label', numeric: false, sort: 'label' },
  { id: 'sweep', label: 'runs.sweep', numeric: false, sort: 'sweep_name' },
  { id: 'state', label: 'runs.state', numeric: false, sort: 'state' },
  { id: 'step', label: 'runs.step', numeric: true, sort: 'step' },
  { id: 'knn_last', label: 'runs.knn_last', numeric: true, sort: `${METRIC.KnnTop1}.last` },
  { id: 'knn_best', label: 'runs.knn_best', numeric: true, sort: `${METRIC.KnnTop1}.max` },
  { id: METRIC.Loss, label: 'runs.loss', numeric: true, sort: `${METRIC.Loss}.last` },
  { id: 'lr', label: 'runs.effective_lr', numeric: true, sort: 'effective_learning_rate' },
  { id: 'images', label: 'runs.images', numeric: true, sort: `${METRIC.ImagesPerSecond}.last`, small: true },
  { id: 'events', label: 'runs.events', numeric: true, sort: 'spike.count' },
  { id: 'created', label: 'runs.created', numeric: true, sort: 'created_at', small: true },
];

/** Columns by their ids, in this order, each once; all of them where none is named. A run's name is always among them. */
export function parseColumns(text: string | undefined | null): Column[] {
  const named = [...new Set((text ?? '').split(','))].map((id) => COLUMNS.find((column) => column.id === id)).filter((column) => column !== undefined);
  if (named.length === 0) return COLUMNS;
  const name = COLUMNS.find((column) => column.id === NAME);
  return name === undefined || named.includes(name) ? named : [name, ...named];
}

/** As the address has it; null for the order that needs no words. */
export function formatColumns(ids: string[]): string | null {
  const all = COLUMNS.map((column) => column.id);
  return ids.join() === all.join() ? null : ids.join();
}

/** `id` taken out and put where `at` stands now, to the right of it when it comes from the left. */
export function placed(ids: string[], id: string, at: string): string[] {
  const [from, to] = [ids.indexOf(id), ids.indexOf(at)];
  if (from < 0 || to < 0 || from === to) return ids;
  const rest = ids.filter((one) => one !== id);
  return [...rest.slice(0, to), id, ...rest.slice(to)];
}

/** One place to the left or right, as far as there is one. */
export function shifted(ids: string[], id: string, by: 1 | -1): string[] {
  const at = ids[ids.indexOf(id) + by];
  return at === undefined ? ids : placed(ids, id, at);
}

/** Shown or left out. A column that comes back stands where it stands by default. */
export function switched(ids: string[], id: string): string[] {
  if (ids.includes(id)) return id === NAME ? ids : ids.filter((one) => one !== id);
  const order = COLUMNS.map((column) => column.id);
  const before = order.slice(0, order.indexOf(id)).reverse().find((one) => ids.includes(one));
  const at = before === undefined ? 0 : ids.indexOf(before) + 1;
  return [...ids.slice(0, at), id, ...ids.slice(at)];
}

/** The column that every row keeps: its name and the way to it. */
export const NAME = 'label';
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

/** The rows from `anchor` to `id` join the selection. */
export function extended(selection: string[], rows: Run[], anchor: string, id: string): string[] {
  const [a, b] = [rows.findIndex((one) => one.id === anchor), rows.findIndex((one) => one.id === id)];
  if (a < 0 || b < 0) return toggled(selection, id);
  return [...new Set([...selection, ...rows.slice(Math.min(a, b), Math.max(a, b) + 1).map((one) => one.id)])];
}

export const ROW_PX = 28;
const VIRTUAL_FROM = 200;
const BEYOND = 12;

/** First row, and the one after the last, to be in the document. */
export function rowsInView(count: number, top: number, height: number): [number, number] {
  if (count <= VIRTUAL_FROM) return [0, count];
  const from = Math.max(0, Math.min(count, Math.floor(top / ROW_PX) - BEYOND));
  return [from, Math.min(count, Math.ceil((top + height) / ROW_PX) + BEYOND)];
}

export type Format = (typeof EXPORT_FORMATS)[number]['name'];
export const FORMATS: readonly Format[] = EXPORT_FORMATS.map((one) => one.name);

/** What a file of a format holds: every value of a run, or one figure of all runs. */
export function holds(format: Format): (typeof EXPORT_FORMATS)[number]['holds'] | undefined {
  return EXPORT_FORMATS.find((one) => one.name === format)?.holds;
}

/** Whether what is written is a folder: the tables of several runs, a file each. */
export function isFolder(runs: readonly unknown[], format: Format): boolean {
  return holds(format) === 'values' && runs.length > 1;
}

/** A file in the workspace's exports folder; a folder for the tables of several runs. */
export function exportPath(workspace: string, runs: Pick<Run, 'label' | 'id'>[], format: Format, part = ''): string {
  const [first] = runs;
  const end = (id: string) => id.replaceAll('-', '').slice(-6);
  const plain = (label: string) => label.replace(/[^\p{L}\p{N}._-]/gu, '-');
  const name = first === undefined ? 'runs' : runs.length === 1 ? `${plain(first.label)}-${end(first.id)}` : `${runs.length}-runs-${end(first.id)}`;
  return `${workspace}/exports/${name}${part}${isFolder(runs, format) ? '' : `.${format}`}`;
}

/** Tags as typed: separated by commas or blanks, each once. */
export function parseTags(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((tag) => tag !== ''))];
}
