// Draws parallel coordinates on surfaces that lie over each other: ghosts of all runs below, the runs in the brushes in colour, then axes,
// numbers, brushes and the run under the pointer. Each changes at its own pace, so that drawing a brush draws few lines anew.
import type { Surface } from '$lib/charts/surface';
import { mark } from '../../compare/decide-plots';
import type { Axis } from './axes';
import type { Brush } from './brush';
import { BEND, stopY, type Layout } from './lines';
import { placeOf } from './scale';
import { written } from '../../compare/decide-address';
import { ruled } from './axes';

export type Scene = Layout & {
  axes: readonly Axis[];
  turned: ReadonlySet<string>;
  /** Of each axis, one a run. */
  ys: readonly Float32Array[];
  /** Runs that failed, or whose metric is not finite. */
  broken: readonly boolean[];
};

/** Lines that one stroke takes: a long path is slower than several short ones. */
const BATCH = 40;
const SHADES = 32;
const DASH = [4, 3];
/** So many lines are drawn as strongly as one; more of them weaker, so that what many share is still seen. */
const CLEAR = 70;
/** The dark end of the scale is the panel's own colour. */
const FROM = 0.3;
export const BRUSH_PX = 14;
const TICK_PX = 4;
const AXIS_FONT = 10.5;
const LEFT_FONT = 11.5;

function trace(pen: CanvasRenderingContext2D, { xs, ys }: Scene, run: number): void {
  for (let at = 0; at < xs.length; at += 1) {
    const [x, y] = [xs[at] ?? 0, ys[at]?.[run] ?? 0];
    if (at === 0) {
      pen.moveTo(x, y);
      continue;
    }
    const [before, from] = [xs[at - 1] ?? 0, ys[at - 1]?.[run] ?? 0];
    const bend = (x - before) * BEND;
    pen.bezierCurveTo(before + bend, from, x - bend, y, x, y);
  }
}

function strokes(surface: Surface, scene: Scene, runs: readonly number[], look: { colour: string; width: number; alpha: number; dash?: number[] }): void {
  for (let from = 0; from < runs.length; from += BATCH) {
    surface.stroke({ ...look, join: 'round' }, (pen) => {
      for (const run of runs.slice(from, from + BATCH)) trace(pen, scene, run);
    });
  }
}

const alphaOf = (count: number, most: number, least: number): number => Math.max(least, most * Math.min(1, Math.sqrt(CLEAR / Math.max(1, count))));

/** All runs, faint: those in the brushes are drawn over them. */
export function ghosts(surface: Surface, scene: Scene, count: number): void {
  const all = Array.from({ length: count }, (_, run) => run);
  const alpha = alphaOf(count, 0.3, 0.05);
  strokes(surface, scene, all.filter((run) => scene.broken[run] !== true), { colour: surface.tokens.line3, width: 0.8, alpha });
  strokes(surface, scene, all.filter((run) => scene.broken[run] === true), { colour: surface.tokens.nan, width: 0.8, alpha });
}

/** A colour of the scale at 0…1. */
export function tide(surface: Pick<Surface, 'tokens'>, share: number): string {
  const colours = surface.tokens.tide;
  const at = Math.round((FROM + (1 - FROM) * Math.max(0, Math.min(1, share))) * (colours.length - 1));
  return `rgb(${(colours[at] ?? [0, 0, 0]).join(',')})`;
}

export type Look = { colour: 'scale'; shade: Float64Array; ends: readonly [number, number] | null } | { colour: 'slot'; slots: readonly number[] };

/** Runs in the brushes, the last of them on top. */
export function lines(surface: Surface, scene: Scene, runs: readonly number[], look: Look): void {
  const alpha = alphaOf(runs.length, 0.85, 0.16);
  const width = runs.length > CLEAR ? 1 : 1.3;
  const broken = runs.filter((run) => scene.broken[run] === true);
  strokes(surface, scene, broken, { colour: surface.tokens.nan, width, alpha: Math.max(alpha, 0.4), dash: DASH });
  // Runs of one shade are neighbours in the order, as it goes by the metric: a few strokes do for all of them.
  let [now, batch]: [string, number[]] = ['', []];
  const flush = () => {
    if (batch.length > 0) strokes(surface, scene, batch, { colour: now, width, alpha });
    batch = [];
  };
  for (const run of runs) {
    if (scene.broken[run] === true) continue;
    const colour = colourOf(surface, look, run);
    if (colour !== now) flush();
    now = colour;
    batch.push(run);
  }
  flush();
}

function colourOf(surface: Surface, look: Look, run: number): string {
  if (look.colour === 'slot') return surface.category(look.slots[run] ?? 0);
  const [value, ends] = [look.shade[run] ?? NaN, look.ends];
  if (ends === null || !Number.isFinite(value)) return surface.tokens.tx3;
  const share = ends[1] > ends[0] ? (value - ends[0]) / (ends[1] - ends[0]) : 1;
  return tide(surface, Math.round(share * SHADES) / SHADES);
}

/** Selected runs, and the one under the pointer. */
export function marked(surface: Surface, scene: Scene, runs: readonly number[], hovered: number | null): void {
  strokes(surface, scene, runs, { colour: surface.tokens.tx1, width: 1.6, alpha: runs.length > CLEAR ? 0.4 : 0.9 });
  if (hovered !== null) strokes(surface, scene, [hovered], { colour: surface.tokens.tx1, width: 2.4, alpha: 1 });
}

