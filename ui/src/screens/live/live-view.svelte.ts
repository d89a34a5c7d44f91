// What the live screen shows: the overview, and small curves of its runs. Those of running runs are asked for again at
// most once a second; those of ended runs only when other runs have ended.
import { untrack } from 'svelte';
import { METRIC, backend, type Columns, type Overview, type Run, type SeriesAsk } from '$lib/backend';
import { FrameFeed } from '$lib/charts/frame-feed.svelte';
import { changes } from '$lib/state/changes.svelte';
import { seriesOf } from '$lib/metrics';
import { Resource } from '$lib/state/resource.svelte';

const OVERVIEW_EVERY_MS = 400;
const SPARK_COLUMNS = 96;
const SPARKS_EVERY_MS = 1000;
/** The gradient that moves first, by the paper's finding; null where it is not recorded. */
export const firstNorm = (run: Run): string | null => (run.first_layer === null ? null : seriesOf(METRIC.LayerNorm, run.first_layer));

/** What the small curves of some runs need. */
function asked(runs: readonly Run[]): SeriesAsk[] {
  const norms = [...new Set(runs.map(firstNorm))].filter((name) => name !== null);
  return [{ name: METRIC.KnnTop1 }, ...norms.map((name) => ({ name, relative: true }))];
}

/** Small curves of a set of runs. */
export class Sparks {
  /** By total steps: over the range of a long run, a short one would have a column or two; runs of equal length share the steps
   * of a column. */
  #groups = $state.raw<ReadonlyMap<number, FrameFeed>>(new Map());
  /** Versions of groups that have ended: the sum never falls back to one that was drawn. */
  #past = 0;

  /** Reactive: moves when a curve has come. */
  get version(): number {
    return [...this.#groups.values()].reduce((sum, group) => sum + group.version, this.#past);
  }

  want(runs: Run[]): void {
    const lengths = new Map<number, Run[]>();
    for (const run of runs) {
      if (run.progress.step > 0) lengths.set(run.progress.total_steps, [...(lengths.get(run.progress.total_steps) ?? []), run]);
    }
    // Whoever wants curves does not want them again because they have come; nor does it own the feeds.
    untrack(() => {
      const before = this.#groups;
      const now = new Map([...lengths.keys()].map((total) => [total, before.get(total) ?? new FrameFeed()]));
      for (const [total, group] of before) {
        if (now.has(total)) continue;
        this.#past += group.version + 1;
        group.end();
      }
      if (now.size !== before.size || [...now.keys()].some((total) => !before.has(total))) this.#groups = now;
      for (const [total, group] of now) {
        const members = lengths.get(total) ?? [];
        group.want({ runs: members.map((run) => run.id), series: asked(members), from: null, to: null, columns: SPARK_COLUMNS });
      }
    });
  }

  refresh(): void {
    for (const group of this.#groups.values()) group.refresh();
  }

  /** Of kNN accuracy; none before the first evaluation. */
  curve = (run: Run): Columns | null => {
    const feed = this.#groups.get(run.progress.total_steps);
    return feed?.column(run.id, METRIC.KnnTop1) ?? null;
  };
  gradient = (run: Run): Columns | null => this.#groups.get(run.progress.total_steps)?.column(run.id, firstNorm(run) ?? '', { relative: true }) ?? null;

  end(): void {
    for (const group of this.#groups.values()) group.end();
  }
}

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
