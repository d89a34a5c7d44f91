// Draws a heat map on a surface: cells, values that are not finite, row dividers, the dashed outline of a frozen row, layer names,
// event ticks, x numbers.
import { foldRows, pixels, type HeatScale, type RowPixels } from './heat';
import { drawTicks, markColour } from './plot-layers';
import type { Mark } from './series';
import type { Box, Surface } from './surface';
import { PX_PER_X_TICK } from './ticks';
import type { XScale } from './x-scale';

export type HeatRow = { layer: string; label: string; pixels: RowPixels | null; tensor: boolean; chosen: boolean; frozen: boolean };
export type HeatView = {
  rows: HeatRow[]; window: readonly [number, number]; plot: Box; marks: Mark[]; frozenLabel: string; xTitle: string; showX: boolean; columns: number; scale: HeatScale; xScale: XScale;
};

/** A tick over rows that are thinner than this would hide what it marks: it stands above them then. */
const TICKED_ROW_PX = 4;
/** A label in a row needs this height. */
const LABEL_PX = 10;
const LABELLED_ROW_PX = 12;
const X_GAP = 5;

export function drawHeat(surface: Surface, view: HeatView): void {
  if (view.rows.length === 0) return;
  const { plot, columns, rows } = view;
  const each = plot.height / rows.length;
  const x = (step: number) => plot.left + view.xScale.position(step, view.window) * plot.width;
  drawCells(surface, view);
  // One NaN in a run of weeks is a pixel wide at the least, and as wide as a tick, so that it is seen.
  rows.forEach((row, r) => {
    for (const [first, last] of row.pixels?.broken ?? []) {
      const left = plot.left + (first / columns) * plot.width;
      surface.fill(markColour(surface.tokens, 'nonfinite'), { left, top: plot.top + r * each, width: Math.max(2, ((last + 1 - first) / columns) * plot.width), height: Math.max(1, each) });
    }
  });
  if (each >= TICKED_ROW_PX) {
    surface.stroke({ colour: surface.tokens.panel, alpha: 0.55 }, (pen) => {
      for (let r = 1; r < rows.length; r += 1) {
        const y = surface.middle(plot.top + r * each);
        pen.moveTo(plot.left, y);
        pen.lineTo(plot.left + plot.width, y);
      }
    });
  }
  rows.forEach((row, r) => {
    if (row.frozen) outlineFrozen(surface, view, plot.top + r * each, each);
  });
  const skip = Math.max(1, Math.ceil(11 / each));
  rows.forEach((row, r) => {
    if (r % skip !== 0) return;
    surface.text(row.label, plot.left - 6, plot.top + (r + 0.5) * each, { colour: row.chosen ? surface.tokens.tx1 : surface.tokens.axis, align: 'right', baseline: 'middle', most: plot.left - (row.tensor ? 16 : 8) });
  });
  drawTicks(surface, view.marks, each >= TICKED_ROW_PX ? plot : { ...plot, top: 0, height: plot.top }, x, 0.8);
  if (view.showX) drawX(surface, view);
}

function drawCells(surface: Surface, { plot, columns, rows, scale }: HeatView): void {
  const blank = new Float64Array(columns).fill(NaN);
  const folded = foldRows(rows.map((row) => row.pixels?.row ?? blank), Math.floor(plot.height * surface.ratio));
  surface.fill(surface.tokens.inset, plot);
  surface.cells(pixels(folded, columns, surface.tokens.ember, scale), columns, folded.length, plot);
}

function outlineFrozen(surface: Surface, { plot, frozenLabel }: HeatView, y: number, each: number): void {
  surface.outline({ colour: surface.tokens.tx3, dash: [4, 3] }, { left: plot.left + 0.5, top: surface.middle(y), width: plot.width - 1, height: Math.max(2, Math.round(each) - 1) });
  if (each < LABELLED_ROW_PX) return;
  const wide = surface.measure(frozenLabel, LABEL_PX);
  if (wide > plot.width / 2) return;
  surface.fill(surface.tokens.panel, { left: plot.left + plot.width - wide - 12, top: y + 1.5, width: wide + 10, height: each - 3 });
  surface.text(frozenLabel, plot.left + plot.width - 7, y + each / 2 + 0.5, { colour: surface.tokens.tx2, px: LABEL_PX, align: 'right', baseline: 'middle' });
}

function drawX(surface: Surface, { plot, window, xScale, xTitle }: HeatView): void {
  const below = plot.top + plot.height + X_GAP;
  for (const { at, text } of xScale.ticks(window, Math.max(2, Math.floor(plot.width / PX_PER_X_TICK))).ticks) {
    if (at * plot.width <= plot.width - 40) surface.text(text, plot.left + at * plot.width, below, { colour: surface.tokens.axis, align: 'center' });
  }
  surface.text(xTitle, plot.left + plot.width, below, { colour: surface.tokens.tx3, align: 'right' });
}
