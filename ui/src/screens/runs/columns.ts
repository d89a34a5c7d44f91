// Columns of the runs table without their looks: which are asked for, in which order, how wide each is. A run's name is no column
// among them: every row begins with it. Pure.
import type { ColumnHolds, RunColumn, RunTableRow } from '$lib/backend';

/** Names as the address has them, each once. A key from elsewhere may hold a comma. */
export function parseNames(text: string | undefined | null): string[] {
  return [...new Set((text ?? '').split(',').filter((name) => name !== '').map((name) => name.replaceAll('%2C', ',').replaceAll('%25', '%')))];
}

/** For the address; null where there are none. */
export function formatNames(names: readonly string[]): string | null {
  return names.length === 0 ? null : names.map((name) => name.replaceAll('%', '%25').replaceAll(',', '%2C')).join(',');
}

/** A column that is shown, and the place of its value among the cells of a row. */
export type Shown = { column: RunColumn; at: number };

/** What the answer holds of the columns that are wanted now, in their order: moving or leaving one out needs no new answer. */
export function shownOf(answered: readonly RunColumn[], wanted: readonly string[]): Shown[] {
  const all = answered.map((column, at) => ({ column, at })).filter(({ column }) => column.name !== NAME);
  if (wanted.length === 0) return all;
  return wanted.flatMap((name) => all.find(({ column }) => column.name === name) ?? []);
}

/** What every row begins with, and what that is sorted by. */
export const NAME = 'label';

/** `name` taken out and put where `at` stands now, to the right of it when it comes from the left. */
export function placed(names: readonly string[], name: string, at: string): string[] {
  const [from, to] = [names.indexOf(name), names.indexOf(at)];
  if (from < 0 || to < 0 || from === to) return [...names];
  const rest = names.filter((one) => one !== name);
  return [...rest.slice(0, to), name, ...rest.slice(to)];
}

/** One place to the left or right, as far as there is one. */
export function shifted(names: readonly string[], name: string, by: 1 | -1): string[] {
  const at = names[names.indexOf(name) + by];
  return at === undefined ? [...names] : placed(names, name, at);
}

/** Shown or left out; what comes new stands last. The last one stays, as no columns at all means those at first. */
export function switched(names: readonly string[], name: string): string[] {
  if (!names.includes(name)) return [...names, name];
  return names.length === 1 ? [...names] : names.filter((one) => one !== name);
}

/** Columns of numbers begin with the largest, and stand at the right edge of their cells. */
export const isNumeric = (holds: ColumnHolds): boolean => holds === 'number' || holds === 'share' || holds === 'time';

const [LEAST_PX, MOST_TEXT_PX, MOST_HEAD_PX] = [64, 190, 240];
/** About what a letter takes in the type of cells, and in the smaller one of heads; Korean ones are twice as wide. */
const LETTER_PX = 6.6;
const HEAD_LETTER_PX = 5.8;
/** Padding of a cell; in a head the arrow of the order, too. */
const [CELL_PX, HEAD_PX] = [18, 32];
const STATE_PX = 184;
const STEP_PX = 108;
const TIME_PX = 112;
const SAMPLED = 200;

/** About how long a text is. */
export const lengthPx = (text: string, letterPx = LETTER_PX): number => [...text].reduce((sum, letter) => sum + (letter > '\u2e80' ? 1.8 : 1) * letterPx, 0);

/**
 * Of a column whose head is `title`: fixed, so that rows may come and go without moving it. Texts are as wide as the longest of the
 * first rows, numbers of groups as the longest mean.
 */
export function widthOf({ column, at }: Shown, title: string, rows: readonly RunTableRow[], means: readonly string[] = []): number {
  const least = means.reduce((most, text) => Math.max(most, lengthPx(text) + CELL_PX), LEAST_PX);
  const head = Math.min(MOST_HEAD_PX, Math.max(least, lengthPx(title, HEAD_LETTER_PX) + HEAD_PX));
  if (column.name === 'state') return Math.max(STATE_PX, head);
  if (column.name === 'step') return Math.max(STEP_PX, head);
  if (column.holds === 'time') return Math.max(TIME_PX, head);
  if (column.holds !== 'text' && column.holds !== 'words') return Math.round(head);
  let longest = 0;
  for (const row of rows.slice(0, SAMPLED)) {
    const cell = row.cells[at];
    longest = Math.max(longest, lengthPx(Array.isArray(cell) ? cell.join('    ') : String(cell ?? '')));
  }
  return Math.round(Math.max(head, Math.min(MOST_TEXT_PX, longest + CELL_PX)));
}
