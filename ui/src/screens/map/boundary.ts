// The boundary of stable training on the cells of a map, in cells from the top left corner: where it runs, how far its band reaches, where
// the runs stand that would tell most. Between two rates of the axis places are even by factors. Pure.
import type { Boundaries, BoundaryAt, JsonValue, MapBoundary, NextRun } from '$lib/backend';
import type { Layout, Panel } from './map';

export const RATE = 'base_learning_rate';
const BATCH = 'batch_size';
/** Rates further out than this many cells have no place: the line stops at the edge. */
const BEYOND = 0.5;

/** The parameter along the other axis; null where neither axis is the rate, and there is no boundary. */
export const acrossOf = ({ x, y }: Layout): string | null => (y === RATE ? x : x === RATE ? y : null);

/** Cells from the beginning of the axis to a rate; a cell's middle is its own rate. */
export function placeOf(rates: readonly number[], rate: number): number {
  const logs = rates.map(Math.log);
  const at = Math.log(rate);
  const [first = at, last = at] = [logs[0], logs.at(-1)];
  const pairs = logs.slice(1).map((log, place): [number, number] => [logs[place] ?? log, log]);
  // A single rate says which side, and not how far.
  if (pairs.length === 0) return 0.5 + BEYOND * Math.sign(at - first);
  const reaches = ([, to]: [number, number]) => (last < first ? at >= to : at <= to);
  const found = pairs.findIndex(reaches);
  const from = found < 0 ? pairs.length - 1 : found;
  const [a, b] = pairs[from] ?? [0, 1];
  return Math.max(0.5 - BEYOND, Math.min(logs.length - 0.5 + BEYOND, from + 0.5 + (at - a) / (b - a)));
}

/** Of a column or row of cells; `middle`, `low` and `high` along the rates. */
export type Stretch = { at: number; middle: number; low: number; high: number };
/** `joined`: neighbours are of one curve. */
export type Drawn = { up: boolean; joined: boolean; stretches: Stretch[]; next: { number: number; at: number; along: number; run: NextRun }[] };

const same = (a: JsonValue | undefined, b: JsonValue | undefined) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const isOf = (of: Record<string, JsonValue>, panel: Panel) => panel.values.every(([name, value]) => same(of[name], value));

/** The group of runs that a panel shows. */
export const groupOf = (found: Boundaries, panel: Panel): MapBoundary | null => found.groups.find((group) => isOf(group.of, panel)) ?? null;

/** What is drawn over a panel; null without a boundary. */
export function drawnOn(layout: Layout, panel: Panel, found: Boundaries): Drawn | null {
  const group = groupOf(found, panel);
  const across = acrossOf(layout);
  if (group === null || across === null || group.line.length === 0) return null;
  const up = layout.y === RATE;
  const [values, rates] = up ? [layout.xs, layout.ys as number[]] : [layout.ys, layout.xs as number[]];
  // Rates rise upwards and to the right: what the runs leave open on the low side is open towards the foot or the left.
  const [least, most] = up ? [rates.length, 0] : [0, rates.length];
  const stretch = (one: BoundaryAt): Stretch[] => {
    const at = values.findIndex((value) => same(value, one.at));
    const ends = [one.low === null ? least : placeOf(rates, one.low), one.high === null ? most : placeOf(rates, one.high)];
    return at < 0 ? [] : [{ at, middle: placeOf(rates, one.rate), low: Math.min(...ends), high: Math.max(...ends) }];
  };
  const stretches = group.line.flatMap(stretch).sort((a, b) => a.at - b.at);
  const next = found.next.flatMap((run, place) => {
    const at = values.findIndex((value) => same(value, run.at));
    return at < 0 || !isOf(run.of, panel) ? [] : [{ number: place + 1, at, along: placeOf(rates, run.rate), run }];
  });
  return { up, joined: across === BATCH, stretches, next };
}

/** Stretches without a gap, which one line joins. */
function runs(drawn: Drawn): Stretch[][] {
  const all: Stretch[][] = [];
  for (const stretch of drawn.stretches) {
    const last = all.at(-1);
    if (drawn.joined && last !== undefined && last.at(-1)?.at === stretch.at - 1) last.push(stretch);
    else all.push([stretch]);
  }
  return all;
}

/** Along one edge of the band or the middle, over the whole width of the first and the last cell. */
function edge(stretches: readonly Stretch[], of: (stretch: Stretch) => number): [number, number][] {
  const inner = stretches.map((stretch): [number, number] => [stretch.at + 0.5, of(stretch)]);
  const [first, last] = [stretches[0], stretches.at(-1)];
  return first === undefined || last === undefined ? [] : [[first.at, of(first)], ...inner, [last.at + 1, of(last)]];
}

const path = (points: readonly [number, number][], { up }: Drawn): string => points.map(([at, along], place) => `${place === 0 ? 'M' : 'L'}${(up ? [at, along] : [along, at]).map((value) => Math.round(value * 1e4) / 1e4).join(' ')}`).join('');

export const linePath = (drawn: Drawn): string => runs(drawn).map((stretches) => path(edge(stretches, (one) => one.middle), drawn)).join('');
export const bandPath = (drawn: Drawn): string => runs(drawn).map((stretches) => `${path([...edge(stretches, (one) => one.low), ...edge(stretches, (one) => one.high).reverse()], drawn)}Z`).join('');
