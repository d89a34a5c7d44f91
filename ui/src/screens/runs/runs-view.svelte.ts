// What the runs screen shows: the answer to the query in the address, and which of its runs are selected.
import { backend, type Run, type RunsPage } from '$lib/backend';
import { Resource } from '$lib/state/resource.svelte';
import { router } from '$lib/state/router.svelte';
import { DEFAULT_SORT, extended, formatColumns, nextSort, parseColumns, parseSelection, toggled } from './table';

const ASK_EVERY_MS = 500;
/** Columns as they were left, for an address that names none. */
const COLUMNS_KEY = 'vitals.runs.columns';
const kept = () => (typeof localStorage === 'undefined' ? null : localStorage.getItem(COLUMNS_KEY));

export class RunsView {
  readonly query = $derived(router.params['where'] ?? '');
  readonly sort = $derived(router.params['sort'] ?? DEFAULT_SORT);
  #kept = $state(kept());
  readonly columns = $derived(parseColumns(router.params['cols'] ?? this.#kept));
  readonly selection = $derived(parseSelection(router.params['sel']));
  readonly chosen = $derived(new Set(this.selection));
  readonly page = new Resource<RunsPage>(
    () => backend.rpc('runs', { where: this.query, sort: this.sort }),
    (notice) => notice.overview || Object.keys(notice.runs).length > 0, ASK_EVERY_MS,
  );
  readonly rows = $derived<Run[]>(this.page.value?.runs ?? []);
  /** Selected runs that the query finds, in the order of the table. */
  readonly selected = $derived(this.rows.filter((run) => this.chosen.has(run.id)));
  #anchor = '';

  select(selection: string[]): void {
    router.patch({ sel: selection.join(',') });
  }

  toggle(id: string, range: boolean): void {
    this.select(range ? extended(this.selection, this.rows, this.#anchor, id) : toggled(this.selection, id));
    this.#anchor = id;
  }

  toggleAll(): void {
    this.select(this.selected.length === this.rows.length ? [] : this.rows.map((run) => run.id));
  }

  setColumns(ids: string[]): void {
    const text = formatColumns(ids);
    this.#kept = text;
    if (text === null) localStorage.removeItem(COLUMNS_KEY);
    else localStorage.setItem(COLUMNS_KEY, text);
    router.patch({ cols: text });
  }

  sortBy(key: string, numeric: boolean): void {
    router.patch({ sort: nextSort(this.sort, key, numeric) });
  }
}
