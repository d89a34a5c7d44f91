// Draws accuracy against stability on a surface: rules and stops, runs small, means of cells large with the bars of their intervals. Words
// stand beside the picture.
import { corners } from '$lib/charts/shapes';
import type { Surface } from '$lib/charts/surface';
import { labels, PX_PER_X_TICK, PX_PER_Y_TICK, ticks } from '$lib/charts/ticks';
import { NUMBERS_END, xOf, yOf, type Geometry, type Mean, type Placed, type Scatter } from './scatter';

const [RUN, MEAN, RING, AXIS_PX] = [3.4, 5.6, 8, 10.5];

export type Words = { x: string; broken: string; unscored: string; times: number };
export type Marked = { cursor: string | null; run: string; cell: string };

/** Shape n in colour n; one of a cell that is not chosen stands back. */
function mark(surface: Surface, slot: number, x: number, y: number, radius: number, colour: string, alpha: number): void {
  const points = corners(slot, x, y, radius);
  surface.ctx.globalAlpha = alpha;
  if (points === null) surface.dot(colour, x, y, radius);
  else surface.shape(colour, points);
  surface.ctx.globalAlpha = 1;
}

function line(surface: Surface, colour: string, width: number, from: [number, number], to: [number, number], { dash = [], alpha = 1 }: { dash?: number[]; alpha?: number } = {}): void {
  surface.stroke({ colour, width, dash, alpha }, (pen) => {
    pen.moveTo(...from);
    pen.lineTo(...to);
  });
}

function axes(surface: Surface, geometry: Geometry, scatter: Scatter, words: Words): void {
  const { left, right, top, bottom } = geometry;
  const { grid, axis, line3, tx3 } = surface.tokens;
  const ys = ticks(scatter.low * words.times, scatter.high * words.times, (bottom - top) / PX_PER_Y_TICK);
  for (const [at, label] of labels(ys).entries()) {
    const y = surface.middle(yOf(geometry, scatter, (ys[at] ?? 0) / words.times));
    line(surface, grid, 1, [left, y], [right, y]);
    surface.text(label, NUMBERS_END, y, { colour: axis, px: AXIS_PX, align: 'right', baseline: 'middle' });
  }
  const xs = ticks(0, 1, (right - left) / PX_PER_X_TICK);
  const under = geometry.foot === null ? bottom : geometry.foot + 13;
  for (const [at, label] of labels(xs).entries()) {
    const x = surface.middle(xOf(geometry, xs[at] ?? 0));
    line(surface, grid, 1, [x, top], [x, bottom]);
    surface.text(label, x, under + 5, { colour: axis, px: AXIS_PX, align: 'center' });
  }
  surface.text(words.x, (left + right) / 2, under + 19, { colour: tx3, px: AXIS_PX, align: 'center' });
  if (geometry.foot !== null) {
    line(surface, line3, 1, [left, surface.middle(bottom)], [right, surface.middle(bottom)], { dash: [3, 3] });
    surface.text(words.broken, right, geometry.foot, { colour: surface.tokens.nan, px: AXIS_PX, align: 'right', baseline: 'middle' });
  }
  if (geometry.side !== null) {
    line(surface, line3, 1, [surface.middle(left), top], [surface.middle(left), bottom], { dash: [3, 3] });
    // Below the numbers, where nothing else stands.
    surface.text(words.unscored, Math.max(geometry.side, 4 + surface.measure(words.unscored, AXIS_PX) / 2), under + 19, { colour: tx3, px: AXIS_PX, align: 'center' });
  }
}

function bars(surface: Surface, geometry: Geometry, scatter: Scatter, mean: Mean, chosen: boolean): void {
  const [x, y] = [xOf(geometry, mean.x.mean), yOf(geometry, scatter, mean.y.mean)];
  const colour = surface.category(mean.slot);
  // Of many cells the bars are a background to their means.
  const look = [chosen ? 2 : 1, { alpha: chosen ? 1 : 0.5 }] as const;
  surface.within({ left: geometry.left, top: geometry.top, width: geometry.right - geometry.left, height: geometry.bottom - geometry.top }, () => {
    if (mean.y.interval !== null) line(surface, colour, look[0], [x, yOf(geometry, scatter, mean.y.interval[0])], [x, yOf(geometry, scatter, mean.y.interval[1])], look[1]);
    if (mean.x.interval !== null) line(surface, colour, look[0], [xOf(geometry, mean.x.interval[0]), y], [xOf(geometry, mean.x.interval[1]), y], look[1]);
  });
  mark(surface, mean.slot, x, y, MEAN + 1.6, surface.tokens.panel, 1);
  mark(surface, mean.slot, x, y, MEAN, colour, 1);
  // Two runs have no interval worth a bar: weaker evidence is hollow.
  if (mean.y.interval === null) mark(surface, mean.slot, x, y, MEAN - 2, surface.tokens.panel, 1);
  if (chosen) surface.stroke({ colour: surface.tokens.tx1, width: 1.5 }, (pen) => pen.arc(x, y, MEAN + 4, 0, 7));
}

export function drawScatter(surface: Surface, geometry: Geometry, scatter: Scatter, marks: readonly Placed[], words: Words, marked: Marked): void {
  axes(surface, geometry, scatter, words);
  const stands = (cell: string) => marked.cell === '' || marked.cell === cell;
  for (const { dot, x, y } of marks) {
    mark(surface, dot.slot, x, y, RUN, surface.category(dot.slot), stands(dot.cell) ? 0.75 : 0.22);
    // What is not a number is crossed out: its place says nothing.
    if (dot.stop === 'broken') {
      line(surface, surface.tokens.nan, 1.4, [x - 4, y - 4], [x + 4, y + 4]);
      line(surface, surface.tokens.nan, 1.4, [x - 4, y + 4], [x + 4, y - 4]);
    }
  }
  for (const mean of scatter.means) if (stands(mean.cell)) bars(surface, geometry, scatter, mean, marked.cell === mean.cell);
  for (const { dot, x, y } of marks) {
    const colour = dot.run.id === marked.cursor ? surface.tokens.focus : dot.run.id === marked.run ? surface.tokens.tx1 : null;
    if (colour !== null) surface.stroke({ colour, width: 2 }, (pen) => pen.arc(x, y, RING, 0, 7));
  }
}
