// What Decide shows: the decision, the arms as their runs tell them, mean curves and single seeds. Thin: what can be worked out
// stands in pure modules beside it.
import { untrack } from 'svelte';
import { METRIC, asApiError, backend, type ApiError, type Arm, type ArmColumns, type ArmComparison, type DecideBy, type Decision, type JsonValue, type MoreRuns, type RunDetail, type RunsPage } from '$lib/backend';
import { Extremes } from '$lib/charts/extremes.svelte';
import { ArmFeed, FrameFeed } from '$lib/charts/frame-feed.svelte';
import type { Line } from '$lib/charts/series';
import { StepAxis } from '$lib/charts/step-axis.svelte';
import { number } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { rowOf } from '$lib/metrics';
import { changes } from '$lib/state/changes.svelte';
import { Resource } from '$lib/state/resource.svelte';
import { router } from '$lib/state/router.svelte';
import { armName, armsOf, meanColumns, openArm, pairRows, slotsOf, sorted, toQueue, type ArmRuns } from './decide';
import { asked, filterOf, inAnySpelling, question, scopeOf, spellings, written, type Asked } from './decide-address';
import { unitOf } from './decide-text';

/** What ended, failed or was queued asks again, at most so often: a decision reads whole series. */
const ASK_EVERY_MS = 2000;
/** Runs of which the arms are told before they are judged. */
const MOST_RUNS = 2000;
/** Curves that are shown where nothing can be decided: the first that the runs have. */
const USUAL: string[] = [METRIC.KnnTop1Fixed, METRIC.KnnTop1, METRIC.Loss];
const REFUSALS: string[] = ['invalid_input', 'not_found'];
/** Curves that the host makes of one question at most. */
const MOST_CURVES = 600;
/** Single seeds that are drawn of one arm. */
const MOST_SEEDS = 24;

export type Answer = {
  scope: string;
  /** In the host's own spelling of the baseline. */
  by: DecideBy;
  decision: Decision | null;
  /** As it would be without what was chosen by hand; null where nothing was. */
  declared: Decision | null;
  refusal: ApiError | null;
  arms: ArmRuns[];
  detail: RunDetail | null;
};

type Settled<T> = { value: T; error: null } | { value: null; error: ApiError };
const settled = <T>(asking: Promise<T>): Promise<Settled<T>> => asking.then((value) => ({ value, error: null }), (reason: unknown) => ({ value: null, error: asApiError(reason) }));

