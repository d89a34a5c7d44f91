// Draws a line chart on a surface: axes, grid, and lines traced so that every stored extreme is on it. Layers, lowest first:
// shading, band, grid, event ticks, lines, values that are not finite, labels.
import type { Columns } from '../backend/frame';
import { drawBandLabels, drawMarks, drawShades } from './plot-layers';
import { geometryOf, type Geometry, type View } from './plot-view';
import { branchesOf, type Line } from './series';
import type { Surface } from './surface';
import { decadeLabels, labels, PX_PER_X_TICK, PX_PER_Y_TICK, ruled } from './ticks';
import { ALL, hairAt, isBand, isHair, nonfiniteSteps, trace, type Drawn } from './trace';

/** A line of so few values shows a dot at each. */
const FEW = 12;
const AXIS_FONT_PX = 10.5;
/** From the plot to the numbers of an axis. */
const [X_GAP, Y_GAP] = [5, 6];
/** The cross of values that are not finite: half its width, and its middle above the plot's lower edge. */
const [CROSS, CROSS_ABOVE] = [2.6, 5];

type Trace = { line: Line; columns: Columns | null; ghost: boolean };

/** Ghosts first: superseded branches, and raw lines where smoothed ones lie above. Later lines lie below earlier ones. */
function traces(lines: Line[]): Trace[] {
  const back = [...lines].reverse();
  const branches = back.flatMap((line) => branchesOf(line).map((columns) => ({ line, columns, ghost: true })));
  const ghosts = back.filter((line) => line.smoothed).map((line) => ({ line, columns: line.columns, ghost: true }));
  const all = back.map((line) => ({ line, columns: line.smoothed ?? line.columns, ghost: line.quiet ?? false }));
  return [...branches, ...ghosts, ...all.filter((one) => one.ghost), ...all.filter((one) => !one.ghost)];
}

/** Says how many of the extremes in view it drew. */
export function drawLines(surface: Surface, view: View): Drawn {
  const at = geometryOf(view, surface.width, surface.height);
  drawShades(surface, view, at);
  drawXAxis(surface, view, at);
  drawYAxis(surface, view, at);
  drawMarks(surface, view, at);
  const tally: Drawn = { drawn: 0, of: 0 };
  for (const one of traces(view.lines)) {
    const { drawn, of } = drawTrace(surface, view, at, one);
    tally.drawn += drawn;
    tally.of += of;
  }
  for (const line of view.lines) {
    drawNonfinite(surface, view, at, line);
    drawFew(surface, view, at, line);
  }
  drawBandLabels(surface, view, at);
  if (view.showX) surface.text(view.xTitle, at.left + at.width, at.top + at.height + X_GAP, { colour: surface.tokens.tx3, px: AXIS_FONT_PX, align: 'right' });
  return tally;
}

function drawXAxis(surface: Surface, view: View, { left, top, width, height }: Geometry): void {
  const shown = view.scale.ticks(view.window, Math.max(2, Math.floor(width / PX_PER_X_TICK))).ticks;
  // The title stands at the right end; labels that would run into it are left out.
  const taken = (view.xTitle.length + 2) * AXIS_FONT_PX * 0.6;
  for (const { at, text } of view.showX ? shown : []) {
    if (at * width + text.length * AXIS_FONT_PX * 0.3 > width - taken) continue;
    surface.text(text, surface.whole(left + width * at), surface.whole(top + height) + X_GAP, { colour: surface.tokens.axis, px: AXIS_FONT_PX, align: 'center' });
  }
  surface.stroke({ colour: surface.tokens.grid }, (pen) => {
    for (const { at } of shown) {
      const x = surface.middle(left + width * at);
      pen.moveTo(x, surface.middle(top));
      pen.lineTo(x, surface.middle(top + height));
    }
  });
}

function drawYAxis(surface: Surface, view: View, { left, width, height, y }: Geometry): void {
  const count = Math.max(2, Math.floor(height / PX_PER_Y_TICK));
  const splits = ruled(view.y, count, view.log, view.times);
  (view.format ?? (view.log ? decadeLabels : labels))(splits).forEach((text, i) => {
    surface.text(text, surface.whole(left) - Y_GAP, surface.whole(y(splits[i] ?? NaN)), { colour: surface.tokens.axis, px: AXIS_FONT_PX, align: 'right', baseline: 'middle' });
  });
  surface.stroke({ colour: surface.tokens.grid }, (pen) => {
    for (const value of splits) {
      pen.moveTo(surface.middle(left), surface.middle(y(value)));
      pen.lineTo(surface.middle(left + width), surface.middle(y(value)));
    }
  });
}

function drawTrace(surface: Surface, view: View, at: Geometry, { line, columns, ghost }: Trace): Drawn {
  if (columns === null) return { drawn: 0, of: 0 };
  const hair = isHair(columns, view.window, at.width * surface.ratio, surface.ratio);
  const width = hair ? 1 / surface.ratio : ghost ? 1 : line.width ?? 1.4;
  const dash = line.solid || line.slot === 0 || (hair && isBand(columns, (value) => at.y(value) * surface.ratio)) ? [] : surface.tokens.dashes[line.slot - 1] ?? [];
  // A hair between two columns of pixels would be half as dark in both.
  const x = hair ? (step: number) => hairAt(at.x(step) * surface.ratio, at.left * surface.ratio) / surface.ratio : at.x;
  const by = surface.nudge(width);
  let tally: Drawn = { drawn: 0, of: 0 };
  surface.ctx.save();
  surface.ctx.translate(by, by);
  surface.within({ left: at.left - width / 2, top: at.top - width / 2, width: at.width + width, height: at.height + width }, () => {
    surface.stroke({ colour: surface.category(line.slot), width, dash, alpha: ghost ? 0.35 : 1, join: 'round' }, (pen) => {
      tally = trace(columns, view.window, x, at.y, pen, ALL, (y) => y >= at.top - 1 && y <= at.top + at.height + 1);
    });
  });
  surface.ctx.restore();
  return tally;
}

function drawNonfinite(surface: Surface, view: View, at: Geometry, { columns }: Line): void {
  if (columns === null) return;
  const y = at.top + at.height - CROSS_ABOVE;
  surface.stroke({ colour: surface.tokens.nan, width: 1.6, join: 'round' }, (pen) => {
    for (const step of nonfiniteSteps(columns, view.window)) {
      const x = at.x(step);
      pen.moveTo(x - CROSS, y - CROSS);
      pen.lineTo(x + CROSS, y + CROSS);
      pen.moveTo(x + CROSS, y - CROSS);
      pen.lineTo(x - CROSS, y + CROSS);
    }
  });
}

/** Dots where a line has few values: one value has no line at all. */
function drawFew(surface: Surface, { window: [from, to] }: View, at: Geometry, line: Line): void {
  const shown = line.columns === null ? null : line.smoothed ?? line.columns;
  if (shown === null || line.quiet || shown.step.filter((step) => step >= from && step <= to).length > FEW) return;
  shown.step.forEach((step, i) => {
    const y = at.y(shown.last[i] ?? NaN);
    if (step >= from && step <= to && y >= at.top - 1 && y <= at.top + at.height + 1) surface.dot(surface.category(line.slot), at.x(step), y, 2);
  });
}
