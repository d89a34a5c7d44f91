// Rows of the table where runs are grouped: which groups are folded, what stands below what, and which rows are in view. Each kind
// of row has one height, so that the place of every row is known without drawing it. Pure.
import type { RunGroup, RunTableRow } from '$lib/backend';

export type GroupEntry = { id: string; group: RunGroup; at: number; folded: boolean; row: null };
export type RunEntry = { id: string; group: null; row: RunTableRow };
export type Entry = GroupEntry | RunEntry;

/** What names a group, whatever else is answered. No run has such an id. */
export const keyOf = (group: RunGroup): string => JSON.stringify(group.key);

/** What somebody did to groups: all of them at once, then single ones. */
export type Folds = { all: boolean | null; turned: ReadonlySet<string> };

export const UNTOUCHED: Folds = { all: null, turned: new Set() };

/** Groups are folded until somebody opens them; where each is of one run there is nothing to fold. */
export function isFolded(folds: Folds, key: string, single: boolean): boolean {
  const all = folds.all ?? !single;
  return folds.turned.has(key) ? !all : all;
}

export function turned(folds: Folds, key: string): Folds {
  const next = new Set(folds.turned);
  if (!next.delete(key)) next.add(key);
  return { ...folds, turned: next };
}

/** Every run in the order of the table, those of each group together. */
export function membersOf(rows: readonly RunTableRow[], groups: readonly RunGroup[]): RunTableRow[][] {
  const members: RunTableRow[][] = groups.map(() => []);
  for (const row of rows) if (row.group !== null) members[row.group]?.push(row);
  return members;
}

export function entriesOf(rows: readonly RunTableRow[], groups: readonly RunGroup[], folds: Folds): Entry[] {
  const run = (row: RunTableRow): RunEntry => ({ id: row.id, group: null, row });
  if (groups.length === 0) return rows.map(run);
  const single = groups.every((group) => group.runs < 2);
  const members = membersOf(rows, groups);
  return groups.flatMap((group, at): Entry[] => {
    const id = keyOf(group);
    const folded = isFolded(folds, id, single);
    const head: GroupEntry = { id, group, at, folded, row: null };
    return folded ? [head] : [head, ...(members[at] ?? []).map(run)];
  });
}

export const ROW_PX = 28;
export const GROUP_PX = 31;

/** Where each row begins, and where the last ends. */
export function topsOf(entries: readonly Entry[]): number[] {
  const tops = [0];
  let top = 0;
  for (const entry of entries) tops.push((top += entry.group === null ? ROW_PX : GROUP_PX));
  return tops;
}

/** Tables this short are drawn whole. */
const VIRTUAL_FROM = 120;
/** Rows beyond the edge of the view: what a turn of the wheel brings is there already. */
const BEYOND = 10;

/** First row, and the one after the last, to be in the document. */
export function inView(tops: readonly number[], top: number, height: number): [number, number] {
  const count = tops.length - 1;
  if (count <= VIRTUAL_FROM) return [0, count];
  const first = rowAt(tops, top);
  const last = rowAt(tops, top + height);
  return [Math.max(0, first - BEYOND), Math.min(count, last + 1 + BEYOND)];
}

/** The row that a place lies in. */
function rowAt(tops: readonly number[], place: number): number {
  let [low, high] = [0, tops.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}
