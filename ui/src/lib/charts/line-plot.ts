// uPlot behind the interface of our charts: it gives axes, grid, scales and the canvas; the lines are traced by us so
// that every stored extreme is on the canvas. Layers, lowest first: shading, band, grid, event ticks, lines, labels.
import '../language-tag';
import uPlot from 'uplot';
import type { Tokens } from '../theme/tokens.svelte';
import type { Range } from './range';
import { branchesOf, type Band, type Line, type Mark } from './series';
import type { Columns } from '../backend/frame';
import { labels, logTicks, PX_PER_X_TICK, PX_PER_Y_TICK, ticks } from './ticks';
import { hairAt, isBand, isHair, nonfiniteSteps, trace, type Drawn } from './trace';
import { drawBandLabels, drawMarks, drawShades } from './plot-layers';
import type { XScale, XTicks } from './x-scale';

export type View = {
  lines: Line[];
  window: readonly [number, number];
  scale: XScale;
  y: Range;
  log: boolean;
  band: Band | null;
  marks: Mark[];
  /** Labels of the y ticks; the default tells ticks apart with the fewest digits. */
  format: ((values: number[]) => string[]) | null;
  showX: boolean;
  xTitle: string;
  left: number;
  tokens: Tokens;
};

export const RIGHT = 8;
const TOP = 8;
const X_AXIS = 20;
const BOTTOM = 8;
const FEW = 12;
const AXIS_FONT_PX = 10.5;

type Stroke = { line: Line; columns: Columns | null; ghost: boolean };

/** Ghosts first: superseded branches, and raw lines where smoothed ones lie above. Later lines lie below earlier ones. */
function strokes(lines: Line[]): Stroke[] {
  const back = [...lines].reverse();
  const branches = back.flatMap((line) => branchesOf(line).map((columns) => ({ line, columns, ghost: true })));
  const ghosts = back.filter((line) => line.smoothed).map((line) => ({ line, columns: line.columns, ghost: true }));
  const all = back.map((line) => ({ line, columns: line.smoothed ?? line.columns, ghost: line.quiet ?? false }));
  return [...branches, ...ghosts, ...all.filter((one) => one.ghost), ...all.filter((one) => !one.ghost)];
}

function widthOf({ line, ghost }: Stroke): number {
  return ghost ? 1 : line.width ?? 1.4;
}

export class LinePlot {
  #view: View;
  #plot: uPlot | null = null;
  #shape = '';
  #size = { width: 0, height: 0 };
  #drawn: Drawn = { drawn: 0, of: 0 };
  readonly #host: HTMLElement;

  constructor(host: HTMLElement, view: View) {
    this.#host = host;
    this.#view = view;
  }

  get drawn(): Drawn {
    return this.#drawn;
  }

