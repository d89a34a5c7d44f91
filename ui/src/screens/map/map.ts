// The cells of a stability map laid out over two parameters: one small map for each value of a third one, the facet, and a row of those
// for each combination of whatever else differs, so that a cell never mixes what is not the same. Pure; every number is the host's.
import type { JsonValue, MapCell, MapRun, StabilityMap } from '$lib/backend';
import { inCondition } from '$lib/given';

/** Parameters whose two sides people compare: facets where nothing else was chosen. */
const TRICKS: readonly string[] = ['frozen_patch_projection'];
export const isTrick = (name: string): boolean => TRICKS.includes(name);

export type Named = [name: string, value: JsonValue];
/** `of` is null where there is no run. */
export type Cell = { x: JsonValue; y: JsonValue; of: MapCell | null; runs: MapRun[] };
/** `most`: runs of a whole cell, as sweeps with other numbers of seeds have panels of their own. No cells: no run has this combination. */
export type Panel = { values: Named[]; facet: JsonValue; cells: Cell[]; most: number };
export type Band = { values: Named[]; panels: Panel[] };
export type Layout = {
  x: string; y: string; xs: JsonValue[]; ys: JsonValue[];
  /** Null where nothing but the axes differs. */
  facet: string | null; facets: JsonValue[];
  bands: Band[];
  /** What can be an axis, and what can be the facet. */
  axes: string[]; others: string[];
};

const same = (value: JsonValue | undefined) => JSON.stringify(value ?? null);

function compare(a: JsonValue, b: JsonValue): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}

/** What names a cell, whatever else is on the map. */
export const keyOf = (cell: MapCell): string => JSON.stringify(cell.key);

/** The runs of each cell, by seed. */
export function membersOf(map: StabilityMap): MapRun[][] {
  const members: MapRun[][] = map.cells.map(() => []);
  for (const run of map.runs) members[run.cell]?.push(run);
  for (const runs of members) runs.sort((a, b) => (a.seed ?? -1) - (b.seed ?? -1) || a.label.localeCompare(b.label));
  return members;
}

export type Wanted = { x?: string | undefined; y?: string | undefined; facet?: string | undefined };

/** Null where fewer than two parameters differ. */
export function layOut(map: StabilityMap, wanted: Wanted): Layout | null {
  const own = map.names.filter((one) => !one.follows).map((one) => one.name);
  const axes = map.names.map((one) => one.name);
  const x = axes.find((name) => name === wanted.x) ?? axes.find((name) => name !== wanted.y);
  const y = axes.find((name) => name === wanted.y && name !== x) ?? axes.find((name) => name !== x);
  if (x === undefined || y === undefined) return null;
  const valueOf = (cell: MapCell, name: string): JsonValue => cell.key[axes.indexOf(name)] ?? null;
  const members = membersOf(map);
  // Only runs that were given both have a place.
  const placed = map.cells.map((of, at) => ({ of, runs: members[at] ?? [] })).filter(({ of }) => valueOf(of, x) !== null && valueOf(of, y) !== null);
  const valuesOf = (name: string) => [...new Map(placed.map(({ of }) => [same(valueOf(of, name)), valueOf(of, name)])).values()].sort(compare);
  const others = own.filter((name) => name !== x && name !== y && valuesOf(name).some((value) => value !== null));
  const facet = others.find((name) => name === wanted.facet) ?? others.find(isTrick) ?? others[0] ?? null;
  const rest = others.filter((name) => name !== facet);
  const [xs, ys, facets] = [valuesOf(x), valuesOf(y).reverse(), facet === null ? [null] : valuesOf(facet)];

  const byBand = new Map<string, { values: Named[]; members: typeof placed }>();
  for (const one of placed) {
    const values = rest.map((name): Named => [name, valueOf(one.of, name)]);
    const key = values.map(([, value]) => same(value)).join(' ');
    const band = byBand.get(key);
    if (band === undefined) byBand.set(key, { values, members: [one] });
    else band.members.push(one);
  }
  const bands = [...byBand.values()].map(({ values, members }): Band => ({
    values,
    panels: facets.map((value): Panel => {
      const inside = facet === null ? members : members.filter(({ of }) => same(valueOf(of, facet)) === same(value));
      const found = new Map(inside.map((one) => [`${same(valueOf(one.of, x))} ${same(valueOf(one.of, y))}`, one]));
      const cells = inside.length === 0 ? [] : ys.flatMap((cy) => xs.map((cx): Cell => ({ x: cx, y: cy, ...(found.get(`${same(cx)} ${same(cy)}`) ?? { of: null, runs: [] }) })));
      return { values: facet === null ? values : [[facet, value], ...values], facet: value, cells, most: Math.max(0, ...cells.map((cell) => cell.runs.length)) };
    }),
  }));
  bands.sort((a, b) => a.values.map(([, value], i) => compare(value, b.values[i]?.[1] ?? null)).find((order) => order !== 0) ?? 0);
  return { x, y, xs, ys, facet, facets, bands, axes, others };
}

