// What the Runs screen shows: the runs that the address's query finds, and which of them are chosen. Query, order and
// choice live in the address, so that reload and Back restore them.
import { backend, type RunsPage } from '$lib/backend';
import { Resource } from '$lib/state/resource.svelte';
import { router } from '$lib/state/router.svelte';

const EVERY_MS = 1000;

export class RunsView {
  readonly page = new Resource<RunsPage>(
    () => backend.rpc('runs', { where: this.query, sort: this.sort, limit: null, offset: null }),
    (notice) => notice.overview || Object.keys(notice.runs).length > 0,
    EVERY_MS,
  );

  get query(): string {
    return router.params['where'] ?? '';
  }

  get sort(): string {
    return router.params['sort'] ?? '';
  }

  readonly chosen = $derived<string[]>((router.params['runs'] ?? '').split(',').filter((id) => id !== ''));

  ask(query: string): void {
    router.patch({ where: query.trim() });
    this.page.refresh();
  }

  /** Sorts by a key; once more reverses, a third time takes the order away. */
  sortBy(key: string): void {
    router.patch({ sort: nextSort(this.sort, key) });
    this.page.refresh();
  }

  toggle(id: string): void {
    const chosen = this.chosen.includes(id) ? this.chosen.filter((one) => one !== id) : [...this.chosen, id];
    router.patch({ runs: chosen.join(',') });
  }

  choose(ids: string[]): void {
    router.patch({ runs: ids.join(',') });
  }
}

/** Greatest first, then least first, then none. */
export function nextSort(sort: string, key: string): string | null {
  if (sort === `-${key}`) return key;
  return sort === key ? null : `-${key}`;
}
