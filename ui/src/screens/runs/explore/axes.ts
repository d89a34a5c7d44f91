// The axes of parallel coordinates: the arm first, the metric last, and between them what runs differ in. Each knows the place of every
// run on it, or the stop that it goes to. Pure but for the catalogue.
import type { JsonValue, RunCell, RunColumn, RunTableRow } from '$lib/backend';
import { alike, number, plain, recorded, scaled, significant } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { valueText } from '$lib/words';
import { armName, slotsOf } from '../../compare/decide';
import { written } from '../../compare/decide-address';
import { titleOf } from '../names';
import { placeOf, scaleOf, stopOf, STOPS, ticksOf, valueAt, type Scale, type Stop, type Tick } from './scale';

/** What the first axis is called in addresses; no name of the language. */
export const ARM = 'arm';
export const RATE = 'base_learning_rate';
const SPIKES = 'spike.count';
/** Colours and marks that there are. */
const MOST_ARMS = 10;

export type Category = { value: JsonValue; text: string; /** Of an arm. */ slot: number };
export type Axis = {
  name: string;
  title: string;
  /** Its letters are those of code. */
  own: boolean;
  /** Below the title: along what it is even. */
  note: string;
  /** Numbers are shown times this. */
  times: number;
  /** One a run: a number, or the place of its category; null where it has none. */
  values: readonly (number | null)[];
  scale: Scale;
  /** From the foot to the head; empty where the axis is of numbers. */
  categories: readonly Category[];
  /** One a run: where it stands, 0…1, or −1 where it goes to a stop. */
  places: Float64Array;
  stops: readonly (Stop | null)[];
  /** Those that any run goes to, with how many, and what is written there. */
  used: readonly { stop: Stop; runs: number; text: string }[];
};

const isNumeric = (column: RunColumn, cells: readonly (RunCell | null)[]): boolean => {
  if (column.holds === 'number' || column.holds === 'share' || column.holds === 'time') return true;
  return column.of.kind === 'config' && cells.some((cell) => cell !== null) && cells.every((cell) => cell === null || typeof cell === 'number');
};

function numberOf(column: RunColumn, cell: RunCell | null): number | null {
  if (cell === null) return null;
  return column.holds === 'time' ? Date.parse(String(cell)) : recorded(cell as number | 'NaN');
}

function finished(axis: Omit<Axis, 'places' | 'stops' | 'used'>): Axis {
  const { values, scale, categories } = axis;
  const stops = values.map((value) => stopOf(scale.kind, value));
  const place = (value: number) => (categories.length > 0 ? (value + 0.5) / categories.length : placeOf(scale, value));
  const places = Float64Array.from(values, (value, at) => (stops[at] === null && value !== null ? place(value) : -1));
  const used = STOPS.map((stop) => ({ stop, runs: stops.filter((one) => one === stop).length })).filter(({ runs }) => runs > 0);
  return { ...axis, places, stops, used: used.map((one) => ({ ...one, text: stopText(axis, one.stop, one.runs) })) };
}

function stopText({ values, scale }: Pick<Axis, 'values' | 'scale'>, stop: Stop, runs: number): string {
  if (stop === 'none') return t('explore.stop_none', { n: number(runs) });
  if (stop === 'nan') return t('explore.stop_nan', { n: number(runs) });
  const beyond = [...new Set(values.filter((value) => stopOf(scale.kind, value) === 'end'))];
  const [only] = beyond;
  const text = beyond.length === 1 && only !== undefined ? valueText(only) : scale.kind === 'log' ? '≤ 0' : '≥ 1';
  return t('explore.stop_end', { value: text, n: number(runs) });
}

/** The axis of a column; `at` is its place among the cells of a row. */
export function axisOf(column: RunColumn, at: number, rows: readonly RunTableRow[]): Axis {
  const cells = rows.map((row) => row.cells[at] ?? null);
  const title = titleOf(column.name);
  const times = column.holds === 'share' ? 100 : 1;
  const head = { name: column.name, title: title.text, own: title.own, times };
  if (isNumeric(column, cells)) {
    const values = cells.map((cell) => numberOf(column, cell));
    const note = column.scale === 'log' ? t('explore.log') : column.scale === 'log_to_one' ? t('explore.log_to_one') : column.of.kind === 'events' ? t('explore.per_run') : '';
    return finished({ ...head, note, values, scale: scaleOf(column.scale, values), categories: [] });
  }
  const texts = cells.map((cell) => (cell === null || (Array.isArray(cell) && cell.length === 0) ? null : Array.isArray(cell) ? cell.join(', ') : cell));
  const known = [...new Set(texts.filter((one) => one !== null))].sort((a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1));
  const values = texts.map((one) => (one === null ? null : known.indexOf(one)));
  return finished({ ...head, note: '', values, scale: scaleOf('linear', []), categories: known.map((value) => ({ value, text: valueText(value), slot: 0 })) });
}

