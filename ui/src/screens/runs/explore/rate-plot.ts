// Draws an outcome against the learning rate: a line an arm through the means of its seeds, a band from the lowest seed to the highest. A
// point some of whose runs failed is hollow; where all failed a cross stands at the foot.
import { PX_PER_Y_TICK, ruled } from '$lib/charts/ticks';
import type { RateOutcome, RateSensitivity, SensitivityOfRates } from '$lib/backend';
import type { Surface } from '$lib/charts/surface';
import { mark } from '../../compare/decide-plots';

const [LEFT, RIGHT, TOP, BOTTOM] = [56, 20, 10, 24];
/** Below all values, for arms of which nothing is left at a rate. */
const FOOT = 18;
const AXIS_PX = 10.5;
const CROSS_PX = 4;
/** Two numbers below the axis are no nearer. */
const PX_PER_RATE = 52;

export type RatePlot = {
  found: SensitivityOfRates;
  slots: readonly number[];
  rates: readonly number[];
  cursor: number | null;
  words: { value: (value: number) => string; rate: (rate: number) => string; hollow: string; failed: (arm: number, failed: number) => string; times: number };
};

/** Every rate of any arm, rising; those that differ in their last digits alone are one. */
export function allRates(found: SensitivityOfRates): number[] {
  const rates = found.arms.flatMap((arm) => arm.points.map((point) => point.rate)).sort((a, b) => a - b);
  return rates.filter((rate, at) => at === 0 || Math.abs(rate / (rates[at - 1] ?? 1) - 1) >= 1e-9);
}

export const pointAt = (arm: RateSensitivity, rate: number): RateOutcome | null => arm.points.find((point) => Math.abs(point.rate / rate - 1) < 1e-9) ?? null;

/** What values are drawn between, with air. */
export function spanOf(found: SensitivityOfRates): [number, number] {
  const values = found.arms.flatMap((arm) => arm.points.flatMap((point) => point.range ?? []));
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
  return [low - air, high + air];
}

export const rateX = (rate: number, rates: readonly number[], width: number): number => {
  const [low, high] = [Math.log(rates[0] ?? 1), Math.log(rates.at(-1) ?? 1)];
  const inner = width - LEFT - RIGHT - 28;
  return LEFT + 14 + (high > low ? ((Math.log(rate) - low) / (high - low)) * inner : inner / 2);
};

/** The rate nearest to the pointer, by its place. */
export function rateAt(x: number, rates: readonly number[], width: number): number | null {
  const off = (at: number) => Math.abs(rateX(rates[at] ?? 1, rates, width) - x);
  return rates.length === 0 ? null : rates.reduce((best, _, at) => (off(at) < off(best) ? at : best), 0);
}

export function drawRates(surface: Surface, { found, slots, rates, cursor, words }: RatePlot): void {
  const { tokens, width, height } = surface;
  const [low, high] = spanOf(found);
  const bottom = height - BOTTOM;
  const x = (rate: number) => rateX(rate, rates, width);
  const foot = bottom - FOOT;
  const y = (value: number) => foot - ((value - low) / (high - low)) * (foot - TOP);

  for (const value of ruled([low, high], Math.max(2, Math.floor((bottom - TOP) / PX_PER_Y_TICK)), false, words.times)) {
    const at = surface.middle(y(value));
    surface.stroke({ colour: tokens.grid }, (pen) => { pen.moveTo(LEFT, at); pen.lineTo(width - RIGHT, at); });
    surface.text(words.value(value), LEFT - 6, at, { colour: tokens.axis, px: AXIS_PX, align: 'right', baseline: 'middle' });
  }
  let free = -Infinity;
  rates.forEach((rate, at) => {
    const place = surface.middle(x(rate));
    const chosen = cursor === at;
    surface.stroke({ colour: chosen ? tokens.cross : tokens.grid }, (pen) => { pen.moveTo(place, TOP); pen.lineTo(place, bottom); });
    if (!chosen && place - free < PX_PER_RATE) return;
    free = place;
    surface.text(words.rate(rate), place, bottom + 6, { colour: chosen ? tokens.tx1 : tokens.axis, px: AXIS_PX, align: 'center' });
  });

  surface.within({ left: LEFT, top: 0, width: width - LEFT - 2, height: bottom + 1 }, () => {
    // The first slots on top: frozen is never hidden by what it is compared with.
    const order = found.arms.map((_, at) => at).sort((a, b) => (slots[b] || Infinity) - (slots[a] || Infinity));
    for (const at of order) arm(surface, found.arms[at], slots[at] ?? 0, x, y);
    const gone = rates.flatMap((rate) => {
      const none = found.arms.flatMap((one, at) => (pointAt(one, rate)?.mean === null ? [{ at, failed: pointAt(one, rate)?.failed ?? 0 }] : []));
      return none.length === 0 ? [] : [{ x: x(rate), text: none.map(({ at, failed }) => words.failed(at, failed)).join(' · ') }];
    });
    // On a narrow plot the words would lie over each other: one line up they do not.
    const free = Math.min(width, ...gone.map((one) => one.x - 9 - surface.measure(one.text, AXIS_PX)));
    const up = free < LEFT + 14 + surface.measure(words.hollow, AXIS_PX) ? 13 : 0;
    if (found.arms.some((one) => one.points.some((point) => point.mean !== null && point.failed > 0))) surface.text(words.hollow, LEFT + 6, bottom - 5 - up, { colour: tokens.tx3, px: AXIS_PX, baseline: 'bottom' });
    // Words that would lie over a cross or its words are left to the table, and to the readout.
    let taken = LEFT;
    for (const one of gone) {
      cross(surface, one.x, bottom - 9);
      const begin = one.x - 9 - surface.measure(one.text, AXIS_PX);
      const lies = begin < taken;
      taken = one.x + 9;
      if (lies) continue;
      surface.text(one.text, one.x - 9, bottom - 4, { colour: tokens.nan, px: AXIS_PX, align: 'right', baseline: 'bottom' });
    }
  });
}

function arm(surface: Surface, one: RateSensitivity | undefined, slot: number, x: (rate: number) => number, y: (value: number) => number): void {
  if (one === undefined) return;
  const colour = surface.category(slot);
  const known = one.points.filter((point) => point.mean !== null);
  surface.ctx.globalAlpha = 0.15;
  surface.shape(colour, [
    ...known.map((point): [number, number] => [x(point.rate), y(point.range?.[1] ?? 0)]),
    ...[...known].reverse().map((point): [number, number] => [x(point.rate), y(point.range?.[0] ?? 0)]),
  ]);
  surface.ctx.globalAlpha = 1;
  surface.stroke({ colour, width: 1.8, dash: surface.tokens.dashes[slot - 1] ?? [], join: 'round' }, (pen) => {
    for (const point of known) pen.lineTo(x(point.rate), y(point.mean ?? 0));
  });
  for (const point of one.points) {
    if (point.mean !== null) mark(surface, Math.max(1, slot), x(point.rate), y(point.mean), 3.6, colour, point.failed > 0);
  }
}

function cross(surface: Surface, x: number, y: number): void {
  surface.stroke({ colour: surface.tokens.nan, width: 2.2 }, (pen) => {
    pen.moveTo(x - CROSS_PX, y - CROSS_PX);
    pen.lineTo(x + CROSS_PX, y + CROSS_PX);
    pen.moveTo(x + CROSS_PX, y - CROSS_PX);
    pen.lineTo(x - CROSS_PX, y + CROSS_PX);
  });
}
