// The feeds of charts: curves cut into pixel columns, mean curves of arms, and heat maps of layers × steps. One feed holds all curves of a screen:
// its wishes say for each series whether it is wanted raw or relative to its median, smoothed, with what was superseded.
import { backend, find, type ApiError, type ArmFrame, type ArmsRequest, type Cells, type Columns, type Frame, type FrameRequest, type HeatmapRequest, type Way } from '$lib/backend';
import { Feed } from './feed.svelte';

/** What stretch of a run a wish is for: what charts show, the whole run, or the step at the crosshair. Each keeps its own pace, so
 * that a value at the crosshair does not wait for smoothed curves, nor a chart redraw because the crosshair moved. */
const SPANS = ['window', 'run', 'cursor'] as const;
export type Span = (typeof SPANS)[number];

/** Which of a series' curves: as it was asked for. */
export type Which = Way & { span?: Span };

class Curves extends Feed<FrameRequest, Frame> {
  constructor() {
    super((wish) => backend.series(wish), (wish) => wish.series.length === 0 || wish.runs.length === 0);
  }
}

export class FrameFeed {
  readonly #spans: Record<Span, Curves> = { window: new Curves(), run: new Curves(), cursor: new Curves() };

  /** Reactive: moves on when what charts show has changed. */
  get version(): number {
    return this.#spans.window.version;
  }

  get error(): ApiError | null {
    return this.#spans.window.error;
  }

  /** Reactive, as `version`, of another stretch. */
  versionOf(span: Span): number {
    return this.#spans[span].version;
  }

  want(wish: FrameRequest, span: Span = 'window'): void {
    this.#spans[span].want(wish);
  }

  /** The values in force. */
  column(run: string, name: string, { span = 'window', ...way }: Which = {}): Columns | null {
    return find(this.#spans[span].answer, run, name, way);
  }

  /** What later attempts have superseded of a series. */
  branches(run: string, name: string, relative = false): Columns[] {
    return this.#spans.window.answer?.series.filter((one) => one.run === run && one.name === name && one.superseded !== null && one.relative === relative) ?? [];
  }

  /** The one step that the values at the crosshair are of; null before they come. */
  get cursor(): number | null {
    return this.#spans.cursor.answer?.from ?? null;
  }

  /** The same questions again, because something was recorded. */
  refresh(): void {
    this.#spans.window.refresh();
    this.#spans.run.refresh();
  }

  end(): void {
    for (const span of SPANS) this.#spans[span].end();
  }
}

export class HeatFeed extends Feed<HeatmapRequest, Cells> {
  constructor() {
    super((wish) => backend.heatmap(wish), () => false);
  }
}

/** Mean curves, with the runs of each arm that they were asked of. */
export type ArmAnswer = ArmFrame & { arms: string[][] };

export class ArmFeed extends Feed<ArmsRequest, ArmAnswer> {
  constructor() {
    super(async (wish) => ({ ...await backend.arms(wish), arms: wish.arms }), (wish) => wish.arms.length === 0 || wish.series.length === 0);
  }
}