  /** CSS pixels of a value from the top of the canvas; null when it is not on the scale. */
  yAt(value: number): number | null {
    if (this.#plot === null || !Number.isFinite(value) || (this.#view.log && value <= 0)) return null;
    return this.#plot.valToPos(value, 'y') + TOP;
  }

  draw(view: View, width: number, height: number): void {
    this.#view = view;
    const shape = JSON.stringify([view.lines.map((line) => [line.key, line.slot, line.width, line.quiet, Boolean(line.smoothed), branchesOf(line).length]), view.log, view.left, view.showX, view.tokens.panel, view.tokens.accent]);
    if (this.#plot === null || shape !== this.#shape) {
      this.#plot?.destroy();
      this.#shape = shape;
      this.#size = { width, height };
      this.#plot = new uPlot(this.#options(width, height), this.#data(), this.#host);
      return;
    }
    if (width !== this.#size.width || height !== this.#size.height) {
      this.#size = { width, height };
      this.#plot.setSize({ width, height });
    }
    this.#plot.setData(this.#data(), true);
    // Shares of the window are always 0 to 1; without this uPlot would keep the ticks of the window before.
    this.#plot.redraw(true, true);
  }

  destroy(): void {
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** uPlot counts shares of the window; it only needs something that spans it, as the lines read their own columns. */
  #data(): uPlot.AlignedData {
    const { y, lines } = this.#view;
    return [[0, 1], ...strokes(lines).map(() => [...y])] as uPlot.AlignedData;
  }

  #options(width: number, height: number): uPlot.Options {
    const view = this.#view;
    const { tokens, left, showX } = view;
    const ratio = uPlot.pxRatio;
    const font = `${AXIS_FONT_PX}px ${tokens.font}`;
    return {
      width, height, ms: 1, padding: [TOP, RIGHT, showX ? 0 : BOTTOM, 0],
      legend: { show: false }, cursor: { show: false }, select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      scales: {
        x: { time: false, range: () => [0, 1] },
        y: { distr: view.log ? 3 : 1, range: () => this.#view.y },
      },
      axes: [
        {
          show: true, size: showX ? X_AXIS : 0, gap: 5, stroke: tokens.axis, font, ticks: { show: false },
          grid: { stroke: tokens.grid, width: 1 },
          splits: (u) => this.#xTicks(u).ticks.map((tick) => tick.at),
          values: (u) => this.#xLabels(u),
        },
        {
          size: left, gap: 6, stroke: tokens.axis, font, ticks: { show: false }, grid: { stroke: tokens.grid, width: 1 },
          splits: (u) => {
            const count = Math.max(2, Math.floor(u.bbox.height / ratio / PX_PER_Y_TICK));
            return this.#view.log ? logTicks(...this.#view.y, count) : ticks(...this.#view.y, count);
          },
          // Every tick has its number; uPlot would drop some on log scales.
          filter: (_u, splits) => splits,
          values: (_u, splits) => (this.#view.format ?? labels)(splits),
        },
      ],
      series: [{}, ...strokes(view.lines).map((stroke, i): uPlot.Series => ({
        stroke: stroke.line.slot === 0 ? tokens.tx2 : tokens.categories[stroke.line.slot - 1] ?? tokens.tx2,
        width: widthOf(stroke),
        alpha: stroke.ghost ? 0.35 : 1,
        dash: this.#dash(stroke.line),
        points: { show: false },
        paths: (u) => this.#path(u, i),
      }))],
      hooks: {
        drawClear: [(u) => {
          this.#drawn = { drawn: 0, of: 0 };
          drawShades(u, this.#view);
        }],
        drawAxes: [(u) => drawMarks(u, this.#view)],
        draw: [(u) => this.#finish(u)],
      },
    };
  }

  #path(u: uPlot, index: number): uPlot.Series.Paths | null {
    const { lines, window, scale, log } = this.#view;
    const stroke = strokes(lines)[index];
    if (!stroke?.columns) return null;
    const { columns, line } = stroke;
    const path = new Path2D();
    const { left, width } = u.bbox;
    const hair = isHair(columns, window, width, uPlot.pxRatio);
    const x = (step: number) => left + scale.position(step, window) * width;
    const y = (value: number) => (log && value <= 0 ? NaN : u.valToPos(value, 'y', true));
    // A hair between two columns of pixels would be half as dark in both; uPlot moves lines of odd width by half a pixel.
    const tally = trace(columns, window, hair ? (step) => hairAt(x(step), left) : x, y, path);
    this.#drawn = { drawn: this.#drawn.drawn + tally.drawn, of: this.#drawn.of + tally.of };
    // uPlot reads both of them once it has the path.
    const series = u.series[index + 1];
    if (series !== undefined) {
      series.width = hair ? 1 / uPlot.pxRatio : widthOf(stroke);
      series.dash = hair && isBand(columns, y) ? [] : this.#dash(line);
    }
    return { stroke: path };
  }

  #dash(line: Line): number[] {
    if (line.solid || line.slot === 0) return [];
    return (this.#view.tokens.dashes[line.slot - 1] ?? []).map((px) => px * uPlot.pxRatio);
  }

  #xTicks(u: uPlot): XTicks {
    return this.#view.scale.ticks(this.#view.window, Math.max(2, Math.floor(u.bbox.width / uPlot.pxRatio / PX_PER_X_TICK)));
  }

  #xLabels(u: uPlot): (string | null)[] {
    const { ticks: shown } = this.#xTicks(u);
    if (!this.#view.showX) return shown.map(() => null);
    const width = u.bbox.width / uPlot.pxRatio;
    // The title stands at the right end; labels that would run into it are left out.
    const taken = (this.#view.xTitle.length + 2) * AXIS_FONT_PX * 0.6;
    return shown.map(({ at, text }) => (at * width + text.length * AXIS_FONT_PX * 0.3 > width - taken ? null : text));
  }

  #finish(u: uPlot): void {
    const { ctx, bbox } = u;
    const view = this.#view;
    const ratio = uPlot.pxRatio;
    const x = (step: number) => bbox.left + view.scale.position(step, view.window) * bbox.width;
    ctx.save();
    ctx.font = `${10 * ratio}px ${view.tokens.font}`;
    for (const line of view.lines) {
      if (line.columns === null) continue;
      ctx.strokeStyle = view.tokens.nan;
      ctx.lineWidth = 1.6 * ratio;
      ctx.beginPath();
      for (const step of nonfiniteSteps(line.columns, view.window)) {
        const at = x(step);
        const y = bbox.top + bbox.height - 5 * ratio;
        const r = 2.6 * ratio;
        ctx.moveTo(at - r, y - r);
        ctx.lineTo(at + r, y + r);
        ctx.moveTo(at + r, y - r);
        ctx.lineTo(at - r, y + r);
      }
      ctx.stroke();
      const shown = line.smoothed ?? line.columns;
      const inView = shown.step.filter((step) => step >= view.window[0] && step <= view.window[1]);
      if (inView.length > FEW || line.quiet) continue;
      ctx.fillStyle = line.slot === 0 ? view.tokens.tx2 : view.tokens.categories[line.slot - 1] ?? view.tokens.tx2;
      shown.step.forEach((step, i) => {
        const value = shown.last[i] ?? NaN;
        if (step < view.window[0] || step > view.window[1] || !Number.isFinite(value) || (view.log && value <= 0)) return;
        ctx.beginPath();
        ctx.arc(x(step), u.valToPos(value, 'y', true), 2 * ratio, 0, 7);
        ctx.fill();
      });
    }
    drawBandLabels(u, view);
    if (view.showX) {
      ctx.fillStyle = view.tokens.tx3;
      ctx.font = `${AXIS_FONT_PX * ratio}px ${view.tokens.font}`;
      ctx.textAlign = 'right';
      ctx.textBaseline = 'top';
      ctx.fillText(view.xTitle, bbox.left + bbox.width, bbox.top + bbox.height + 5 * ratio);
    }
    ctx.restore();
  }
}
