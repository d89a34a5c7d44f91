// Accuracy against stability: a mark for every run, and none left out. What failed or is not a number stands at the foot, what has no
// score at the left, each at a stop of its own with its count; means of cells have the host's intervals. Pure.
import type { MapMean, MapRun } from '$lib/backend';
import { recorded } from '$lib/format';
import { keyOf, type Layout } from './map';
import { isBroken } from './measure';
import { slotOf } from './said';

/** Where a run stands: in the plane, at the foot, or at the left. */
export type Stop = 'plane' | 'broken' | 'unscored';
/** `cell` is the name of its cell; `x` and `y` count where its stop has that axis. */
export type Dot = { run: MapRun; cell: string; slot: number; stop: Stop; x: number; y: number };
export type Mean = { cell: string; slot: number; x: MapMean; y: MapMean };
export type Scatter = {
  dots: Dot[]; means: Mean[];
  broken: number; unscored: number;
  /** Runs without a value of the metric so far. */
  waiting: number;
  low: number; high: number;
};

/** Runs over two axes, their facet as colour and shape. Whoever has no place on the map has none here either. */
export function scatterOf(layout: Layout): Scatter {
  const [dots, means]: [Dot[], Mean[]] = [[], []];
  let waiting = 0;
  for (const panel of layout.bands.flatMap((band) => band.panels)) {
    const slot = slotOf(layout, panel.facet);
    for (const { of, runs } of panel.cells) {
      if (of === null) continue;
      const cell = keyOf(of);
      for (const run of runs) {
        const y = recorded(run.metric);
        const dot = { run, cell, slot, x: run.score ?? NaN, y: y ?? NaN };
        if (isBroken(run)) dots.push({ ...dot, stop: 'broken' });
        else if (y === null) waiting += 1;
        else dots.push({ ...dot, stop: run.score === null ? 'unscored' : 'plane' });
      }
      // One run is its own mean.
      if (of.metric !== null && of.score !== null && of.metric.n > 1 && of.score.n > 1) means.push({ cell, slot, x: of.score, y: of.metric });
    }
  }
  const ys = [...dots.filter((dot) => dot.stop !== 'broken').map((dot) => dot.y), ...means.flatMap((mean) => mean.y.interval ?? [])];
  const [least, most] = ys.length === 0 ? [0, 1] : [Math.min(...ys), Math.max(...ys)];
  const air = most > least ? (most - least) * 0.06 : Math.max(Math.abs(most) * 0.05, 1e-6);
  const count = (stop: Stop) => dots.filter((dot) => dot.stop === stop).length;
  return { dots, means, broken: count('broken'), unscored: count('unscored'), waiting, low: least - air, high: most + air };
}

/** Edges of the plane, and the middles of both stops; null for a stop without a run. */
export type Geometry = { left: number; right: number; top: number; bottom: number; foot: number | null; side: number | null };

// As wide as the longest number with an exponent.
const [AXIS_LEFT, AXIS_BOTTOM, AIR, STOP] = [58, 34, 12, 30];
/** Where the numbers of the upright axis end. */
export const NUMBERS_END = AXIS_LEFT - 6;

export function geometryOf(scatter: Scatter, width: number, height: number): Geometry {
  const [side, foot] = [scatter.unscored > 0 ? STOP : 0, scatter.broken > 0 ? STOP : 0];
  return {
    left: AXIS_LEFT + side, right: width - AIR, top: AIR, bottom: height - AXIS_BOTTOM - foot,
    side: side === 0 ? null : AXIS_LEFT + side / 2 - 2, foot: foot === 0 ? null : height - AXIS_BOTTOM - foot / 2 + 2,
  };
}

export type Placed = { dot: Dot; x: number; y: number };

/** Scores lie between 0 and 1 whatever the runs are: maps can be compared by eye. */
export const xOf = ({ left, right }: Geometry, score: number): number => left + 8 + score * (right - left - 16);
export const yOf = ({ top, bottom }: Geometry, { low, high }: Scatter, value: number): number => bottom - ((value - low) / (high - low)) * (bottom - top);

/** Farther apart than this, marks at the foot would look like values. */
const FOOT_PX = 14;

/** Every mark with its place, from left to right, those at the foot last: the order of the arrow keys. */
export function placed(scatter: Scatter, geometry: Geometry): Placed[] {
  const inside = scatter.dots.filter((dot) => dot.stop !== 'broken').map((dot): Placed => ({ dot, x: dot.stop === 'plane' ? xOf(geometry, dot.x) : geometry.side ?? 0, y: yOf(geometry, scatter, dot.y) }));
  inside.sort((a, b) => a.x - b.x || a.y - b.y);
  const broken = scatter.dots.filter((dot) => dot.stop === 'broken').sort((a, b) => a.slot - b.slot);
  const gap = Math.min(FOOT_PX, (geometry.right - geometry.left) / Math.max(1, broken.length));
  return [...inside, ...broken.map((dot, at): Placed => ({ dot, x: geometry.left + gap * (at + 0.5), y: geometry.foot ?? 0 }))];
}

/** The mark nearest to a place, no farther than `most` pixels. */
export function nearest(marks: readonly Placed[], x: number, y: number, most: number): Placed | null {
  let [found, least]: [Placed | null, number] = [null, most];
  for (const mark of marks) {
    const far = Math.hypot(mark.x - x, mark.y - y);
    if (far <= least) [found, least] = [mark, far];
  }
  return found;
}

/** The mark that an arrow key leads to; the first one where none is chosen yet. */
export function stepped(marks: readonly Placed[], run: string | null, code: string): Placed | null {
  const at = marks.findIndex((mark) => mark.dot.run.id === run);
  const last = marks.length - 1;
  const next = code === 'Home' ? 0 : code === 'End' ? last : at < 0 ? 0 : at + (code === 'ArrowRight' || code === 'ArrowDown' ? 1 : -1);
  return marks[Math.min(last, Math.max(0, next))] ?? null;
}
