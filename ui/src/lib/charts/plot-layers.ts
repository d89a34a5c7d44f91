// The layers under and over the lines of a chart: dip shading, the loss band, ticks of events, their labels.
import type { Tokens } from '../theme/tokens.svelte';
import type { Columns } from '../backend/frame';
import type { Geometry, View } from './plot-view';
import type { Line, Mark } from './series';
import type { Box, Surface } from './surface';

/** Two bands over each other can still be told apart. */
const AREA_ALPHA = 0.16;
const LABEL_PX = 10;

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

/** Dips that have ended, from edge to edge of a plot. */
export function drawDips(surface: Surface, marks: Mark[], { top, height }: Pick<Box, 'top' | 'height'>, x: (step: number) => number): void {
  for (const mark of marks) {
    if (mark.end === null || mark.kind !== 'dip') continue;
    surface.fill(surface.tokens.dipFill, { left: x(mark.at), top, width: x(mark.end) - x(mark.at), height });
  }
}

export function drawShades(surface: Surface, view: View, at: Geometry): void {
  const { left, width, y } = at;
  surface.within(at, () => {
    drawDips(surface, view.marks, at, at.x);
    if (view.band !== null) {
      const [high, low] = [y(view.band.high), y(view.band.low)];
      if (view.band.whole) surface.fill(surface.tokens.band, { left, top: high, width, height: low - high });
      surface.stroke({ colour: surface.tokens.bandEdge, dash: [3, 3] }, (pen) => {
        for (const edge of [high, low]) {
          pen.moveTo(left, surface.middle(edge));
          pen.lineTo(left + width, surface.middle(edge));
        }
      });
    }
    for (const line of view.lines) if (line.area) fillArea(surface, at, line, line.area);
  });
}

/** From minimum to maximum of each column; interrupted where the scale cannot show them. */
function fillArea(surface: Surface, { x, y }: Geometry, line: Line, { step, min, max }: Columns): void {
  const shown = (value: number) => Number.isFinite(y(value));
  surface.ctx.fillStyle = surface.category(line.slot);
  surface.ctx.globalAlpha = AREA_ALPHA;
  for (let from = 0; from < step.length; from += 1) {
    let to = from;
    while (to < step.length && shown(min[to] ?? NaN) && shown(max[to] ?? NaN)) to += 1;
    const path = new Path2D();
    for (let i = from; i < to; i += 1) path.lineTo(x(step[i] ?? NaN), y(max[i] ?? NaN));
    for (let i = to - 1; i >= from; i -= 1) path.lineTo(x(step[i] ?? NaN), y(min[i] ?? NaN));
    if (to > from) surface.ctx.fill(path);
    from = to;
  }
  surface.ctx.globalAlpha = 1;
}

/** Vertical ticks at events, dashed; quieter where they were injected on purpose. */
export function drawTicks(surface: Surface, marks: Mark[], box: Box, x: (step: number) => number, alpha: number): void {
  for (const mark of marks) {
    const at = surface.middle(x(mark.at));
    if (!isDrawn(mark) || mark.kind === 'dip' || at < box.left || at > box.left + box.width) continue;
    surface.stroke({ colour: markColour(surface.tokens, mark.kind), dash: [2, 2], alpha: mark.injected ? 0.45 : alpha }, (pen) => {
      pen.moveTo(at, box.top);
      pen.lineTo(at, box.top + box.height);
    });
  }
}

export function drawMarks(surface: Surface, view: View, at: Geometry): void {
  drawTicks(surface, view.marks, at, at.x, 0.75);
}

export function drawBandLabels(surface: Surface, view: View, { left, top, width, height, x, y }: Geometry): void {
  if (view.band !== null) {
    const words = { colour: surface.tokens.accent, px: LABEL_PX, align: 'right', baseline: 'bottom' } as const;
    const [high, low] = [y(view.band.high), y(view.band.low)];
    const inside = (at: number) => at >= top - 1 && at <= top + height + 1;
    if (inside(high)) surface.text(view.band.highLabel, left + width - 4, high + (high < top + 14 ? 13 : -2), words);
    if (inside(low)) surface.text(view.band.lowLabel, left + width - 4, low - 2, words);
  }
  for (const mark of view.marks) {
    if (mark.kind !== 'dip' || mark.label === '' || x(mark.end ?? mark.at) < left || x(mark.at) > left + width) continue;
    surface.text(mark.label, Math.max(left, x(mark.at)) + 3, top + height - 3, { colour: surface.tokens.dip, px: LABEL_PX, baseline: 'bottom' });
  }
}