/** The cell of this name with its panel. */
export function find(layout: Layout, key: string): { panel: Panel; cell: Cell & { of: MapCell } } | null {
  for (const panel of layout.bands.flatMap((band) => band.panels)) {
    for (const { of, ...rest } of panel.cells) if (of !== null && keyOf(of) === key) return { panel, cell: { of, ...rest } };
  }
  return null;
}

/** All numbers that a parameter is given on the map, so that each is written as the others are. */
export function numbersOf(map: StabilityMap, name: string): number[] {
  const at = map.names.findIndex((one) => one.name === name);
  return map.cells.map((cell) => cell.key[at] ?? null).filter((value) => typeof value === 'number');
}

/** The filter that finds the runs of a cell among those of the map. */
export function whereOf(map: StabilityMap, cell: MapCell, where: string): string {
  const text = (value: JsonValue) => (typeof value === 'string' ? `"${value}"` : String(value));
  const own = map.names.flatMap(({ name, follows }, at) => {
    const value = cell.key[at] ?? null;
    return follows || value === null ? [] : [`${inCondition(name)} = ${text(value)}`];
  });
  return [...(where.trim() === '' ? [] : [`(${where})`]), ...own].join(' and ');
}

/** A run of the cell, and the run of its seed that differs only in the trick. */
export function twinsOf(map: StabilityMap, cell: MapCell): [MapRun, MapRun] | null {
  const at = map.names.findIndex(({ name }) => isTrick(name));
  if (at < 0) return null;
  const elsewhere = (key: readonly (JsonValue | null)[]) => JSON.stringify(key.filter((_, place) => place !== at && map.names[place]?.follows === false));
  const members = membersOf(map);
  const own = members[map.cells.indexOf(cell)] ?? [];
  for (const [place, other] of map.cells.entries()) {
    if (other === cell || elsewhere(other.key) !== elsewhere(cell.key)) continue;
    for (const run of own) {
      const twin = (members[place] ?? []).find((one) => one.seed === run.seed);
      if (twin !== undefined) return [run, twin];
    }
  }
  return null;
}

const WAYS: Record<string, readonly [row: number, column: number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** The next cell with runs that an arrow key leads to, over those without; null at the edge. Places count along the rows. */
export function neighbour({ xs, ys }: Layout, panel: Panel, from: number, code: string): number | null {
  const [down, right] = WAYS[code] ?? [0, 0];
  let [row, column] = [Math.floor(from / xs.length) + down, (from % xs.length) + right];
  while ((down !== 0 || right !== 0) && row >= 0 && row < ys.length && column >= 0 && column < xs.length) {
    const place = row * xs.length + column;
    if ((panel.cells[place]?.of ?? null) !== null) return place;
    [row, column] = [row + down, column + right];
  }
  return null;
}
