// What the live screen shows: the overview, and small curves of its runs. Those of running runs are asked for again at
// most once a second; those of ended runs only when other runs have ended.
import { backend, type Columns, type Overview, type Run } from '$lib/backend';
import { FrameFeed } from '$lib/charts/frame-feed.svelte';
import { changes } from '$lib/state/changes.svelte';
import { Resource } from '$lib/state/resource.svelte';

const OVERVIEW_EVERY_MS = 400;
const SPARK_COLUMNS = 96;
const SPARKS_EVERY_MS = 1000;
/** The gradient that moves first, by the paper's finding. */
const FIRST_LAYER = 'grad_norm/patch_embed';

/** Small curves of a set of runs. */
class Sparks {
  readonly #curves = new FrameFeed();
  readonly #gradients = new FrameFeed();

  /** Reactive: moves when either kind of curve has come. */
  get version(): number {
    return this.#curves.version + this.#gradients.version;
  }

  want(runs: Run[]): void {
    const ids = runs.filter((run) => run.progress.step > 0).map((run) => run.id);
    const ask = { runs: ids, from: null, to: null, columns: SPARK_COLUMNS, smoothing: 0 };
    this.#curves.want({ ...ask, series: ['knn_top1', 'loss'], relative: false });
    this.#gradients.want({ ...ask, series: [FIRST_LAYER], relative: true });
  }

  refresh(): void {
    this.#curves.refresh();
    this.#gradients.refresh();
  }

  /** kNN where there is one, else the loss. */
  curve = (run: Run): Columns | null => this.#curves.column(run.id, 'knn_top1') ?? this.#curves.column(run.id, 'loss');
  gradient = (run: Run): Columns | null => this.#gradients.column(run.id, FIRST_LAYER);

  end(): void {
    this.#curves.end();
    this.#gradients.end();
  }
}

export type { Sparks };

export class LiveView {
  readonly overview = new Resource<Overview>(() => backend.rpc('overview', {}), () => true, OVERVIEW_EVERY_MS);
  readonly active = new Sparks();
  readonly ended = new Sparks();
  #timer: ReturnType<typeof setTimeout> | null = null;

  want(): void {
    const value = this.overview.value;
    if (value === null) return;
    this.active.want(value.active);
    this.ended.want(value.ended);
  }

  listen(): () => void {
    const undo = [
      this.overview.listen(),
      changes.subscribe((notice) => {
        const active = this.overview.value?.active ?? [];
        if (this.#timer !== null || !active.some((run) => notice.runs[run.id] !== undefined)) return;
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.active.refresh();
        }, SPARKS_EVERY_MS);
      }),
    ];
    return () => {
      undo.forEach((end) => end());
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.active.end();
      this.ended.end();
    };
  }
}