function label(surface: Surface, text: string, x: number, y: number, colour: string, align: CanvasTextAlign = 'left'): void {
  const wide = surface.measure(text, AXIS_FONT) + 6;
  const left = align === 'left' ? x - 3 : x - wide + 3;
  surface.fill(surface.tokens.panel, { left, top: y - 7, width: wide, height: 14 }, 0.86);
  surface.text(text, x, y, { colour, px: AXIS_FONT, align, baseline: 'middle' });
}

/** As much of a text as there is room for. */
function cut(surface: Surface, text: string, most: number): string {
  if (surface.measure(text, LEFT_FONT) <= most) return text;
  let kept = text;
  while (kept !== '' && surface.measure(`${kept}…`, LEFT_FONT) > most) kept = kept.slice(0, -1);
  return `${kept.trimEnd()}…`;
}

/** Where a value of an axis of numbers, or the place of a category, stands. */
export function heightOf(turned: boolean, { top, bottom }: Pick<Layout, 'top' | 'bottom'>, place: number): number {
  return bottom - (turned ? 1 - place : place) * (bottom - top);
}

/** Rules, numbers, stops and brushes. `left`: room for the names of the first axis. */
export function rules(surface: Surface, scene: Scene, brushes: readonly Brush[], cursor: number | null, left: number): void {
  const { xs, top, bottom, axes, turned } = scene;
  axes.forEach((axis, at) => {
    const x = surface.middle(xs[at] ?? 0);
    surface.stroke({ colour: cursor === at ? surface.tokens.accent : surface.tokens.line3, width: cursor === at ? 2 : 1 }, (pen) => {
      pen.moveTo(x, top - 4);
      pen.lineTo(x, bottom + 4);
    });
    const y = (place: number) => heightOf(turned.has(axis.name), scene, place);
    for (const { value, text } of ruled(axis, bottom - top)) {
      const height = surface.middle(y(placeOf(axis.scale, value)));
      surface.stroke({ colour: surface.tokens.line3 }, (pen) => {
        pen.moveTo(x - TICK_PX, height);
        pen.lineTo(x + TICK_PX, height);
      });
      label(surface, text, x + TICK_PX + 4, height, surface.tokens.tx2);
    }
    // Names of many categories would stand on each other: as many as there is room for.
    const every = Math.max(1, Math.ceil((axis.categories.length * 13) / (bottom - top)));
    axis.categories.forEach(({ text, slot }, place) => {
      if (place % every !== 0) return;
      const height = y((place + 0.5) / axis.categories.length);
      if (at > 0) return label(surface, text, x + TICK_PX + 4, height, surface.tokens.tx2);
      if (slot > 0) mark(surface, slot, x - 12, height, 3.4, surface.category(slot));
      surface.text(cut(surface, text, left - 26), x - 20, height, { colour: surface.tokens.tx1, px: LEFT_FONT, align: 'right', baseline: 'middle' });
    });
    for (const { stop, text } of axis.used) {
      const height = surface.middle(stopY(axis, stop, bottom));
      const colour = stop === 'nan' ? surface.tokens.nan : surface.tokens.tx3;
      surface.stroke({ colour: surface.tokens.line3, dash: [2, 3] }, (pen) => {
        pen.moveTo(x, bottom + 4);
        pen.lineTo(x, height);
      });
      surface.stroke({ colour }, (pen) => {
        pen.moveTo(x - TICK_PX, height);
        pen.lineTo(x + TICK_PX + 1, height);
      });
      label(surface, text, x + TICK_PX + 4, height, colour);
    }
    const brush = brushes.find((one) => one.axis === axis.name);
    if (brush !== undefined) boxes(surface, axis, brush, scene, x).forEach((box) => boxed(surface, box));
  });
}

type Span = { x: number; top: number; bottom: number };

/** The boxes of a brush: its range, each of its categories, each of its stops. */
function boxes(surface: Surface, axis: Axis, brush: Brush, scene: Scene, x: number): Span[] {
  const y = (place: number) => heightOf(scene.turned.has(axis.name), scene, place);
  const span = (a: number, b: number): Span => ({ x, top: surface.whole(Math.min(a, b)), bottom: surface.whole(Math.max(a, b)) });
  const clip = (place: number) => Math.max(-0.01, Math.min(1.01, place));
  const count = axis.categories.length;
  return [
    ...(brush.range === null || count > 0 ? [] : [span(y(clip(placeOf(axis.scale, brush.range[0]))) + 2, y(clip(placeOf(axis.scale, brush.range[1]))) - 2)]),
    ...axis.categories.flatMap(({ value }, place) => (brush.values.some((one) => written(one) === written(value)) ? [span(y(place / count) - 1, y((place + 1) / count) + 1)] : [])),
    ...axis.used.filter(({ stop }) => brush.stops.includes(stop)).map(({ stop }) => span(stopY(axis, stop, scene.bottom) - 7, stopY(axis, stop, scene.bottom) + 7)),
  ];
}

function boxed(surface: Surface, { x, top, bottom }: Span): void {
  const { accent } = surface.tokens;
  const box = { left: surface.whole(x - BRUSH_PX / 2), top, width: BRUSH_PX, height: Math.max(3, bottom - top) };
  surface.fill(accent, box, 0.24);
  surface.outline({ colour: accent, width: 1.5 }, box);
  for (const y of [top, bottom]) surface.fill(accent, { left: x - 5, top: y - 1.5, width: 10, height: 3 });
}