/** Of what each run is an arm, by the values of some columns; null where it has none of them. */
export function armAxis(by: readonly string[], columns: readonly RunColumn[], rows: readonly RunTableRow[]): Axis {
  const places = by.map((name) => columns.findIndex((column) => column.name === name));
  const arms = rows.map((row): JsonValue => {
    const settings = by.map((name, at): [string, JsonValue] => [name, (row.cells[places[at] ?? -1] ?? null) as JsonValue]);
    if (settings.every(([, value]) => value === null)) return null;
    return settings.length === 1 ? settings[0]?.[1] ?? null : Object.fromEntries(settings.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  const known = [...new Map(arms.filter((arm) => arm !== null).map((arm) => [written(arm), arm])).values()];
  const slots = slotsOf(by, known);
  const found = known.map((value, at): Category => ({ value, text: armName(by, value), slot: slots[at] ?? 0 }));
  // The first slot stands on top; arms without one below all others.
  found.sort((a, b) => (b.slot || Infinity) - (a.slot || Infinity));
  const place = new Map(found.map((one, at) => [written(one.value), at]));
  const values = arms.map((arm) => (arm === null ? null : place.get(written(arm)) ?? null));
  return finished({ name: ARM, title: t('explore.arm'), own: false, note: t('explore.arm_note'), times: 1, values, scale: scaleOf('linear', []), categories: found });
}

const distinct = (at: number, rows: readonly RunTableRow[]): Set<string> => new Set(rows.map((row) => JSON.stringify(row.cells[at] ?? null)));

/** Names of columns in which runs have several values. */
export function differing(columns: readonly RunColumn[], rows: readonly RunTableRow[]): string[] {
  return columns.filter((_, at) => distinct(at, rows).size > 1).map((column) => column.name);
}

/**
 * What makes the arms where nobody chose it: the switches that differ, else the choices, as long as there are marks for all arms; without
 * any, the number with fewest values. The rate is what arms are drawn over.
 */
export function usualArms(columns: readonly RunColumn[], rows: readonly RunTableRow[]): string[] {
  const trained = rows.filter((row) => columns.some((column, at) => column.of.kind === 'parameter' && (row.cells[at] ?? null) !== null));
  const known = columns.map((column, at) => ({ column, at, size: distinct(at, trained).size }))
    .filter(({ column, size }) => column.of.kind === 'parameter' && size > 1 && ![RATE, 'seed'].includes(column.name));
  const flags = known.filter(({ column }) => column.holds === 'flag');
  let words = flags.length > 0 ? flags : known.filter(({ column }) => column.holds === 'text');
  if (words.length === 0) {
    const [fewest] = [...known].sort((a, b) => a.size - b.size);
    return fewest === undefined || fewest.size > MOST_ARMS ? [] : [fewest.column.name];
  }
  const arms = () => new Set(trained.map((row) => JSON.stringify(words.map(({ at }) => row.cells[at] ?? null)))).size;
  while (arms() > MOST_ARMS && words.length > 1) {
    const most = words.reduce((best, one) => (one.size > best.size ? one : best));
    words = words.filter((one) => one !== most);
  }
  return words.map(({ column }) => column.name);
}

/** Axes between arm and metric where nobody chose them: parameters that differ, and spikes. */
export function usualAxes(columns: readonly RunColumn[], rows: readonly RunTableRow[], by: readonly string[]): string[] {
  const names = differing(columns, rows);
  const chosen = columns.filter((column) => names.includes(column.name) && !by.includes(column.name) && (column.of.kind === 'parameter' || column.name === SPIKES));
  return [...chosen.filter((column) => column.name !== SPIKES), ...chosen.filter((column) => column.name === SPIKES)].map((column) => column.name);
}

/** How many of the runs differ in anything that they were given; 1 where all are the same but for their seeds. */
export function runsThatDiffer(columns: readonly RunColumn[], rows: readonly RunTableRow[]): number {
  const parameters = columns.filter((column) => column.of.kind === 'parameter' || column.of.kind === 'config').map((column) => column.name);
  return differing(columns, rows).some((name) => parameters.includes(name) && name !== 'seed') ? rows.length : Math.min(1, rows.length);
}

/** About so many pixels between two numbers of an axis. */
const PX_PER_TICK = 30;

/** Numbers beside an axis of this height, thinned where they would stand on each other; times are left to the table. */
export function ruled(axis: Axis, height: number): Tick[] {
  if (axis.categories.length > 0) return [];
  return ticksOf(axis.scale, Math.max(2, Math.floor(height / PX_PER_TICK)), axis.times);
}

/** A number of this axis as chips and summaries say it. */
export function shownOf(axis: Axis, value: number): string {
  if (axis.times !== 1) return plain(Number(scaled(value, axis.times).toPrecision(4)));
  if (axis.scale.only.length > 0) return alike([value, ...axis.scale.only])(value);
  return Number.isInteger(value) ? plain(value) : significant(value, 3);
}

/** The value at a place of an axis of numbers. */
export const numberAt = (axis: Axis, place: number): number => valueAt(axis.scale, place);