export class DecideView {
  readonly axis = new StepAxis(router);
  readonly extremes = new Extremes();
  readonly means = new ArmFeed();
  readonly seeds = new FrameFeed();
  readonly asked = $derived<Asked>(asked(router.params));
  readonly scope = $derived(scopeOf(this.asked));
  /** What the host is asked; which arm is looked at is no part of it. */
  readonly wanted = $derived(JSON.stringify(question(this.asked)));
  readonly #details = new Map<string, RunDetail>();
  readonly answer = new Resource<Answer | null>(() => this.#load(), (notice) => notice.overview, ASK_EVERY_MS);
  /** What would be queued for the open arm. */
  readonly more = new Resource<{ key: string; runs: MoreRuns } | null>(() => this.#dry(), () => false);
  #seed = $state<number | null>(null);
  /** The arms as soon as their runs are listed, which is before they are judged. */
  #listed = $state.raw<{ scope: string; arms: ArmRuns[]; sweeps: string[] } | null>(null);
  /** First and last step that any curve of a question was seen to have. */
  #seen: { scope: string; span: [number, number] } | null = null;

  /** The answer to this question; null while it is on its way. */
  readonly current = $derived(this.answer.value?.scope === this.scope ? this.answer.value : null);
  readonly decision = $derived(this.current?.decision ?? null);
  readonly refusal = $derived(this.current?.refusal ?? null);
  /** Baseline first where it is known. */
  readonly arms = $derived.by<{ value: JsonValue; text: string; name: string; slot: number; n: number | null; living: number; runs: string[]; base: boolean }[]>(() => {
    const found = this.current?.arms ?? (this.#listed?.scope === this.scope ? this.#listed.arms : []);
    const order = this.decision?.arms.map((arm) => arm.value) ?? found.map((arm) => arm.value);
    const slots = slotsOf(this.asked.by, order);
    return order.map((value, at) => {
      const text = written(value);
      const own = found.find((arm) => written(arm.value) === text);
      const judged = this.decision?.arms[at];
      return { value, text, name: armName(this.asked.by, value), slot: slots[at] ?? 0, n: judged?.n ?? null, living: judged?.on_the_way ?? own?.living ?? 0, runs: own?.runs ?? judged?.runs.map((run) => run.run) ?? [], base: judged !== undefined && at === 0 };
    });
  });
  /** Names of the sweeps that the runs are of. */
  readonly sweeps = $derived(this.#listed?.scope === this.scope ? this.#listed.sweeps : []);
  readonly base = $derived<Arm | null>(this.decision?.arms[0] ?? null);
  readonly forest = $derived(this.decision === null ? [] : sorted(this.decision));
  readonly selected = $derived<ArmComparison | null>(this.decision === null ? null : this.decision.comparisons.find((one) => written(one.arm) === this.asked.arm) ?? this.forest[0] ?? null);
  readonly arm = $derived<Arm | null>(this.armOf(this.selected));
  readonly rows = $derived(this.arm === null || this.base === null ? [] : pairRows(this.arm, this.base));
  readonly open = $derived(this.decision === null ? null : openArm(this.decision.comparisons, this.selected));
  /** What is compared; where nothing can be, what the curves show meanwhile. */
  readonly metric = $derived.by(() => {
    const has = (name: string) => (this.current?.detail?.series ?? []).some((one) => one.name === name && one.values > 0);
    const wanted = (this.asked.metric ?? '').replace(/\.(last|best|min|max|mean\d+)$/, '');
    return this.decision?.metric ?? [wanted, ...USUAL].find(has) ?? '';
  });
  /** Arms that are drawn with interval and single seeds: all where none can be compared. */
  readonly mains = $derived<JsonValue[]>(this.arm !== null && this.base !== null ? [this.arm.value, this.base.value] : this.arms.map((arm) => arm.value));
  readonly unit = $derived(unitOf(this.metric));
  /** Arms that are compared at all: those take a share of the level. */
  readonly tests = $derived((this.decision?.comparisons ?? []).filter((one) => one.verdict !== 'not_comparable').length);
  /** Metrics that runs of the baseline have and that are better one way or the other. */
  readonly metrics = $derived.by(() => {
    const names = (this.current?.detail?.series ?? []).filter((one) => one.values > 0).map((one) => one.name).filter((name) => rowOf(name)?.of === 'run' && rowOf(name)?.better !== 'neither');
    return this.metric === '' || names.includes(this.metric) ? names : [this.metric, ...names];
  });
  readonly moreKey = $derived(this.open === null ? '' : JSON.stringify([this.current?.by, this.open.arm, this.open.missing_pairs, this.open.pairs_on_the_way]));
  readonly moreRuns = $derived(this.more.value !== null && this.more.value.key === this.moreKey ? this.more.value.runs : null);

  armOf(one: ArmComparison | null): Arm | null {
    return one === null ? null : this.decision?.arms.find((arm) => written(arm.value) === written(one.arm)) ?? null;
  }

  nameOf(value: JsonValue): string {
    return armName(this.asked.by, value);
  }

  slotOf(value: JsonValue): number {
    return this.arms.find((arm) => arm.text === written(value))?.slot ?? 0;
  }

  /** The pair under the cursor; the first whole one where none was chosen. */
  get seed(): number | null {
    return this.rows.find((row) => row.seed === this.#seed)?.seed ?? this.rows.find((row) => row.difference !== null)?.seed ?? null;
  }

  chooseSeed(seed: number): void {
    this.#seed = seed;
  }

  select(value: JsonValue): void {
    router.patch({ arm: written(value) });
  }

  /** The next arm in the order of the chips; the baseline is none. */
  step(by: number): void {
    const all = this.decision?.comparisons ?? [];
    const at = all.findIndex((one) => one === this.selected);
    const next = all[(at + by + all.length) % all.length];
    if (next !== undefined) this.select(next.arm);
  }

  makeBaseline(): void {
    if (this.selected === null || this.base === null) return;
    router.patch({ base: written(this.selected.arm), arm: written(this.base.value) });
  }

  leaveOut(): void {
    if (this.selected === null || this.arms.length <= 2) return;
    router.patch({ out: JSON.stringify([...this.asked.out, this.selected.arm]), arm: null });
  }

  bringBack(value: JsonValue): void {
    const left = this.asked.out.filter((one) => written(one) !== written(value));
    router.patch({ out: left.length === 0 ? null : JSON.stringify(left) });
  }

  /** Runs of the pair under the cursor, and of up to `most` pairs: the change first. */
  runsOf(most: number): string[] {
    const whole = this.rows.filter((row) => row.arm !== null && row.base !== null);
    const chosen = [...whole.filter((row) => row.seed === this.seed), ...whole.filter((row) => row.seed !== this.seed)].slice(0, most);
    return chosen.flatMap((row) => [row.arm?.run ?? '', row.base?.run ?? '']);
  }

  /** Queues what the open arm lacks; null where that was refused. */
  async queue(): Promise<MoreRuns> {
    const [by, open] = [this.current?.by, this.open];
    if (by === undefined || open === null) throw new Error('no arm is open');
    const queued = await inAnySpelling(spellings(open.arm), (arm) => backend.rpc('pairs_more', { of: by, arm, pairs: open.missing_pairs ?? 1 }));
    this.answer.refresh();
    return queued;
  }

  #armCurve(value: JsonValue): ArmColumns | null {
    const place = this.arms.findIndex((arm) => arm.text === written(value));
    return this.means.answer?.series.find((one) => one.arm === place && one.name === this.metric && one.smoothing === 0) ?? null;
  }

  curveOf(value: JsonValue): ArmColumns | null {
    void this.means.version;
    return this.#armCurve(value);
  }

  /** Means with intervals of the selected arm and the baseline, those of others alone, and single seeds as ghosts. */
  lines(): Line[] {
    const full = [this.arm, this.base].filter((arm) => arm !== null);
    const names = this.mains.map(written);
    const line = (value: JsonValue, main: boolean): Line => {
      const curve = this.#armCurve(value);
      const columns = curve === null ? null : meanColumns(curve);
      return {
        key: `mean ${written(value)}`, label: t('decide.curve_n', { arm: this.nameOf(value), n: number(curve?.runs ?? 0) }), slot: this.slotOf(value), width: main ? 1.9 : 1,
        columns: columns?.mean ?? null, area: main ? columns?.band ?? null : null,
      };
    };
    const seeds = full.flatMap((arm) => arm.runs.slice(0, MOST_SEEDS).map((run): Line => ({
      key: run.run, label: t('decide.seed_of', { arm: this.nameOf(arm.value), seed: run.seed }), slot: this.slotOf(arm.value), solid: true, quiet: true, columns: this.seeds.column(run.run, this.metric),
    })));
    return [...this.mains.map((value) => line(value, true)), ...this.arms.filter((arm) => !names.includes(arm.text)).map((arm) => line(arm.value, false)), ...seeds];
  }

  setExtent(): void {
    void this.means.version;
    const frame = this.means.answer;
    const shown = this.current?.detail?.series.find((one) => one.name === this.metric);
    const spans: [number, number][] = [...(frame === null || frame.series.length === 0 ? [] : [[frame.from, frame.to] as [number, number]]), ...(shown === undefined ? [] : [[shown.first_step, shown.last_step] as [number, number]]), ...(this.#seen?.scope === this.scope ? [this.#seen.span] : [])];
    if (spans.length === 0) return;
    const span: [number, number] = [Math.min(...spans.map(([first]) => first)), Math.max(...spans.map(([, last]) => last))];
    this.#seen = { scope: this.scope, span };
    this.axis.setExtent(...span, span[1], this.arms.every((arm) => arm.living === 0));
  }

  want(): void {
    const columns = this.axis.columns;
    if (columns === 0 || this.metric === '') return;
    const [from, to] = this.axis.fitted ? [null, null] : this.axis.window;
    const series = [{ name: this.metric }];
    const most = Math.floor(MOST_CURVES / Math.max(1, this.arms.length));
    this.means.want({ arms: this.arms.map((arm) => arm.runs.slice(0, most)), series, from, to, columns });
    const runs = [this.arm, this.base].flatMap((arm) => arm?.runs.slice(0, MOST_SEEDS) ?? []).map((run) => run.run);
    this.seeds.want({ runs, series, from, to, columns, edges: true });
  }

  async #load(): Promise<Answer | null> {
    const one = untrack(() => this.asked);
    if (one.by.length === 0) return null;
    const scope = scopeOf(one);
    const listing = settled<RunsPage>(backend.rpc('runs', { where: filterOf(one), limit: MOST_RUNS })).then((listed) => {
      const arms = listed.error === null ? armsOf(one.by, listed.value.runs) : [];
      this.#listed = { scope, arms, sweeps: [...new Set((listed.value?.runs ?? []).flatMap((run) => run.sweep_name ?? []))] };
      return arms;
    });
    let by = question(one);
    const decide = async (): Promise<Decision> => {
      if (one.base === null) return backend.rpc('decide', by);
      const base = (await listing).find((arm) => written(arm.value) === one.base);
      return inAnySpelling(base === undefined ? [one.base] : spellings(base.value), (baseline) => {
        by = { ...by, baseline };
        return backend.rpc('decide', by);
      });
    };
    const [arms, decided] = await Promise.all([listing, settled(decide())]);
    // A question that cannot be answered is an answer; a host that cannot is none, and what was shown stays.
    if (decided.error !== null && !REFUSALS.includes(decided.error.code)) throw decided.error;
    const byHand = one.delta !== null || one.metric !== null;
    const plain = { ...question(one, true), ...(by.baseline === undefined ? {} : { baseline: by.baseline }) };
    const declared = byHand ? (await settled(backend.rpc('decide', plain))).value : null;
    return { scope, by, decision: decided.value, declared, refusal: decided.error, arms, detail: await this.#detail(decided.value, arms) };
  }

  /** Of one run of the baseline: what it recorded, and how far. */
  async #detail(decision: Decision | null, arms: ArmRuns[]): Promise<RunDetail | null> {
    const id = decision?.arms[0]?.runs.find((run) => run.value !== null)?.run ?? decision?.arms[0]?.runs[0]?.run ?? arms[0]?.runs[0];
    if (id === undefined) return null;
    const known = this.#details.get(id);
    if (known !== undefined) return known;
    const found = (await settled(backend.rpc('run', { id }))).value;
    if (found !== null) this.#details.set(id, found);
    return found;
  }

  async #dry(): Promise<{ key: string; runs: MoreRuns } | null> {
    const [key, open, by] = untrack(() => [this.moreKey, this.open, this.current?.by] as const);
    if (open === null || by === undefined || toQueue(open) === 0) return null;
    return { key, runs: await inAnySpelling(spellings(open.arm), (arm) => backend.rpc('pairs_more', { of: by, arm, pairs: open.missing_pairs ?? 1, dry: true })) };
  }

  listen(): () => void {
    const undo = [
      this.answer.listen(),
      changes.subscribe((notice) => {
        if (!this.arms.some((arm) => arm.runs.some((id) => notice.runs[id] !== undefined))) return;
        this.means.refresh();
        this.seeds.refresh();
      }),
    ];
    return () => {
      undo.forEach((end) => end());
      this.means.end();
      this.seeds.end();
      this.axis.release();
    };
  }
}
