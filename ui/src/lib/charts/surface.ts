// The one drawing surface of the window's canvases. Owns their size in device pixels, clearing, theme colours, whole pixels, the
// strokes that charts share, and when to draw; a chart is a function over it, and keeps neither a canvas nor a frame.
import { pixelRatio } from './pixels.svelte';
import type { Tokens } from '../theme/tokens.svelte';

export type Box = { left: number; top: number; width: number; height: number };
export type Stroke = { colour: string; width?: number; dash?: number[]; alpha?: number; join?: CanvasLineJoin };
export type Text = { colour: string; px?: number; align?: CanvasTextAlign; baseline?: CanvasTextBaseline; most?: number };

/** Where cells become pixels before they are stretched over a plot; one for all surfaces. */
let image: HTMLCanvasElement | null = null;

/** All lengths are CSS pixels. What a function leaves of dashes and transparency, the next begins with: strokes here set both. */
export class Surface {
  readonly ctx: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Device pixels to a CSS pixel. */
  readonly ratio: number;
  readonly tokens: Tokens;

  constructor(ctx: CanvasRenderingContext2D, width: number, height: number, ratio: number, tokens: Tokens) {
    [this.ctx, this.width, this.height, this.ratio, this.tokens] = [ctx, width, height, ratio, tokens];
  }

  /** The nearest border between device pixels. */
  whole(at: number): number {
    return Math.round(at * this.ratio) / this.ratio;
  }

  /** The middle of a device pixel: a line of one pixel there is sharp. */
  middle(at: number): number {
    return (Math.round(at * this.ratio) + 0.5) / this.ratio;
  }

  /** How far a line of this width is moved so that its edges lie on pixels where it runs along them. */
  nudge(width: number): number {
    return ((width * this.ratio) % 2) / 2 / this.ratio;
  }

  /** Colour of a category: 1…10; 0 is a line without one. */
  category(slot: number): string {
    return slot === 0 ? this.tokens.tx2 : this.tokens.categories[slot - 1] ?? this.tokens.tx2;
  }

  /** Runs with a path, and strokes it. */
  stroke({ colour, width = 1, dash = [], alpha = 1, join = 'miter' }: Stroke, draw: (ctx: CanvasRenderingContext2D) => void): void {
    const { ctx } = this;
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.setLineDash(dash);
    ctx.lineJoin = join;
    ctx.globalAlpha = alpha;
    ctx.beginPath();
    draw(ctx);
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  outline({ colour, width = 1, dash = [] }: Stroke, { left, top, width: wide, height }: Box): void {
    this.ctx.strokeStyle = colour;
    this.ctx.lineWidth = width;
    this.ctx.lineJoin = 'miter';
    this.ctx.setLineDash(dash);
    this.ctx.strokeRect(left, top, wide, height);
  }

  fill(colour: string, { left, top, width, height }: Box, alpha = 1): void {
    this.ctx.fillStyle = colour;
    this.ctx.globalAlpha = alpha;
    this.ctx.fillRect(left, top, width, height);
    this.ctx.globalAlpha = 1;
  }

  /** A filled polygon. */
  shape(colour: string, corners: [number, number][]): void {
    this.ctx.fillStyle = colour;
    this.ctx.beginPath();
    for (const [x, y] of corners) this.ctx.lineTo(x, y);
    this.ctx.fill();
  }

  dot(colour: string, x: number, y: number, radius: number): void {
    this.ctx.fillStyle = colour;
    this.ctx.beginPath();
    this.ctx.arc(x, y, radius, 0, 7);
    this.ctx.fill();
  }

  text(words: string, x: number, y: number, { colour, px = 10.5, align = 'left', baseline = 'top', most }: Text): void {
    const { ctx } = this;
    this.#font(px);
    ctx.fillStyle = colour;
    ctx.textAlign = align;
    ctx.textBaseline = baseline;
    if (most === undefined) ctx.fillText(words, x, y);
    else ctx.fillText(words, x, y, most);
  }

  /** CSS pixels that words take. */
  measure(words: string, px: number): number {
    this.#font(px);
    return this.ctx.measureText(words).width;
  }

  /** What is drawn meanwhile is cut off at a box. */
  within({ left, top, width, height }: Box, draw: () => void): void {
    this.ctx.save();
    this.ctx.beginPath();
    this.ctx.rect(left, top, width, height);
    this.ctx.clip();
    draw();
    this.ctx.restore();
  }

  /** RGBA cells stretched over a box, without mixing neighbours. */
  cells(data: Uint8ClampedArray<ArrayBuffer>, columns: number, rows: number, { left, top, width, height }: Box): void {
    image ??= document.createElement('canvas');
    if (image.width !== columns || image.height !== rows) [image.width, image.height] = [columns, rows];
    image.getContext('2d')?.putImageData(new ImageData(data, columns, rows), 0, 0);
    this.ctx.imageSmoothingEnabled = false;
    this.ctx.drawImage(image, left, top, width, height);
  }

  #font(px: number): void {
    this.ctx.font = `${px}px ${this.tokens.font}`;
  }
}

/** A canvas of some size, cleared and ready to be painted anew; null where there is none. Keeps its memory while the size is the
 * same: a canvas whose size is set lets go of it and takes new, many times a second. */
export function surfaceOf(canvas: HTMLCanvasElement, width: number, height: number, tokens: Tokens): Surface | null {
  const ratio = pixelRatio();
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  const ctx = w < 1 || h < 1 ? null : canvas.getContext('2d');
  if (ctx === null) return null;
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, w, h);
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  return new Surface(ctx, width, height, ratio, tokens);
}

const waiting = new Set<() => void>();
let frame = 0;

/** One redraw per animation frame for all charts: a chart asks, asks again in the same frame are one. The answer takes it back. */
export function redraw(draw: () => void): () => void {
  waiting.add(draw);
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    const now = [...waiting];
    waiting.clear();
    for (const one of now) one();
  });
  return () => void waiting.delete(draw);
}
