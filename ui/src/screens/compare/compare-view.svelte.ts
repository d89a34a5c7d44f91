// What the compare screen shows: the comparison, each run's events and layers, and one frame of curves for all of them.
import { untrack } from 'svelte';
import { METRIC, backend, type Comparison, type EventInfo, type RunDetail, type Stability } from '$lib/backend';
import { Extremes } from '$lib/charts/extremes.svelte';
import { FrameFeed, HeatFeed } from '$lib/charts/frame-feed.svelte';
import { isScheduled, rowOf, seriesOf } from '$lib/metrics';
import { yRange, type Range } from '$lib/charts/range';
import type { Line } from '$lib/charts/series';
import { StepAxis } from '$lib/charts/step-axis.svelte';
import { t } from '$lib/i18n/index.svelte';
import { changes } from '$lib/state/changes.svelte';
import { Resource } from '$lib/state/resource.svelte';
import { router } from '$lib/state/router.svelte';
import { hasEnded } from '$lib/ui/run-state';
import { letter, MOST_COLUMNS, parseRuns, slots } from './compare';
import { aggregate, groups } from './group';

const ASK_EVERY_MS = 1000;
export const CURVES: string[] = [METRIC.KnnTop1, METRIC.Loss, METRIC.LearningRate];
/** What stands first where no sweep says what it is after: the first that every run has. */
const USUAL: string[] = [METRIC.KnnTop1Fixed, METRIC.KnnTop1, METRIC.Loss];
/** Runs beside each other, over each other, or the mean of each group over its seeds. */
export const MODES = ['columns', 'overlay', 'mean'] as const;
export type Mode = (typeof MODES)[number];

type Answer = { comparison: Comparison; details: RunDetail[]; events: EventInfo[][]; stability: Stability[] };

export class CompareView {
  readonly axis = new StepAxis(router);
  readonly extremes = new Extremes();
  readonly frames = new FrameFeed();
  /** One heat map a run, made when it is first shown. */
  readonly #heats = new Map<string, HeatFeed>();
  readonly ids = $derived(parseRuns(router.params['runs']));
  /** More than can stand beside each other. */
  readonly many = $derived(this.ids.length > MOST_COLUMNS);
  readonly answer = new Resource<Answer | null>(async () => {
    const ids = this.ids;
    if (ids.length === 0) return null;
    // Of many runs events would hide the curves, and what a few recorded stands for the others.
    const [some, told] = this.many ? [ids.slice(0, MOST_COLUMNS), []] : [ids, ids];
    const [comparison, details, events] = await Promise.all([
      backend.rpc('compare', { ids }), Promise.all(some.map((id) => backend.rpc('run', { id }))), Promise.all(told.map((id) => backend.rpc('events', { id }))),
    ]);
    return { comparison, details, events: events.map((one) => one.events), stability: events.map((one) => one.stability) };
  }, (notice) => this.ids.some((id) => notice.runs[id] !== undefined), ASK_EVERY_MS);

  readonly comparison = $derived(this.answer.value?.comparison ?? null);
  readonly details = $derived(this.answer.value?.details ?? []);
  readonly events = $derived(this.answer.value?.events ?? []);
  readonly stability = $derived(this.answer.value?.stability ?? []);
  readonly runs = $derived(this.comparison?.runs ?? []);
  /** Colours of the runs: where means are shown, each has its group's. */
  readonly slots = $derived.by(() => (this.means ? this.runs.map((_, index) => this.groupSlots[this.groups.findIndex((group) => group.runs.includes(index))] ?? 0) : slots(this.runs)));
  readonly mode = $derived.by<Mode>(() => {
    const asked = MODES.find((mode) => mode === router.params['mode']) ?? 'columns';
    return asked === 'columns' && this.many ? 'overlay' : asked;
  });
  readonly overlay = $derived(this.mode !== 'columns');
  readonly means = $derived(this.mode === 'mean');
  readonly groups = $derived(groups(this.runs));
  readonly groupSlots = $derived(slots(this.groups.flatMap((group) => this.runs[group.runs[0] ?? 0] ?? [])));
  /** Whether any group has more than one seed. */
  readonly grouped = $derived(this.groups.some((group) => group.runs.length > 1));
  /** Index of the run that the others are measured against; the last one where none is chosen. */
  readonly baseline = $derived.by(() => {
    const chosen = this.runs.findIndex((run) => run.id === router.params['base']);
    return chosen < 0 ? Math.max(0, this.runs.length - 1) : chosen;
  });
  /** The run, or the group of runs, that a line is measured against. */
  readonly against = $derived((this.means ? this.groups.find((group) => group.runs.includes(this.baseline))?.key : this.runs[this.baseline]?.id) ?? null);
  /** What the sweeps of the runs are after, else the first that every run has. */
  readonly objective = $derived.by(() => {
    const has = (name: string | null): name is string => name !== null && this.runs.length > 0 && this.runs.every((run) => run.metrics[name] !== undefined);
    return [this.comparison?.objective ?? null, ...USUAL].find(has) ?? METRIC.KnnTop1;
  });
  /** Metrics that any run has and that are better one way or the other: what the first of the charts over each other can show. */
  readonly metrics = $derived([...new Set(this.runs.flatMap((run) => Object.keys(run.metrics)))].filter((name) => rowOf(name)?.of === 'run' && rowOf(name)?.better !== 'neither').sort());
  readonly metric = $derived(this.metrics.find((name) => name === router.params['metric']) ?? this.objective);
  /** Layers of any run, in the order of the network that has most. */
  readonly layers = $derived(this.details.reduce<string[]>((most, one) => (one.layers.length > most.length ? one.layers : most), []));
  readonly layer = $derived(this.layers.find((one) => one === router.params['layer']) ?? this.layers[0] ?? '');
  /** What is drawn over each other. */
  readonly overlaid = $derived([...new Set<string>([this.metric, METRIC.Loss, METRIC.LearningRate, ...(this.layer === '' ? [] : [seriesOf(METRIC.LayerNorm, this.layer)])])]);

