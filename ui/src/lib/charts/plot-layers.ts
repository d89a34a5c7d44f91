// The layers under and over the lines of a chart: dip shading, the loss band, ticks of events, their labels.
import '../language-tag';
import uPlot from 'uplot';
import type { Tokens } from '../theme/tokens.svelte';
import type { View } from './line-plot';
import type { Columns } from '../backend/frame';
import type { Line, Mark } from './series';

/** Two bands over each other can still be told apart. */
const AREA_ALPHA = 0.16;

export function markColour(tokens: Tokens, kind: string): string {
  if (kind === 'dip') return tokens.dip;
  if (kind === 'collapse') return tokens.collapse;
  if (kind === 'nonfinite') return tokens.nan;
  if (kind === 'stalled') return tokens.stalled;
  return kind === 'spike' || kind === 'shock' ? tokens.spike : tokens.tx3;
}

/** Checkpoints are listed, not drawn: they would cover the chart. */
export function isDrawn(mark: Mark): boolean {
  return mark.kind !== 'checkpoint';
}

function geometry(u: uPlot, view: Pick<View, 'window' | 'scale'>) {
  const { left, top, width, height } = u.bbox;
  return { left, top, width, height, x: (step: number) => left + view.scale.position(step, view.window) * width };
}

export function drawShades(u: uPlot, view: View): void {
  const { ctx } = u;
  const { left, top, width, height, x } = geometry(u, view);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  for (const mark of view.marks) {
    if (mark.end === null || mark.kind !== 'dip') continue;
    ctx.fillStyle = view.tokens.dipFill;
    ctx.fillRect(x(mark.at), top, x(mark.end) - x(mark.at), height);
  }
  if (view.band !== null) {
    const high = u.valToPos(view.band.high, 'y', true);
    const low = u.valToPos(view.band.low, 'y', true);
    ctx.fillStyle = view.tokens.band;
    ctx.fillRect(left, high, width, low - high);
    ctx.strokeStyle = view.tokens.bandEdge;
    ctx.lineWidth = uPlot.pxRatio;
    ctx.setLineDash([3 * uPlot.pxRatio, 3 * uPlot.pxRatio]);
    ctx.beginPath();
    for (const y of [high, low]) {
      ctx.moveTo(left, Math.round(y) + 0.5);
      ctx.lineTo(left + width, Math.round(y) + 0.5);
    }
    ctx.stroke();
  }
  for (const line of view.lines) if (line.area) fillArea(u, view, line, line.area);
  ctx.restore();
}

/** From minimum to maximum of each column; interrupted where the scale cannot show them. */
function fillArea(u: uPlot, view: View, line: Line, { step, min, max }: Columns): void {
  const { x } = geometry(u, view);
  const colour = line.slot === 0 ? view.tokens.tx2 : view.tokens.categories[line.slot - 1] ?? view.tokens.tx2;
  const shown = (value: number) => Number.isFinite(value) && (!view.log || value > 0);
  u.ctx.save();
  u.ctx.fillStyle = colour;
  u.ctx.globalAlpha = AREA_ALPHA;
  for (let from = 0; from < step.length; from += 1) {
    let to = from;
    while (to < step.length && shown(min[to] ?? NaN) && shown(max[to] ?? NaN)) to += 1;
    const path = new Path2D();
    for (let i = from; i < to; i += 1) path.lineTo(x(step[i] ?? NaN), u.valToPos(max[i] ?? NaN, 'y', true));
    for (let i = to - 1; i >= from; i -= 1) path.lineTo(x(step[i] ?? NaN), u.valToPos(min[i] ?? NaN, 'y', true));
    if (to > from) u.ctx.fill(path);
    from = to;
  }
  u.ctx.restore();
}

/** Vertical ticks at events; quieter where they were injected on purpose. */
export function drawMarks(u: uPlot, view: View): void {
  const { ctx } = u;
  const { left, top, width, height, x } = geometry(u, view);
  ctx.save();
  ctx.lineWidth = uPlot.pxRatio;
  ctx.setLineDash([2 * uPlot.pxRatio, 2 * uPlot.pxRatio]);
  for (const mark of view.marks) {
    const at = Math.round(x(mark.at)) + 0.5;
    if (!isDrawn(mark) || mark.kind === 'dip' || at < left || at > left + width) continue;
    ctx.strokeStyle = markColour(view.tokens, mark.kind);
    ctx.globalAlpha = mark.injected ? 0.45 : 0.75;
    ctx.beginPath();
    ctx.moveTo(at, top);
    ctx.lineTo(at, top + height);
    ctx.stroke();
  }
  ctx.restore();
}

export function drawBandLabels(u: uPlot, view: View): void {
  const { ctx } = u;
  const { left, top, width, height, x } = geometry(u, view);
  const px = uPlot.pxRatio;
  ctx.textBaseline = 'bottom';
  if (view.band !== null) {
    ctx.fillStyle = view.tokens.accent;
    ctx.textAlign = 'right';
    const high = u.valToPos(view.band.high, 'y', true);
    ctx.fillText(view.band.highLabel, left + width - 4 * px, high + (high < top + 14 * px ? 13 : -2) * px);
    ctx.fillText(view.band.lowLabel, left + width - 4 * px, u.valToPos(view.band.low, 'y', true) - 2 * px);
  }
  ctx.textAlign = 'left';
  ctx.fillStyle = view.tokens.dip;
  for (const mark of view.marks) {
    if (mark.kind !== 'dip' || mark.label === '' || x(mark.end ?? mark.at) < left || x(mark.at) > left + width) continue;
    ctx.fillText(mark.label, Math.max(left, x(mark.at)) + 3 * px, top + height - 3 * px);
  }
}
