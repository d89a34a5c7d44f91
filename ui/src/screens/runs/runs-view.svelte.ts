// What the runs screen shows: the table that the address asks for, on either face, which of its runs are selected, and which of its
// groups are open.
import { backend, type RunName, type RunTable, type RunTableRow, type SavedView } from '$lib/backend';
import { Resource } from '$lib/state/resource.svelte';
import { router } from '$lib/state/router.svelte';
import { formatNames, parseNames, shownOf } from './columns';
import { askedFor, columnsOf, lacking, paramsKept, type Asked } from './explore/asked';
import { entriesOf, keyOf, membersOf, topsOf, turned, UNTOUCHED, type Folds } from './groups';
import { DEFAULT_SORT, extended, nextSort, parseSelection, toggled, toggledAll } from './table';
import { paramsOf, type Looking } from './views';

/** The host is asked no more often than this, and spends no more than a fifth of its time on it. */
const LEAST_PAUSE_MS = 500;
const PAUSE_FOR_WORK = 5;
/** Names change with the metrics that runs record. */
const NAMES_EVERY_MS = 2000;
/** Columns as they were left, for an address that names none. */
const COLUMNS_KEY = 'vitals.runs.shown';
/** In an address: the host's choice, whatever was kept. */
const DEFAULT_COLUMNS = 'default';
const kept = () => (typeof localStorage === 'undefined' ? null : localStorage.getItem(COLUMNS_KEY));

/** The two faces of the screen. */
export const FACES = ['table', 'explore'] as const;
export type Face = (typeof FACES)[number];

