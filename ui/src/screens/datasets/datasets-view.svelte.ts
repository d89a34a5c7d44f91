// What the data set page shows: the sets, the chosen one, and a page of its images with both augmented views. Set, split,
// place, epoch and augmentation are in the address; images are asked for only when one of them changes.
import { asApiError, backend, type ApiError, type DatasetInfo, type DatasetSamples } from '$lib/backend';
import { t } from '$lib/i18n/index.svelte';
import { number } from '$lib/format';
import { Resource } from '$lib/state/resource.svelte';
import { router } from '$lib/state/router.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { PAGE, samplesOf, type Place } from './place';

export class DatasetsView {
  readonly list = new Resource<DatasetInfo[]>(() => backend.rpc('datasets', {}), () => false);
  readonly name = $derived(router.route.arg);
  readonly place = $derived<Place>(router.params);
  readonly samples = new Resource<DatasetSamples | null>(
    async () => (this.current === null || this.current.problem !== null ? null : backend.rpc('dataset_samples', samplesOf(this.current.name, this.place))),
    () => false, 0,
  );
  /** Answers of checks, which the list does not repeat. */
  #checked = $state.raw<Record<string, DatasetInfo>>({});
  #busy = $state('');

  readonly sets = $derived((this.list.value ?? []).map((one) => this.#checked[one.name] ?? one));
  readonly current = $derived(this.sets.find((one) => one.name === this.name) ?? (this.name === '' ? this.sets[0] ?? null : null));
  /** The samples of the chosen set; those of another are out of date. */
  readonly shown = $derived(this.samples.value !== null && this.samples.value.name === this.current?.name ? this.samples.value : null);

  /** What is being done: `add`, or the name of the set that is read. */
  get busy(): string {
    return this.#busy;
  }

  /** Another place, split, epoch or augmentation; a new split begins anew. */
  patch(changes: Record<string, string | null>): void {
    router.patch('split' in changes ? { from: null, ...changes } : changes);
  }

  /** The next or previous page; from images spread over the whole set to the first ones. */
  turn(by: 1 | -1): void {
    const images = this.shown?.images ?? 0;
    const from = this.place.from === undefined ? (by > 0 ? 0 : Math.max(0, images - PAGE)) : Number(this.place.from) + by * PAGE;
    if (from >= 0 && from < images) this.patch({ from: String(from) });
    else if (from < 0 && this.place.from !== '0') this.patch({ from: '0' });
  }

  /** Null where it was added; else why not, for the form to say. */
  async add(name: string, path: string): Promise<ApiError | null> {
    this.#busy = 'add';
    let added: DatasetInfo;
    try {
      added = await backend.rpc('dataset_add', { name: name.trim(), path: path.trim() });
    } catch (reason) {
      return asApiError(reason);
    } finally {
      this.#busy = '';
    }
    toasts.say(t('datasets.added', { name: added.name, n: number(added.images) }));
    this.list.refresh();
    router.go('datasets', added.name);
    return null;
  }

  async check(name: string): Promise<void> {
    const found = await this.#during(name, () => backend.rpc('dataset_check', { name }));
    if (found === null) return;
    this.#checked = { ...this.#checked, [name]: found };
    if (found.problem === null) toasts.say(t('datasets.ok', { name, n: number(found.images) }));
    this.samples.refresh();
  }

  async remove(name: string): Promise<void> {
    const done = await this.#during(name, () => backend.rpc('dataset_remove', { name }).then(() => true));
    if (done === null) return;
    router.go('datasets');
    this.list.refresh();
  }

  async #during<T>(what: string, action: () => Promise<T>): Promise<T | null> {
    this.#busy = what;
    const answer = await toasts.attempt(action);
    this.#busy = '';
    return answer;
  }
}
