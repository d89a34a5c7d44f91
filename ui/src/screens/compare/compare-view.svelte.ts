// What the Compare screen shows: the runs of the address side by side on one step axis. The first one is what the
// others are measured against.
import { backend, type Columns, type Comparison, type RunDetail } from '$lib/backend';
import { Extremes } from '$lib/charts/extremes.svelte';
import { FrameFeed } from '$lib/charts/frame-feed.svelte';
import type { Line } from '$lib/charts/series';
import { StepAxis } from '$lib/charts/step-axis.svelte';
import { changes } from '$lib/state/changes.svelte';
import { Resource } from '$lib/state/resource.svelte';
import { router } from '$lib/state/router.svelte';

export const MOST_RUNS = 6;
const CURVES = ['loss', 'knn_top1', 'learning_rate'];
const EVERY_MS = 1000;

export class CompareView {
  readonly axis = new StepAxis(router);
  readonly extremes = new Extremes();
  readonly curves = new FrameFeed();
  readonly relative = new FrameFeed();

  readonly ids = $derived<string[]>((router.params['runs'] ?? '').split(',').filter((id) => id !== '').slice(0, MOST_RUNS));

  readonly comparison = new Resource<Comparison | null>(
    () => (this.ids.length === 0 ? Promise.resolve(null) : backend.rpc('compare', { ids: this.ids })),
    (notice) => this.ids.some((id) => notice.runs[id] !== undefined),
    EVERY_MS,
  );
  /** Layers come from the runs themselves; runs of one screen mostly share them. */
  readonly details = new Resource<RunDetail[]>(
    () => Promise.all(this.ids.map((id) => backend.rpc('run', { id }))),
    (notice, value) => value === null && this.ids.some((id) => notice.runs[id] !== undefined),
    EVERY_MS,
  );

  get overlay(): boolean {
    return router.params['mode'] === 'overlay';
  }

  setRuns(ids: string[]): void {
    router.patch({ runs: ids.join(',') });
    this.comparison.refresh();
    this.details.refresh();
  }

  layersOf(id: string): string[] {
    return this.details.value?.find((detail) => detail.run.id === id)?.layers ?? [];
  }

  relativeOf = (id: string, layer: string): Columns | null => this.relative.column(id, `grad_norm/${layer}`);

  /** One run's line; frozen is always colour 1 and learned colour 2 in a pair, else one colour a run. */
  line(id: string, series: string): Line {
    const runs = this.comparison.value?.runs ?? [];
    const place = runs.findIndex((run) => run.id === id);
    return {
      key: id, label: runs[place]?.label ?? id, slot: slotOf(runs.map((run) => run.parameters['frozen_patch_projection'] === true), place),
      width: 1.5, columns: this.curves.column(id, series),
    };
  }

  want(): void {
    const columns = this.axis.columns;
    if (columns === 0 || this.comparison.value === null) return;
    const [from, to] = this.axis.fitted ? [null, null] : this.axis.window;
    const at = { runs: this.ids, from, to, columns, smoothing: 0 };
    this.curves.want({ ...at, series: CURVES, relative: false });
    const layers = [...new Set(this.ids.flatMap((id) => this.layersOf(id)))];
    this.relative.want({ ...at, series: layers.map((layer) => `grad_norm/${layer}`), relative: true });
  }

  listen(): () => void {
    const undo = [
      this.comparison.listen(),
      this.details.listen(),
      changes.subscribe((notice) => {
        if (!this.ids.some((id) => notice.runs[id] !== undefined)) return;
        this.curves.refresh();
        this.relative.refresh();
      }),
    ];
    return () => {
      undo.forEach((end) => end());
      this.curves.end();
      this.relative.end();
      this.axis.release();
    };
  }
}

/** Two runs of which one is frozen: frozen 1, learned 2. Otherwise colours in order. */
export function slotOf(frozen: boolean[], place: number): number {
  const pair = frozen.length === 2 && frozen[0] !== frozen[1];
  return pair ? (frozen[place] === true ? 1 : 2) : place + 1;
}
