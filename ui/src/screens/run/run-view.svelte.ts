// What the run screen shows: the run, its step axis, and the frames of its charts. Created with the screen, ended with it.
import { untrack } from 'svelte';
import { METRIC, METRICS, backend, type Columns, type Panel, type RunDetail, type RunEvents, type SeriesAsk } from '$lib/backend';
import { Extremes } from '$lib/charts/extremes.svelte';
import { FrameFeed, HeatFeed } from '$lib/charts/frame-feed.svelte';
import { StepAxis } from '$lib/charts/step-axis.svelte';
import { XScale } from '$lib/charts/x-scale';
import { changes } from '$lib/state/changes.svelte';
import { Resource } from '$lib/state/resource.svelte';
import { router } from '$lib/state/router.svelte';
import type { Line } from '$lib/charts/series';
import { layerShort, telling } from '$lib/layers';
import { isScheduled, LAYER_METRICS, metricName, seriesOf } from '$lib/metrics';
import { waitShare } from './wait';
import { HEAT_CELLS, heatRows, metricsOf } from './heat-rows';

/** Colour and dash numbers of chosen layers after the network's first, which is always 2 and solid. */
const LAYER_SLOTS = [3, 6, 8, 10, 4, 5, 7, 9, 1];
export const MOST_LAYERS = LAYER_SLOTS.length + 1;
const OVERVIEW_COLUMNS = 1200;
const DETAIL_EVERY_MS = 500;
const WAIT = [METRIC.DataWaitSeconds, METRIC.StepSeconds];
/** Shown in the overview: the first that is recorded. */
const SUMMED_UP = [METRIC.ProbeTop1, METRIC.KnnTop1, METRIC.Loss];

/** Colour, dash and label of lines in the readout, by series. */
export type Looks = Record<string, Pick<Line, 'slot' | 'label' | 'solid'>>;

export class RunView {
  readonly id: string;
  readonly axis = new StepAxis(router);
  readonly extremes = new Extremes();
  readonly detail: Resource<RunDetail>;
  readonly frames = new FrameFeed();
  readonly heat = new HeatFeed();
  readonly events: Resource<RunEvents>;

  constructor(id: string) {
    this.id = id;
    const concerned = (detail: RunDetail | null) => [id, ...(detail?.probes ?? []).map((probe) => probe.id)];
    this.detail = new Resource(() => backend.rpc('run', { id }), (notice, detail) => concerned(detail).some((one) => notice.runs[one] !== undefined), DETAIL_EVERY_MS);
    this.extremes.about = () => {
      const run = this.detail.value?.run;
      return { title: run?.label ?? '', subtitle: run?.sweep_name ?? '', notes: [], runs: run === undefined ? [] : [run], part: 'shown' };
    };
    this.events = new Resource(() => backend.rpc('events', { id }), (notice) => notice.runs[id] !== undefined, DETAIL_EVERY_MS);
  }

  readonly names = $derived.by(() => new Set(this.detail.value?.series.map((one) => one.name) ?? []));

  /** The layers whose lines are drawn, in network order; from the address, else those that say most. */
  readonly layers = $derived.by<string[]>(() => {
    const all = this.detail.value?.layers ?? [];
    const asked = router.params['layers'];
    if (asked !== undefined) return all.filter((layer) => asked.split(',').includes(layer));
    return telling(all);
  });

  /** The network's first layer, in a list; empty where no layers are recorded. */
  readonly first = $derived.by(() => (this.detail.value?.layers ?? []).slice(0, 1));

  readonly frozenLayers = $derived.by(() => (this.detail.value?.run.parameters['frozen_patch_projection'] === true ? this.first : []));

  toggleLayer = (layer: string): void => {
    const chosen = this.layers.includes(layer) ? this.layers.filter((one) => one !== layer) : [...this.layers, layer].slice(-MOST_LAYERS);
    router.patch({ layers: chosen.length === 0 ? 'none' : chosen.join(',') });
  };

  /** Recorded metrics that stand alone and belong on a tab, but for those that it lays out by hand. */
  placed(panel: Panel, byHand: readonly string[]): string[] {
    return METRICS.filter((row) => row.panel === panel && row.of === 'run').map((row) => row.name).filter((name) => this.has(name) && !byHand.includes(name));
  }

