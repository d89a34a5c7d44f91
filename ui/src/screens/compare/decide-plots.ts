// Draws what a decision says on a surface: intervals on one scale with the zone of what does not matter, and pairs by seed.
// Colours of claims come with the verdict; words stand beside the pictures.
import { corners, DIAMOND } from '$lib/charts/shapes';
import type { Surface } from '$lib/charts/surface';
import { ticks } from '$lib/charts/ticks';
import type { Tokens } from '$lib/theme/tokens.svelte';
import type { Interval, PairRow, Tone } from './decide';

/** From values to pixels. */
export type Scale = { low: number; high: number; left: number; right: number };

const AXIS_PX = 10.5;
const PX_PER_TICK = 46;
const DOT = 3;

export const at = ({ low, high, left, right }: Scale, value: number): number => left + ((value - low) / (high - low)) * (right - left);

const held = (scale: Scale, value: number): number => Math.min(scale.right, Math.max(scale.left, at(scale, value)));

export function toneColour(tokens: Tokens, tone: Tone): string {
  return { ok: tokens.ok, err: tokens.error, info: tokens.info, warn: tokens.warn, none: tokens.line3 }[tone];
}

/** Shape n, filled, or as an outline over the panel where the evidence is weak. */
export function mark(surface: Surface, shape: number, x: number, y: number, radius: number, colour: string, hollow = false): void {
  const points = corners(shape, x, y, radius);
  const path = (pen: CanvasRenderingContext2D) => {
    if (points === null) pen.arc(x, y, radius, 0, 7);
    else {
      for (const [px, py] of points) pen.lineTo(px, py);
      pen.closePath();
    }
  };
  surface.ctx.fillStyle = hollow ? surface.tokens.panel : colour;
  surface.ctx.beginPath();
  path(surface.ctx);
  surface.ctx.fill();
  if (hollow) surface.stroke({ colour, width: 1.5 }, path);
}

export function zone(surface: Surface, scale: Scale, delta: number | null, top: number, height: number): void {
  if (delta === null) return;
  const [left, right] = [held(scale, -delta), held(scale, delta)];
  surface.fill(surface.tokens.zone, { left, top, width: right - left, height }, 0.75);
}

/** Upright rules with their numbers below; zero is the stronger one. */
export function rules(surface: Surface, scale: Scale, top: number, bottom: number, label: (value: number) => string, { signs = true, zero = true } = {}): void {
  const count = Math.max(2, Math.floor((scale.right - scale.left) / PX_PER_TICK));
  for (const value of ticks(scale.low, scale.high, count)) {
    const x = surface.middle(at(scale, value));
    surface.stroke({ colour: zero && value === 0 ? surface.tokens.line3 : surface.tokens.grid }, (pen) => {
      pen.moveTo(x, top);
      pen.lineTo(x, bottom);
    });
    const text = label(value);
    surface.text(signs && value > 0 ? `+${text}` : text, x, bottom + 5, { colour: surface.tokens.axis, px: AXIS_PX, align: 'center' });
  }
}

/** Corrected interval thin, 95 % thick, the mean as a diamond; without an interval each difference as a dot. */
export type Effect = { mean: number | null; own: Interval | null; corrected: Interval | null; singles: readonly number[]; tone: Tone };

export function effect(surface: Surface, scale: Scale, y: number, { mean, own, corrected, singles, tone }: Effect, thick = 4): void {
  const colour = toneColour(surface.tokens, tone);
  if (own === null) {
    for (const value of singles) mark(surface, 1, held(scale, value), y, DOT, surface.tokens.tx2);
    return;
  }
  for (const [interval, width] of [[corrected, 1.3], [own, thick]] as const) {
    if (interval === null) continue;
    surface.stroke({ colour, width }, (pen) => {
      pen.moveTo(held(scale, interval[0]), y);
      pen.lineTo(held(scale, interval[1]), y);
    });
  }
  if (mean !== null) mark(surface, DIAMOND, held(scale, mean), y, thick, colour, tone === 'warn');
}

/** Where nothing can be told. */
export function hatch(surface: Surface, left: number, right: number, y: number): void {
  surface.within({ left, top: y - 8, width: right - left, height: 16 }, () => {
    surface.stroke({ colour: surface.tokens.line2 }, (pen) => {
      for (let x = left - 20; x < right; x += 7) {
        pen.moveTo(x, y + 8);
        pen.lineTo(x + 17, y - 8);
      }
    });
  });
}

export const ROW_PX = 17;
const [PAIRS_LEFT, PAIRS_BOTTOM] = [64, 22];
const TOP = 6;

export type Pairs = {
  rows: readonly PairRow[];
  means: { arm: number | null; base: number | null };
  slots: { arm: number; base: number };
  delta: number | null;
  effect: Effect;
  cursor: number | null;
  words: { seed: (seed: number) => string; mean: string; value: (value: number | null) => string; difference: (value: number | null) => string; failed: string; missing: string; living: string; axis: (value: number) => string; delta: string };
};

/** Where a pair of values, their difference and its words stand. */
export function pairColumns(width: number): { values: [number, number]; differences: [number, number]; words: number } {
  const middle = PAIRS_LEFT + (width - PAIRS_LEFT) * 0.56;
  return { values: [PAIRS_LEFT + 8, middle - 14], differences: [middle + 14, width - 66], words: width - 12 };
}

