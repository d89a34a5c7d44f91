// What the live screen shows: the overview, and small curves of the runs in sight, asked for at most once a second.
import { backend, type Columns, type Overview, type Run } from '$lib/backend';
import { FrameFeed } from '$lib/charts/frame-feed.svelte';
import { changes } from '$lib/state/changes.svelte';
import { Resource } from '$lib/state/resource.svelte';

const SPARK_COLUMNS = 96;
const SPARKS_EVERY_MS = 1000;
/** The gradient that moves first, by the paper's finding. */
const FIRST_LAYER = 'grad_norm/patch_embed';

export class LiveView {
  readonly overview = new Resource<Overview>(() => backend.rpc('overview', {}), () => true);
  readonly curves = new FrameFeed();
  readonly gradients = new FrameFeed();
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Runs whose small curves are shown. */
  readonly sparked = $derived.by<string[]>(() => {
    const value = this.overview.value;
    if (value === null) return [];
    return [...value.active, ...value.ended].filter((run) => run.progress.step > 0).map((run) => run.id);
  });

  want(): void {
    const ask = { runs: this.sparked, from: null, to: null, columns: SPARK_COLUMNS, smoothing: 0 };
    this.curves.want({ ...ask, series: ['knn_top1', 'loss'], relative: false });
    this.gradients.want({ ...ask, series: [FIRST_LAYER], relative: true });
  }

  /** kNN where there is one, else the loss. */
  curve = (run: Run): Columns | null => this.curves.column(run.id, 'knn_top1') ?? this.curves.column(run.id, 'loss');
  gradient = (run: Run): Columns | null => this.gradients.column(run.id, FIRST_LAYER);

  listen(): () => void {
    const undo = [
      this.overview.listen(),
      changes.subscribe((notice) => {
        const active = this.overview.value?.active ?? [];
        if (this.#timer !== null || !active.some((run) => notice.runs[run.id] !== undefined)) return;
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.curves.refresh();
          this.gradients.refresh();
        }, SPARKS_EVERY_MS);
      }),
    ];
    return () => {
      undo.forEach((end) => end());
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.curves.end();
      this.gradients.end();
    };
  }
}
