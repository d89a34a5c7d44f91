// What Decide and the means of arms show: the decision, the arms, and curves of them. Thin: what can be worked out stands in pure
// modules beside it.
import { untrack } from 'svelte';
import { METRIC, asApiError, backend, type ApiError, type Arm, type ArmComparison, type DecideBy, type Decision, type FigureDecision, type JsonValue, type MoreRuns, type RunDetail } from '$lib/backend';
import { StepAxis } from '$lib/charts/step-axis.svelte';
import type { Line } from '$lib/charts/series';
import { rowOf, seriesOf } from '$lib/metrics';
import { parameterName } from '$lib/words';
import { changes } from '$lib/state/changes.svelte';
import { Resource } from '$lib/state/resource.svelte';
import { router } from '$lib/state/router.svelte';
import { ArmCurves, type Shown } from './arm-curves.svelte';
import { armName, armShort, armsOf, openArm, pairRows, slotsOf, sorted, toQueue, type ArmRuns } from './decide';
import { asked, filterOf, question, scopeOf, type Asked } from './decide-address';
import { decisionOf } from './decide-figure';
import { changesOf, unitOf } from './decide-text';

/** What ended, failed or was queued asks again, at most so often: a decision reads whole series. */
const ASK_EVERY_MS = 2000;
/** Runs of which the arms are told before they are judged. */
const MOST_RUNS = 2000;
/** Curves that are shown where nothing can be decided: the first that the runs have. */
const USUAL: string[] = [METRIC.KnnTop1Fixed, METRIC.KnnTop1, METRIC.Loss];
const REFUSALS: string[] = ['invalid_input', 'not_found'];

export type Answer = { scope: string; by: DecideBy; decision: Decision | null; refusal: ApiError | null; detail: RunDetail | null };
/** As its chip shows it: `text` is its value as the host writes it. */
export type ShownArm = { value: JsonValue; text: string; name: string; short: string; slot: number; n: number | null; living: number; runs: { run: string; seed: number }[]; base: boolean };

type Settled<T> = { value: T; error: null } | { value: null; error: ApiError };
const settled = <T>(asking: Promise<T>): Promise<Settled<T>> => asking.then((value) => ({ value, error: null }), (reason: unknown) => ({ value: null, error: asApiError(reason) }));