/** The row at a height; the mean is none. */
export function rowAt(y: number, height: number, count: number): number | null {
  const row = Math.floor((y - TOP) / rowHeight(height, count));
  return row >= 0 && row < count ? row : null;
}

const rowHeight = (height: number, count: number): number => (height - PAIRS_BOTTOM - TOP) / (count + 1);

function span(values: readonly number[], air: number): [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const by = (high - low) * air || Math.abs(high) * 0.05 || 1;
  return [low - by, high + by];
}

export function drawPairs(surface: Surface, { rows, means, slots, delta, effect: shown, cursor, words }: Pairs): void {
  const { tokens, width, height } = surface;
  const columns = pairColumns(width);
  const tall = rowHeight(height, rows.length);
  const bottom = height - PAIRS_BOTTOM;
  const all = rows.flatMap((row) => [row.arm?.value ?? NaN, row.base?.value ?? NaN]);
  const [low, high] = span(all, 0.06);
  const values: Scale = { low, high, left: columns.values[0], right: columns.values[1] };
  const differences = rows.flatMap((row) => row.difference ?? []);
  const [least, most] = span([0, ...differences, ...(shown.own ?? []), ...(delta === null ? [] : [delta * 1.1, -delta * 1.1])], 0.06);
  const right: Scale = { low: least, high: most, left: columns.differences[0], right: columns.differences[1] };
  const y = (row: number) => TOP + (row + 0.5) * tall;

  const chosen = rows.findIndex((row) => row.seed === cursor);
  if (chosen >= 0) surface.fill(tokens.line1, { left: 0, top: TOP + chosen * tall, width, height: tall }, 0.6);
  zone(surface, right, delta, TOP, bottom - TOP);
  rules(surface, values, TOP, bottom, words.axis, { signs: false, zero: false });
  rules(surface, right, TOP, bottom, words.axis);
  if (delta !== null) surface.text(words.delta, held(right, delta) - 3, TOP + 2, { colour: tokens.info, px: 10, align: 'right' });
  rows.forEach((row, i) => {
    surface.text(words.seed(row.seed), PAIRS_LEFT - 6, y(i), { colour: tokens.axis, px: AXIS_PX, align: 'right', baseline: 'middle' });
    pairOf(surface, values, y(i), row.arm?.value ?? null, row.base?.value ?? null, slots, 3.6);
    const text = row.arm === null || row.base === null ? words.missing : !row.arm.ended || !row.base.ended ? words.living : row.difference === null ? words.failed : words.difference(row.difference);
    if (row.difference !== null) mark(surface, 1, at(right, row.difference), y(i), DOT, tokens.tx2);
    surface.text(text, columns.words, y(i), { colour: row.difference === null ? tokens.tx3 : tokens.tx1, px: AXIS_PX, align: 'right', baseline: 'middle' });
  });
  surface.stroke({ colour: tokens.line1 }, (pen) => {
    pen.moveTo(8, surface.middle(TOP + rows.length * tall));
    pen.lineTo(width - 8, surface.middle(TOP + rows.length * tall));
  });
  const last = y(rows.length);
  surface.text(words.mean, PAIRS_LEFT - 6, last, { colour: tokens.tx1, px: AXIS_PX, align: 'right', baseline: 'middle' });
  pairOf(surface, values, last, means.arm, means.base, slots, 4.3, false);
  if (means.arm !== null && means.base !== null) {
    const [first, second] = means.arm < means.base ? [means.arm, means.base] : [means.base, means.arm];
    const text = words.value(first);
    const room = at(values, first) - 9 - PAIRS_LEFT >= surface.measure(text, AXIS_PX);
    // Else it would lie over the row's name.
    if (room) surface.text(text, at(values, first) - 9, last, { colour: tokens.tx1, px: AXIS_PX, align: 'right', baseline: 'middle' });
    else surface.text(text, at(values, first), last - 14, { colour: tokens.tx1, px: AXIS_PX, align: 'center', baseline: 'middle' });
    surface.text(words.value(second), at(values, second) + 9, last, { colour: tokens.tx1, px: AXIS_PX, baseline: 'middle' });
  }
  // Below three pairs the differences above are all that is known.
  effect(surface, right, last, { ...shown, singles: [] });
  surface.text(words.difference(shown.mean), columns.words, last, { colour: tokens.tx1, px: AXIS_PX, align: 'right', baseline: 'middle' });
}

function pairOf(surface: Surface, scale: Scale, y: number, arm: number | null, base: number | null, slots: Pairs['slots'], radius: number, joined = true): void {
  if (joined && arm !== null && base !== null) {
    surface.stroke({ colour: surface.tokens.line3, width: 1.4 }, (pen) => {
      pen.moveTo(at(scale, base), y);
      pen.lineTo(at(scale, arm), y);
    });
  }
  if (base !== null) mark(surface, slots.base, at(scale, base), y, radius, surface.category(slots.base));
  if (arm !== null) mark(surface, slots.arm, at(scale, arm), y, radius, surface.category(slots.arm));
}
