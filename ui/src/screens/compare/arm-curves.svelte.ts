// Curves of arms: the means that the host makes over their seeds, and single seeds as ghosts. Nothing is averaged here. A mean is
// found by the runs that it was asked of, since arms change their places while an answer is on its way.
import { untrack } from 'svelte';
import type { ArmColumns } from '$lib/backend';
import { Extremes } from '$lib/charts/extremes.svelte';
import { ArmFeed, FrameFeed } from '$lib/charts/frame-feed.svelte';
import type { Line } from '$lib/charts/series';
import type { StepAxis } from '$lib/charts/step-axis.svelte';
import { number } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { isScheduled } from '$lib/metrics';
import { meanColumns } from './decide';

/** Curves that the host makes of one question at most. */
const MOST_CURVES = 4000;
/** Single seeds are drawn of arms with at most so many, and of all arms together. */
export const MOST_SEEDS = 24;
const MOST_GHOSTS = 96;

/** An arm as its curves need it. `n`: seeds with a value, before a mean over them has come. */
export type Drawable = { text: string; name: string; short?: string; slot: number; n: number | null; runs: readonly { run: string; seed: number }[] };
/** `main`: with interval and single seeds; the means of others stand alone. */
export type Shown = { arm: Drawable; main: boolean };

export class ArmCurves {
  readonly extremes = new Extremes();
  readonly means = new ArmFeed();
  readonly seeds = new FrameFeed();
  readonly axis: StepAxis;
  /** The arms that are wanted now. */
  #arms = $state.raw<string[][]>([]);

  constructor(axis: StepAxis) {
    this.axis = axis;
  }

  /** Reactive: moves on when anything that is drawn has changed; 0 before there is anything to draw. */
  get version(): number {
    return this.ready ? this.means.version + this.seeds.version : 0;
  }

  get error() {
    return this.means.error ?? this.seeds.error;
  }

  /** Means and single seeds of these arms have come: they are shown together, so that no y range is of one of them alone. */
  get ready(): boolean {
    if (this.means.version === 0 || (this.seeds.version === 0 && this.seeds.error === null)) return false;
    const [wanted, answer] = [this.#arms, this.means.answer];
    return wanted.length === 0 || answer === null || answer.arms.some(([first]) => wanted.some((runs) => first !== undefined && runs.includes(first)));
  }

  /** First and last step that the means are of. */
  get span(): [number, number] | null {
    void this.means.version;
    const answer = this.means.answer;
    return answer === null || answer.series.length === 0 ? null : [answer.from, answer.to];
  }

  /** The mean of one series over the runs of an arm; null until it comes. */
  curveOf({ runs }: Pick<Drawable, 'runs'>, name: string): ArmColumns | null {
    void this.version;
    if (!this.ready) return null;
    const answer = this.means.answer;
    const place = answer?.arms.findIndex((asked) => runs.some(({ run }) => run === asked[0])) ?? -1;
    return (place < 0 ? null : answer?.series.find((one) => one.arm === place && one.name === name)) ?? null;
  }

  want(shown: readonly Shown[], names: readonly string[]): void {
    const { axis } = this;
    if (axis.columns === 0 || names.length === 0) return;
    const [from, to] = axis.fitted ? [null, null] : axis.window;
    const most = Math.max(1, Math.floor(MOST_CURVES / Math.max(1, shown.length * names.length)));
    const series = names.map((name) => ({ name, ...(axis.smoothing > 0 && !isScheduled(name) ? { smoothing: axis.smoothing } : {}) }));
    const arms = shown.filter(({ arm }) => arm.runs.length > 0).map(({ arm }) => arm.runs.slice(0, most).map(({ run }) => run));
    if (JSON.stringify(arms) !== JSON.stringify(untrack(() => this.#arms))) this.#arms = arms;
    this.means.want({ arms, series, from, to, columns: axis.columns });
    const runs = ghosts(shown).flatMap((arm) => arm.runs.map(({ run }) => run));
    this.seeds.want({ runs, series: names.map((name) => ({ name })), from, to, columns: axis.columns, edges: true });
  }

  lines(shown: readonly Shown[], name: string): Line[] {
    const means = shown.map(({ arm, main }): Line => {
      const curve = this.curveOf(arm, name);
      const columns = curve === null ? null : meanColumns(curve);
      return {
        key: arm.text, label: t('decide.curve_n', { arm: arm.name, n: number(curve?.runs ?? arm.n ?? arm.runs.length) }), short: arm.short ?? arm.name, slot: arm.slot, width: main ? 1.9 : 1,
        columns: columns?.mean ?? null, area: main ? columns?.band ?? null : null, meanOf: arm.runs.map(({ run }) => run),
      };
    });
    const single = !this.ready ? [] : ghosts(shown).flatMap((arm) => arm.runs.map(({ run, seed }): Line => ({
      key: run, label: t('decide.seed_of', { arm: arm.name, seed }), slot: arm.slot, solid: true, quiet: true, columns: this.seeds.column(run, name),
    })));
    return [...means, ...single];
  }

  refresh(): void {
    this.means.refresh();
    this.seeds.refresh();
  }

  end(): void {
    this.means.end();
    this.seeds.end();
    this.axis.release();
  }
}

/** The arms of which single seeds are drawn: those before all together are too many. */
export function ghosts(shown: readonly Shown[]): Drawable[] {
  let left = MOST_GHOSTS;
  return shown.flatMap(({ arm, main }) => {
    if (!main || arm.runs.length > MOST_SEEDS || arm.runs.length > left) return [];
    left -= arm.runs.length;
    return [arm];
  });
}
