// Draws the strip of a whole run on a surface: its curve, its events, what lies outside the window, and how far it has come.
import type { Columns } from '../backend/frame';
import { drawDips, markColour } from './plot-layers';
import { yRange } from './range';
import type { Mark } from './series';
import type { Box, Surface } from './surface';
import { labels, PX_PER_X_TICK, ticks } from './ticks';
import { isHair, trace } from './trace';
import type { XScale } from './x-scale';

export type OverviewView = {
  columns: Columns | null;
  /** What x counts, as in the charts below. */
  xScale: XScale;
  window: readonly [number, number];
  /** Steps of the whole run, and the last recorded one. */
  total: number;
  last: number;
  marks: Mark[];
  running: boolean;
  /** Values are shown times this (100 for percent). */
  scale: number;
  words: { x: string; now: string };
};

/** Margins of the plot. */
export const STRIP = { left: 34, right: 8, top: 5, bottom: 16 };
/** Where the line of now has no room for its word at its right. */
const WORD_PX = 40;

export function drawOverview(surface: Surface, view: OverviewView): void {
  if (surface.width < 80 || surface.height < 20) return;
  const { tokens } = surface;
  const right = surface.width - STRIP.right;
  const plot = { left: STRIP.left, top: STRIP.top, width: Math.max(1, right - STRIP.left), height: surface.height - STRIP.top - STRIP.bottom };
  const x = (step: number) => plot.left + view.xScale.position(step, all(view)) * plot.width;
  const upright = (pen: CanvasRenderingContext2D, at: number) => {
    pen.moveTo(at, plot.top);
    pen.lineTo(at, plot.top + plot.height);
  };
  const below = surface.height - STRIP.bottom + 3;
  for (const { at: share, text } of view.xScale.ticks(all(view), Math.max(2, Math.floor(plot.width / PX_PER_X_TICK))).ticks) {
    const at = surface.middle(plot.left + share * plot.width);
    surface.stroke({ colour: tokens.grid }, (pen) => upright(pen, at));
    if (at < right - Math.max(44, (view.words.x.length + 2) * 5.5)) surface.text(text, at, below, { colour: tokens.axis, align: 'center' });
  }
  surface.text(view.words.x, right, below, { colour: tokens.tx3, align: 'right' });
  const width = view.columns === null ? 1 : drawCurve(surface, view, view.columns, plot, x);
  const [from, to] = view.window;
  surface.fill(tokens.app, { ...plot, width: Math.max(0, x(from) - plot.left) }, 0.55);
  surface.fill(tokens.app, { ...plot, left: x(to), width: Math.max(0, right - x(to)) }, 0.55);
  for (const mark of view.marks) {
    if (mark.kind === 'dip' || mark.kind === 'checkpoint') continue;
    const at = x(mark.at);
    surface.shape(markColour(tokens, mark.kind), [[at - 3.5, plot.top], [at + 3.5, plot.top], [at, plot.top + 5]]);
  }
  if (!view.running || view.last <= 0) return;
  const now = x(view.last);
  surface.stroke({ colour: tokens.tx3, dash: [3, 3], width }, (pen) => upright(pen, now + 0.5));
  const atLeft = now > right - WORD_PX;
  surface.text(view.words.now, now + (atLeft ? -4 : 4), plot.top + 7, { colour: tokens.tx3, align: atLeft ? 'right' : 'left', baseline: 'middle' });
}

/** The window that holds the whole run. */
export const all = ({ total }: { total: number }): readonly [number, number] => [0, Math.max(1, total)];

/** Returns the width of its line. */
function drawCurve(surface: Surface, view: OverviewView, columns: Columns, plot: Box, x: (step: number) => number): number {
  const whole = all(view);
  const [low, high] = yRange([columns], whole, false);
  const y = (value: number) => plot.top + (1 - (value - low) / (high - low)) * plot.height;
  const marked = ticks(low * view.scale, high * view.scale, 2);
  const said = labels(marked);
  for (const [i, tick] of marked.entries()) {
    surface.text(said[i] ?? '', plot.left - 6, y(tick / view.scale), { colour: surface.tokens.axis, align: 'right', baseline: 'middle' });
  }
  drawDips(surface, view.marks, plot, x);
  const width = isHair(columns, whole, plot.width * surface.ratio, surface.ratio) ? 1 / surface.ratio : 1.3;
  surface.stroke({ colour: surface.category(1), width }, (pen) => void trace(columns, whole, x, y, pen));
  return width;
}