export class DecideView {
  readonly axis = new StepAxis(router);
  readonly curves = new ArmCurves(this.axis);
  readonly asked = $derived<Asked>(asked(router.params));
  readonly scope = $derived(scopeOf(this.asked));
  /** What the host is asked; which arm is looked at is no part of it. */
  readonly wanted = $derived(JSON.stringify(question(this.asked)));
  readonly #details = new Map<string, RunDetail>();
  readonly answer = new Resource<Answer | null>(() => this.#load(), (notice) => notice.overview, ASK_EVERY_MS);
  /** What would be queued for the open arm. */
  readonly more = new Resource<{ key: string; runs: MoreRuns } | null>(() => this.#dry(), () => false);
  #seed = $state<number | null>(null);
  /** The arms as soon as their runs are listed, where they are not judged: not yet, or never. */
  #listed = $state.raw<{ scope: string; arms: ArmRuns[] } | null>(null);
  /** First and last step that any curve of a question was seen to have. */
  #seen: { scope: string; span: [number, number] } | null = null;

  /** The answer to this question; null while it is on its way. */
  readonly current = $derived(this.answer.value?.scope === this.scope ? this.answer.value : null);
  readonly decision = $derived(this.current?.decision ?? null);
  readonly refusal = $derived(this.current?.refusal ?? null);
  readonly detail = $derived(this.current?.detail ?? null);
  /** Baseline first where it is known. */
  readonly arms = $derived.by<ShownArm[]>(() => {
    const judged = this.decision?.arms.map((arm, at) => ({ value: arm.value, text: arm.written, n: arm.n, living: arm.on_the_way, runs: arm.runs.map(({ run, seed }) => ({ run, seed })), base: at === 0 }));
    const found = judged ?? (this.#listed?.scope === this.scope ? this.#listed.arms : []).map((arm) => ({ ...arm, n: null, base: false }));
    const slots = slotsOf(this.asked.by, found.map((arm) => arm.value));
    return found.map((arm, at) => ({ ...arm, name: armName(this.asked.by, arm.value), short: armShort(this.asked.by, arm.value), slot: slots[at] ?? 0 }));
  });
  readonly base = $derived<Arm | null>(this.decision?.arms[0] ?? null);
  readonly forest = $derived(this.decision === null ? [] : sorted(this.decision));
  readonly selected = $derived<ArmComparison | null>(this.decision === null ? null : this.decision.comparisons.find((one) => one.written === this.asked.arm) ?? this.forest[0] ?? null);
  readonly arm = $derived<Arm | null>(this.armOf(this.selected));
  readonly rows = $derived(this.arm === null || this.base === null ? [] : pairRows(this.arm, this.base));
  readonly open = $derived(this.decision === null ? null : openArm(this.decision.comparisons, this.selected));
  /** What is compared; where nothing can be, what the curves show meanwhile. */
  readonly metric = $derived.by(() => {
    const has = (name: string) => (this.detail?.series ?? []).some((one) => one.name === name && one.values > 0);
    const wanted = (this.asked.metric ?? '').replace(/\.(last|best|min|max|mean\d+)$/, '');
    return this.decision?.metric ?? [wanted, ...USUAL].find(has) ?? '';
  });
  readonly unit = $derived(unitOf(this.metric));
  /** Arms that are compared at all: those take a share of the level. */
  readonly tests = $derived((this.decision?.comparisons ?? []).filter((one) => one.verdict !== 'not_comparable').length);
  /** Metrics that runs of the baseline have and that are better one way or the other. */
  readonly metrics = $derived.by(() => {
    const names = (this.detail?.series ?? []).filter((one) => one.values > 0).map((one) => one.name).filter((name) => rowOf(name)?.of === 'run' && rowOf(name)?.better !== 'neither');
    return this.metric === '' || names.includes(this.metric) ? names : [this.metric, ...names];
  });
  readonly means = $derived(router.params['mode'] === 'mean');
  readonly layer = $derived((this.detail?.layers ?? []).find((one) => one === router.params['layer']) ?? this.detail?.layers[0] ?? '');
  /** What is drawn: in Decide the metric alone. */
  readonly charts = $derived.by(() => {
    if (this.metric === '') return [];
    const more = this.means ? [METRIC.Loss, METRIC.LearningRate, ...(this.layer === '' ? [] : [seriesOf(METRIC.LayerNorm, this.layer)])] : [];
    return [...new Set<string>([this.metric, ...more])];
  });
  /** Decide has the selected arm and the baseline with interval and single seeds, where it can compare any; else all have. */
  readonly shown = $derived.by<Shown[]>(() => {
    const mains = this.means || this.arm === null || this.base === null ? null : [this.arm.written, this.base.written];
    const all = this.arms.map((arm) => ({ arm, main: mains === null || mains.includes(arm.text) }));
    const first = (one: Shown) => (one.arm.text === this.arm?.written ? 0 : one.main ? 1 : 2);
    return mains === null ? all : all.sort((a, b) => first(a) - first(b));
  });
  /** What was changed by hand after looking, in sentences. */
  readonly changed = $derived(this.decision === null ? [] : changesOf(this.decision, this.unit, this.asked));
  /** For the name of a file, and whether there is anything to write. */
  readonly exported = $derived(this.charts.length === 0 ? [] : this.arms.flatMap((arm) => arm.runs.map(({ run }) => ({ id: run, label: arm.name }))));
  readonly moreKey = $derived(this.open === null ? '' : JSON.stringify([this.current?.by, this.open.written, this.open.missing_pairs, this.open.pairs_on_the_way]));
  readonly moreRuns = $derived(this.more.value !== null && this.more.value.key === this.moreKey ? this.more.value.runs : null);

  constructor() {
    this.curves.extremes.about = () => ({
      title: this.detail?.run.sweep_name ?? '', subtitle: this.asked.by.map(parameterName).join(', '), notes: this.means ? [] : this.changed, runs: this.exported, part: this.means ? 'mean' : 'decide',
    });
  }

  /** For figures: the question whose answer is shown, with names and words; null while none is. */
  get figure(): FigureDecision | null {
    return this.current === null ? null : decisionOf({ by: this.current.by, unit: this.unit, arms: this.arms });
  }

  armOf(one: ArmComparison | null): Arm | null {
    return one === null ? null : this.decision?.arms.find((arm) => arm.written === one.written) ?? null;
  }

  nameOf(value: JsonValue): string {
    return armName(this.asked.by, value);
  }

  slotOf(text: string | undefined): number {
    return this.arms.find((arm) => arm.text === text)?.slot ?? 0;
  }

  /** The pair under the cursor; the first whole one where none was chosen. */
  get seed(): number | null {
    return this.rows.find((row) => row.seed === this.#seed)?.seed ?? this.rows.find((row) => row.difference !== null)?.seed ?? null;
  }

  chooseSeed(seed: number): void {
    this.#seed = seed;
  }

  select(text: string): void {
    router.patch({ arm: text });
  }

  /** The next arm in the order of the chips; the baseline is none. */
  step(by: number): void {
    const all = this.decision?.comparisons ?? [];
    const at = all.findIndex((one) => one === this.selected);
    const next = all[(at + by + all.length) % all.length];
    if (next !== undefined) this.select(next.written);
  }

  makeBaseline(): void {
    if (this.selected === null || this.base === null) return;
    router.patch({ base: this.selected.written, arm: this.base.written });
  }

  leaveOut(): void {
    if (this.selected === null || this.arms.length <= 2) return;
    router.patch({ out: JSON.stringify([...this.asked.out, this.selected.arm]), arm: null });
  }

  bringBack(value: JsonValue): void {
    const left = this.asked.out.filter((one) => JSON.stringify(one) !== JSON.stringify(value));
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
    const queued = await backend.rpc('pairs_more', { of: by, arm: open.written, pairs: open.missing_pairs ?? 1 });
    this.answer.refresh();
    return queued;
  }

  lines(name = this.metric): Line[] {
    return this.curves.lines(this.shown, name);
  }

  setExtent(): void {
    const [span, recorded] = [this.curves.span, (this.detail?.series ?? []).filter((one) => one.values > 0 && this.charts.includes(one.name))];
    const spans: [number, number][] = [...(span === null ? [] : [span]), ...recorded.map((one): [number, number] => [one.first_step, one.last_step]), ...(this.#seen?.scope === this.scope ? [this.#seen.span] : [])];
    if (spans.length === 0) return;
    const all: [number, number] = [Math.min(...spans.map(([first]) => first)), Math.max(...spans.map(([, last]) => last))];
    this.#seen = { scope: this.scope, span: all };
    this.axis.setExtent(...all, all[1], this.arms.every((arm) => arm.living === 0));
  }

  want(): void {
    this.curves.want(this.shown, this.charts);
  }

  async #load(): Promise<Answer | null> {
    const one = untrack(() => this.asked);
    if (one.by.length === 0) return null;
    const [scope, by] = [scopeOf(one), question(one)];
    const deciding = settled(backend.rpc('decide', by));
    const list = async () => {
      const listed = (await settled(backend.rpc('runs', { where: filterOf(one), limit: MOST_RUNS }))).value;
      this.#listed = { scope, arms: armsOf(one.by, listed?.runs ?? []) };
    };
    const first = untrack(() => this.decision) === null;
    if (first) await list();
    const { value: decision, error } = await deciding;
    // A question that cannot be answered is an answer; a host that cannot is none, and what was shown stays.
    if (error !== null && !REFUSALS.includes(error.code)) throw error;
    if (error !== null && !first) await list();
    return { scope, by, decision, refusal: error, detail: await this.#detail(decision) };
  }

  /** Of one run of the baseline: what it recorded, and how far. */
  async #detail(decision: Decision | null): Promise<RunDetail | null> {
    const runs = decision?.arms[0]?.runs;
    const id = runs?.find((run) => run.value !== null)?.run ?? runs?.[0]?.run ?? untrack(() => this.#listed)?.arms[0]?.runs[0]?.run;
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
    return { key, runs: await backend.rpc('pairs_more', { of: by, arm: open.written, pairs: open.missing_pairs ?? 1, dry: true }) };
  }

  listen(): () => void {
    const undo = [
      this.answer.listen(),
      changes.subscribe((notice) => {
        if (this.arms.some((arm) => arm.runs.some(({ run }) => notice.runs[run] !== undefined))) this.curves.refresh();
      }),
    ];
    return () => {
      undo.forEach((end) => end());
      this.curves.end();
    };
  }
}