  /** Set by a schedule and not measured: a moving average would only draw another schedule. */
  #scheduled(series: string): boolean {
    return isScheduled(series, this.detail.value?.series.find((one) => one.name === series)?.role ?? null);
  }

  has(series: string): boolean {
    return this.names.has(series);
  }

  /** A line as recorded, with its smoothed twin while smoothing is on and it is not a schedule's. */
  line(series: string, slot: number, width?: number): Line {
    return {
      key: series, label: metricName(series), slot, solid: true, ...(width === undefined ? {} : { width }),
      columns: this.frames.column(this.id, series), branches: this.frames.branches(this.id, series), smoothed: this.#smoothed(series, false),
    };
  }

  #smoothed(series: string, relative: boolean): Columns | null {
    return this.axis.smoothing > 0 && !this.#scheduled(series) ? this.frames.column(this.id, series, { relative, smooth: true }) : null;
  }

  /** Lines of the chosen layers from `kind/<layer>`, relative to their running medians or raw. */
  layerLines(kind: string, relative: boolean): Line[] {
    const [first] = this.first;
    const others = this.layers.filter((layer) => layer !== first);
    return this.layers.map((layer) => ({
      key: layer, label: layerShort(layer), solid: layer === first, width: layer === first ? 1.6 : 1.1,
      slot: layer === first ? 2 : LAYER_SLOTS[others.indexOf(layer) % LAYER_SLOTS.length] ?? 10,
      smoothed: this.#smoothed(seriesOf(kind, layer), relative),
      columns: this.frames.column(this.id, seriesOf(kind, layer), { relative }), branches: this.frames.branches(this.id, seriesOf(kind, layer), relative),
    }));
  }

  /** Where steps lie on x, from what the frames say; the overview knows the whole run, the others what is in view. */
  xScale(): XScale {
    void [this.frames.versionOf('run'), this.frames.version];
    return new XScale(this.axis.xKind, [this.whole(this.overviewSeries), this.whole(METRIC.Loss), this.frames.column(this.id, METRIC.Loss)]);
  }

  /** A series over the whole run, whatever the window. */
  whole(series: string): Columns | null {
    return this.frames.column(this.id, series, { span: 'run' });
  }

  /** The share of the newest steps that went into waiting for data; null where it is not recorded. */
  readonly waitShare = $derived.by(() => {
    void this.frames.versionOf('run');
    return waitShare(this.whole(METRIC.DataWaitSeconds), this.whole(METRIC.StepSeconds));
  });

  /** What the heat map shows, from the address: only where it has tools to change that, which is the tab of gradients. */
  readonly #heatTools = $derived(router.params['tab'] === 'gradients');
  readonly heatMetrics = $derived.by(() => metricsOf(this.detail.value?.series ?? []));
  readonly heatMetric = $derived((this.#heatTools ? LAYER_METRICS.find((metric) => metric === router.params['heat']) : undefined) ?? METRIC.LayerNorm);
  readonly heatCell = $derived((this.#heatTools ? HEAT_CELLS.find((cell) => cell === router.params['cell']) : undefined) ?? 'relative');
  readonly heatOpen = $derived(new Set((this.#heatTools ? router.params['open'] ?? '' : '').split(',').filter((layer) => layer !== '')));
  readonly heatRows = $derived.by(() => heatRows(this.heatMetric, this.detail.value?.layers ?? [], this.heatOpen, this.detail.value?.series ?? []));

  toggleOpen = (layer: string): void => {
    const open = this.heatOpen.has(layer) ? [...this.heatOpen].filter((one) => one !== layer) : [...this.heatOpen, layer];
    router.patch({ open: open.length === 0 ? null : open.join(',') });
  };

  cells = () => this.heat.answer;

  /** The series of the overview strip: accuracy where there is one, else the loss. */
  readonly overviewSeries = $derived(SUMMED_UP.find((name) => this.names.has(name)) ?? METRIC.Loss);

  /** What the open tab draws: raw series, and whether layers relative to their medians; for the readout. */
  shown = $state.raw<{ curves: string[]; relative: boolean; looks: Looks }>({ curves: [], relative: false, looks: {} });

  /** Asks for what is in view. `curves` are raw series, `relative` whether gradients relative to their medians are shown,
   * `looks` how a tab draws series that look otherwise elsewhere. */
  want(curves: string[], relative: boolean, looks: Looks = {}): void {
    const shown = { curves, relative, looks };
    if (JSON.stringify(shown) !== JSON.stringify(untrack(() => this.shown))) this.shown = shown;
    const columns = this.axis.columns;
    if (columns === 0 || this.detail.value === null) return;
    const [from, to] = this.axis.fitted ? [null, null] : this.axis.window;
    const runs = [this.id];
    const axis = this.axis.xKind;
    const asks: SeriesAsk[] = [...curves.map((name) => ({ name })), ...(relative ? this.layers.map((layer) => ({ name: seriesOf(METRIC.LayerNorm, layer), relative })) : [])];
    const smoothing = this.axis.smoothing;
    const smoothed = smoothing > 0 ? asks.filter((ask) => !this.#scheduled(ask.name)).map((ask) => ({ ...ask, smoothing })) : [];
    this.frames.want({ runs, series: [...asks.map((ask) => ({ ...ask, superseded: true })), ...smoothed], from, to, columns, axis, edges: true });
    if (relative && this.heatRows.length > 0) this.heat.want({ run: this.id, metric: this.heatMetric, layers: this.heatRows, cell: this.heatCell, from, to, columns });
    const whole = [...new Set([this.overviewSeries, METRIC.Loss, ...WAIT])].filter((name) => this.has(name)).map((name) => ({ name }));
    this.frames.want({ runs, series: whole, from: null, to: null, columns: OVERVIEW_COLUMNS, axis }, 'run');
  }

  /** The exact values at the crosshair, else at the last step, where a pixel column holds several steps. */
  wantExact(): void {
    const cross = this.axis.cross ?? this.axis.extent[1];
    if (this.detail.value === null) return;
    const { curves, relative } = this.shown;
    const layers = relative ? this.layers.map((layer) => ({ name: seriesOf(METRIC.LayerNorm, layer), relative })) : [];
    this.frames.want({ runs: [this.id], series: [...curves.map((name) => ({ name })), ...layers], from: cross, to: cross, columns: 1 }, 'cursor');
  }

  listen(): () => void {
    const undo = [
      this.detail.listen(),
      this.events.listen(),
      changes.subscribe((notice) => {
        if (notice.runs[this.id] === undefined) return;
        this.frames.refresh();
        this.heat.refresh();
      }),
    ];
    return () => {
      undo.forEach((end) => end());
      this.frames.end();
      this.heat.end();
      this.axis.release();
    };
  }
}
