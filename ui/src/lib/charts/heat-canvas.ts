// Paints the heat map: image, values that are not finite, row dividers, layer names, the dashed outline of a frozen row,
// event ticks, x numbers.
import type { Tokens } from '../theme/tokens.svelte';
import { foldRows, pixels, type HeatScale, type RowPixels } from './heat';
import { isDrawn, markColour } from './plot-layers';
import type { Mark } from './series';
import { cleared } from './surface';
import { PX_PER_X_TICK } from './ticks';
import type { XScale } from './x-scale';

export type HeatRow = { layer: string; label: string; pixels: RowPixels | null; tensor: boolean; chosen: boolean; frozen: boolean };
export type HeatView = {
  rows: HeatRow[]; window: readonly [number, number]; width: number; height: number; left: number; right: number; top: number; bottom: number;
  marks: Mark[]; tokens: Tokens; frozenLabel: string; xTitle: string; showX: boolean; columns: number; scale: HeatScale; xScale: XScale;
};

/** Where cells become pixels before they are stretched over the plot; one for all heat maps. */
let image: HTMLCanvasElement | null = null;
/** A tick over rows that are thinner than this would hide what it marks: it stands above them then. */
const TICKED_ROW_PX = 4;

export function paintHeat(canvas: HTMLCanvasElement, view: HeatView): void {
  const ratio = devicePixelRatio;
  const ctx = cleared(canvas, view.width, view.height);
  if (ctx === null || view.rows.length === 0) return;
  const plotWidth = view.width - view.left - view.right;
  const plotHeight = view.height - view.top - view.bottom;
  const each = plotHeight / view.rows.length;
  const x = (step: number) => view.left + view.xScale.position(step, view.window) * plotWidth;

  const blank = new Float64Array(view.columns).fill(NaN);
  const rows = foldRows(view.rows.map((row) => row.pixels?.row ?? blank), Math.floor(plotHeight * ratio));
  image ??= document.createElement('canvas');
  if (image.width !== view.columns || image.height !== rows.length) [image.width, image.height] = [view.columns, rows.length];
  const data = pixels(rows, view.columns, view.tokens.ember, view.scale);
  image.getContext('2d')?.putImageData(new ImageData(data, view.columns, rows.length), 0, 0);
  ctx.fillStyle = view.tokens.inset;
  ctx.fillRect(view.left, view.top, plotWidth, plotHeight);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(image, view.left, view.top, plotWidth, plotHeight);

  // One NaN in a run of weeks is a pixel wide at the least, and as wide as a tick, so that it is seen.
  ctx.fillStyle = markColour(view.tokens, 'nonfinite');
  view.rows.forEach((row, r) => {
    for (const [first, last] of row.pixels?.broken ?? []) {
      const at = view.left + (first / view.columns) * plotWidth;
      ctx.fillRect(at, view.top + r * each, Math.max(2, ((last + 1 - first) / view.columns) * plotWidth), Math.max(1, each));
    }
  });

  ctx.strokeStyle = view.tokens.panel;
  ctx.lineWidth = 1;
  ctx.globalAlpha = 0.55;
  ctx.beginPath();
  for (let r = 1; r < view.rows.length; r += 1) {
    const y = Math.round(view.top + r * each) + 0.5;
    ctx.moveTo(view.left, y);
    ctx.lineTo(view.left + plotWidth, y);
  }
  if (each >= TICKED_ROW_PX) ctx.stroke();
  ctx.globalAlpha = 1;

  ctx.font = `10px ${view.tokens.font}`;
  ctx.textBaseline = 'middle';
  view.rows.forEach((row, r) => {
    if (!row.frozen) return;
    const y = view.top + r * each;
    ctx.strokeStyle = view.tokens.tx3;
    ctx.setLineDash([4, 3]);
    ctx.strokeRect(view.left + 0.5, Math.round(y) + 0.5, plotWidth - 1, Math.max(2, Math.round(each) - 1));
    ctx.setLineDash([]);
    if (each < 12) return;
    const wide = ctx.measureText(view.frozenLabel).width;
    if (wide > plotWidth / 2) return;
    ctx.fillStyle = view.tokens.panel;
    ctx.fillRect(view.left + plotWidth - wide - 12, y + 1.5, wide + 10, each - 3);
    ctx.fillStyle = view.tokens.tx2;
    ctx.textAlign = 'right';
    ctx.fillText(view.frozenLabel, view.left + plotWidth - 7, y + each / 2 + 0.5);
  });

  ctx.font = `10.5px ${view.tokens.font}`;
  ctx.textAlign = 'right';
  const skip = Math.max(1, Math.ceil(11 / each));
  view.rows.forEach((row, r) => {
    if (r % skip !== 0) return;
    ctx.fillStyle = row.chosen ? view.tokens.tx1 : view.tokens.axis;
    ctx.fillText(row.label, view.left - 6, view.top + (r + 0.5) * each, view.left - (row.tensor ? 16 : 8));
  });

  ctx.setLineDash([2, 2]);
  for (const mark of view.marks) {
    const at = Math.round(x(mark.at)) + 0.5;
    if (!isDrawn(mark) || mark.kind === 'dip' || at < view.left || at > view.left + plotWidth) continue;
    ctx.strokeStyle = markColour(view.tokens, mark.kind);
    ctx.globalAlpha = mark.injected ? 0.45 : 0.8;
    ctx.beginPath();
    ctx.moveTo(at, each >= TICKED_ROW_PX ? view.top : 0);
    ctx.lineTo(at, each >= TICKED_ROW_PX ? view.top + plotHeight : view.top);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;

  if (!view.showX) return;
  ctx.textBaseline = 'top';
  ctx.textAlign = 'center';
  ctx.fillStyle = view.tokens.axis;
  for (const { at, text } of view.xScale.ticks(view.window, Math.max(2, Math.floor(plotWidth / PX_PER_X_TICK))).ticks) {
    if (at * plotWidth <= plotWidth - 40) ctx.fillText(text, view.left + at * plotWidth, view.top + plotHeight + 5);
  }
  ctx.textAlign = 'right';
  ctx.fillStyle = view.tokens.tx3;
  ctx.fillText(view.xTitle, view.left + plotWidth, view.top + plotHeight + 5);
}