export class RunsView {
  readonly face = $derived<Face>(router.params['face'] === 'explore' ? 'explore' : 'table');
  readonly query = $derived(router.params['where'] ?? '');
  readonly sort = $derived(router.params['sort'] ?? DEFAULT_SORT);
  readonly group = $derived(parseNames(router.params['group']));
  #kept = $state(kept());
  /** Columns by choice; none are those that the host chooses. */
  readonly wanted = $derived(router.params['cols'] === DEFAULT_COLUMNS ? [] : parseNames(router.params['cols'] ?? this.#kept));
  readonly looking = $derived<Looking>({ where: this.query, sort: this.sort, columns: this.wanted, group: this.group });

  /** What Explore shows of the runs. */
  readonly exploring = $derived<Asked>(askedFor(router.params));
  /** Answers that have what Explore shows. */
  readonly #explored = new WeakSet<RunTable>();
  readonly page = new Resource<RunTable>(
    () => (this.face === 'explore' ? this.#explore() : backend.rpc('run_table', this.looking)),
    (notice) => notice.overview || Object.keys(notice.runs).length > 0,
    (answer) => Math.max(LEAST_PAUSE_MS, PAUSE_FOR_WORK * (answer?.elapsed_ms ?? 0)),
  );
  /** Asked for when something is chosen from them. */
  readonly names = new Resource<RunName[]>(() => backend.rpc('run_names', {}), () => false, NAMES_EVERY_MS);
  readonly saved = new Resource<SavedView[]>(() => backend.rpc('run_views', {}), () => false);

  /** Whether what was answered is for this face: another one's columns are shown on none. */
  readonly fits = $derived(this.page.value !== null && this.#explored.has(this.page.value) === (this.face === 'explore'));
  readonly rows = $derived<RunTableRow[]>(this.page.value?.rows ?? []);
  readonly groups = $derived(this.page.value?.groups ?? []);
  /** What the groups say already stands in no column, unless somebody chose it. */
  readonly columns = $derived(shownOf(this.page.value?.columns ?? [], this.wanted).filter(({ column }) => this.wanted.length > 0 || !this.group.includes(column.name)));
  readonly shown = $derived(this.columns.map(({ column }) => column.name));
  #folds = $state.raw<Folds>(UNTOUCHED);
  #foldsOf: string | null = null;
  #asked = '';
  readonly entries = $derived(entriesOf(this.rows, this.groups, this.#folds));
  readonly tops = $derived(topsOf(this.entries));

  readonly selection = $derived(parseSelection(router.params['sel']));
  readonly chosen = $derived(new Set(this.selection));
  /** Selected runs that the query finds, in the order of the table. */
  readonly selected = $derived(this.selection.length === 0 ? [] : this.rows.filter((run) => this.chosen.has(run.id)));
  readonly #members = $derived(membersOf(this.rows, this.groups));
  #anchor = '';

  /** Starts asking; the returned function ends it. */
  listen(): () => void {
    this.#asked = this.#question();
    this.#foldsOf = formatNames(this.group);
    this.saved.refresh();
    return this.page.listen();
  }

  /** Asks anew where the address says something else; folds are of the groups that they were made for. */
  ask(): void {
    const asked = this.#question();
    if (asked === this.#asked) return;
    this.#asked = asked;
    const group = formatNames(this.group);
    if (group !== this.#foldsOf) this.#folds = UNTOUCHED;
    this.#foldsOf = group;
    this.page.hurry();
  }

  /** What the host is asked, as one text: whatever else the address says asks for nothing new. */
  #question(): string {
    return this.face === 'table' ? JSON.stringify(this.looking) : JSON.stringify([this.query, columnsOf(this.exploring), this.exploring.metric, this.exploring.arms]);
  }

  async #explore(): Promise<RunTable> {
    const asked = this.exploring;
    const by = { where: this.query, sort: DEFAULT_SORT, group: [] };
    let table = await backend.rpc('run_table', { ...by, columns: columnsOf(asked) });
    const missing = lacking(asked, table.columns);
    if (missing.length > 0) table = await backend.rpc('run_table', { ...by, columns: [...table.columns.map((column) => column.name), ...missing] });
    this.#explored.add(table);
    return table;
  }

  turnTo(face: Face): void {
    router.patch({ face: face === 'table' ? null : face });
  }

  select(selection: string[]): void {
    router.patch({ sel: selection.join(',') });
  }

  toggle(id: string, range: boolean): void {
    const ids = () => this.entries.flatMap((entry) => (entry.group === null ? [entry.id] : []));
    this.select(range ? extended(this.selection, ids(), this.#anchor, id) : toggled(this.selection, id));
    this.#anchor = id;
  }

  toggleAll(): void {
    this.select(this.selected.length === this.rows.length ? [] : this.rows.map((run) => run.id));
  }

  /** The runs of a group, folded or not. */
  membersAt(at: number): RunTableRow[] {
    return this.#members[at] ?? [];
  }

  toggleGroup(at: number): void {
    this.select(toggledAll(this.selection, this.membersAt(at).map((run) => run.id)));
  }

  fold(key: string): void {
    this.#folds = turned(this.#folds, key);
  }

  foldAll(folded: boolean): void {
    this.#folds = { all: folded, turned: new Set() };
  }

  /** Whether any group is open. */
  get open(): boolean {
    return this.entries.some((entry) => entry.group !== null && !entry.folded);
  }

  /** The group that a row of the table stands for, by its key; null where it is a run. */
  groupOf(id: string | null): { at: number; folded: boolean } | null {
    const at = this.groups.findIndex((group) => keyOf(group) === id);
    const entry = at < 0 ? undefined : this.entries.find((one) => one.id === id);
    return entry === undefined || entry.group === null ? null : { at, folded: entry.folded };
  }

  setColumns(names: readonly string[]): void {
    const text = formatNames(names);
    this.#keep(text);
    router.patch({ cols: text });
  }

  setGroup(names: readonly string[]): void {
    router.patch({ group: formatNames(names) });
  }

  /** A way of looking, in place of this one; Back leads here again. */
  show(view: Looking): void {
    const params = { ...paramsKept(router.params), ...paramsOf(view) };
    // One that chooses no columns shows those at first, and leaves alone what is kept for another time.
    router.go('runs', '', view.columns.length === 0 && this.#kept !== null ? { ...params, cols: DEFAULT_COLUMNS } : params);
  }

  sortBy(key: string, numeric: boolean): void {
    router.patch({ sort: nextSort(this.sort, key, numeric) });
  }

  #keep(cols: string | null): void {
    this.#kept = cols;
    if (cols === null) localStorage.removeItem(COLUMNS_KEY);
    else localStorage.setItem(COLUMNS_KEY, cols);
  }
}
