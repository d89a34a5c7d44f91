// Ways of looking at the runs: those that are always there, and whether one is what the address shows. Pure.
import type { RunTableBy, SavedView } from '$lib/backend';
import type { Key } from '$lib/i18n/index.svelte';
import { formatNames } from './columns';
import { DEFAULT_SORT } from './table';

/** What a view keeps. */
export type Looking = Pick<RunTableBy, 'where' | 'sort' | 'columns' | 'group'>;

const looking = (where: string, sort = DEFAULT_SORT): Looking => ({ where, sort, columns: [], group: [] });

export const BUILT_IN: readonly { name: Key; view: Looking }[] = [
  { name: 'runs.view.all', view: looking('') },
  { name: 'runs.view.running', view: looking('state in (starting, running, stalled)') },
  { name: 'runs.view.ended_early', view: looking('state in (failed, lost, cancelled)') },
  { name: 'runs.view.unstable', view: looking('spike.count > 0', '-spike.count') },
];

const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((one, at) => one === b[at]);

export function isSame(a: Looking, b: Looking): boolean {
  return a.where.trim() === b.where.trim() && (a.sort || DEFAULT_SORT) === (b.sort || DEFAULT_SORT) && same(a.columns, b.columns) && same(a.group, b.group);
}

/** The parameters of an address that shows it. */
export function paramsOf({ where, sort, columns, group }: Looking): Record<string, string> {
  return { where, sort: sort === DEFAULT_SORT ? '' : sort, cols: formatNames(columns) ?? '', group: formatNames(group) ?? '' };
}

/** The one of this name, as names are kept. */
export const ofName = (views: readonly SavedView[], name: string): SavedView | undefined => views.find((one) => one.name === name.trim());