  constructor() {
    // The host, which draws figures, knows how sure a mean is.
    this.extremes.about = () => ({ title: this.sweeps, subtitle: '', notes: this.means ? [t('compare.figure_means')] : [], runs: this.runs, part: this.mode });
  }

  /** Names of the sweeps that the runs are of. */
  readonly sweeps = $derived([...new Set(this.runs.map((run) => run.sweep_name).filter((name) => name !== null))].join(' · '));

  setRuns(ids: string[], more: Record<string, string | null> = {}): void {
    router.patch({ runs: ids.join(','), ...more });
  }

  line(index: number, series: string, alone = false): Line {
    const run = this.runs[index];
    const id = run?.id ?? '';
    return {
      key: id, label: `${letter(index)} ${run?.label ?? ''}`, short: letter(index), slot: this.slots[index] ?? 0, solid: alone, width: (this.slots[index] ?? 0) === 0 ? 1 : 1.5,
      columns: this.frames.column(id, series), smoothed: this.axis.smoothing > 0 && !isScheduled(series) ? this.frames.column(id, series, { smooth: true }) : null,
    };
  }

  lines(series: string): Line[] {
    return this.means ? this.groupLines(series) : this.runs.map((_, index) => this.line(index, series));
  }

  /** The mean of each group over the band of its runs. A group of one is its run. */
  groupLines(series: string): Line[] {
    return this.groups.map((group, index) => {
      const runs = group.runs.map((at) => this.runs[at]?.id ?? '');
      const over = (smooth: boolean) => {
        const columns = runs.map((id) => this.frames.column(id, series, { smooth })).filter((one) => one !== null);
        return columns.length < runs.length ? null : aggregate(columns);
      };
      const found = over(false);
      const smoothed = this.axis.smoothing > 0 && !isScheduled(series) ? over(true)?.mean ?? null : null;
      return { key: group.key, label: `${group.label} · n = ${runs.length}`, slot: this.groupSlots[index] ?? index + 1, width: 1.8, columns: smoothed ?? found?.mean ?? null, area: runs.length > 1 ? found?.band ?? null : null, ...(runs.length > 1 ? { meanOf: runs } : {}) };
    });
  }

  /** The other run of a pair, as a ghost in its own colour. */
  behind(index: number, series: string): Line[] {
    return this.runs.length === 2 ? [{ ...this.line(1 - index, series), quiet: true, width: 1 }] : [];
  }

  heatOf(run: string): HeatFeed {
    let heat = this.#heats.get(run);
    // A feed has reactive parts, which must not belong to whoever asks first.
    if (heat === undefined) this.#heats.set(run, (heat = untrack(() => new HeatFeed())));
    return heat;
  }

  /** One y range for the same chart of every run, so that columns can be compared by eye. */
  shared(series: string, include: number[] = []): Range {
    const columns = this.runs.flatMap((run) => [this.frames.column(run.id, series)]).filter((one) => one !== null);
    return yRange(columns, this.axis.window, series === METRIC.Loss && this.axis.logY, include);
  }

  setExtent(): void {
    const series = this.details.flatMap((one) => one.series).filter((one) => one.values > 0);
    // Not all of many runs are known by their series.
    const last = Math.max(0, ...series.map((one) => one.last_step), ...(this.many ? this.runs.map((run) => run.progress.step - 1) : []));
    this.axis.setExtent(Math.min(...series.map((one) => one.first_step), last), last, Math.max(0, ...this.runs.map((run) => run.progress.total_steps)), this.runs.every((run) => hasEnded(run.state)));
  }

  want(): void {
    const columns = this.axis.columns;
    if (columns === 0 || this.runs.length === 0) return;
    const [from, to] = this.axis.fitted ? [null, null] : this.axis.window;
    const runs = this.runs.map((run) => run.id);
    const series = this.overlay ? this.overlaid : [...new Set<string>([...CURVES, this.metric])];
    const smoothing = this.axis.smoothing;
    const smoothed = smoothing > 0 ? series.filter((name) => !isScheduled(name)).map((name) => ({ name, smoothing })) : [];
    this.frames.want({ runs, series: [...series.map((name) => ({ name })), ...smoothed], from, to, columns, edges: true });
    if (this.overlay) return;
    for (const run of runs) this.heatOf(run).want({ run, metric: METRIC.LayerNorm, layers: [], cell: 'relative', from, to, columns });
  }

  listen(): () => void {
    const undo = [
      this.answer.listen(),
      changes.subscribe((notice) => {
        if (!this.ids.some((id) => notice.runs[id] !== undefined)) return;
        this.frames.refresh();
        if (!this.overlay) for (const id of this.ids) if (notice.runs[id] !== undefined) this.#heats.get(id)?.refresh();
      }),
    ];
    return () => {
      undo.forEach((end) => end());
      for (const feed of [this.frames, ...this.#heats.values()]) feed.end();
      this.axis.release();
    };
  }
}
