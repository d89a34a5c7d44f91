// The feeds of charts: curves cut into pixel columns, and heat maps of layers × steps.
import { backend, find, type Cells, type Columns, type Frame, type FrameRequest, type HeatmapRequest } from '$lib/backend';
import { Feed } from './feed.svelte';

export class FrameFeed extends Feed<FrameRequest, Frame> {
  constructor() {
    super((wish) => backend.series(wish), (wish) => wish.series.length === 0 || wish.runs.length === 0);
  }

  column(run: string, name: string): Columns | null {
    return find(this.answer, run, name);
  }

  /** What later attempts have superseded of a series. */
  branches(run: string, name: string): Columns[] {
    return this.answer?.series.filter((one) => one.run === run && one.name === name && one.superseded !== null) ?? [];
  }
}

export class HeatFeed extends Feed<HeatmapRequest, Cells> {
  constructor() {
    super((wish) => backend.heatmap(wish), () => false);
  }
}
