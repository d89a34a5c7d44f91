// What the map says in words: numbers with their units, panels by what tells them apart, a cell in one sentence. Pure but for the
// catalogue.
import type { BoundaryAt, JsonValue, MapCell, MapRun, NextRun, StabilityMap } from '$lib/backend';
import { alike, number, rate, recorded, scaled, significant } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { valueText } from '$lib/words';
import { titleOf } from '../runs/names';
import { RATE } from './boundary';
import { isTrick, numbersOf, type Cell, type Layout, type Named, type Panel } from './map';
import { events, isBroken, measured, onTheWay, type Shown } from './measure';

/** What a map is coloured by, with its unit. */
export function shownTitle(map: StabilityMap, shown: Shown): string {
  return shown === 'metric' ? titleOf(map.metric).text : t(`map.measure.${shown}`);
}

/** What stands behind a number outside of its cell; empty for one without a unit. */
export function unitOf(map: StabilityMap, shown: Shown): string {
  if (shown === 'metric') return map.holds === 'share' ? '%' : '';
  return shown === 'lead' ? t('map.steps') : shown === 'spikes' ? t('map.per_steps') : '';
}

/** A number, without its unit. */
export function numberText(map: StabilityMap, shown: Shown, value: number): string {
  if (!Number.isFinite(value)) return number(value);
  if (shown === 'score' || shown === 'spikes') return number(value, 2);
  if (shown === 'lead') return number(value, Number.isInteger(value) ? 0 : 1);
  return map.holds === 'share' ? number(scaled(value, 100), 1) : significant(value);
}

/** A number with its unit. */
export function withUnit(map: StabilityMap, shown: Shown, value: number): string {
  const unit = unitOf(map, shown);
  return unit === '' ? numberText(map, shown, value) : `${numberText(map, shown, value)} ${unit}`;
}

/** The spread of a mean, as it stands behind ±. */
export function spreadText(map: StabilityMap, shown: Shown, std: number): string {
  return shown === 'metric' && map.holds !== 'share' ? significant(std, 2) : numberText(map, shown, std);
}

export const nameText = (name: string): string => titleOf(name).text;

/** How the numbers of a parameter are written, which takes a look at all of them. */
const writers = new WeakMap<StabilityMap, Map<string, (value: number) => string>>();
function writerOf(map: StabilityMap, name: string): (value: number) => string {
  const known = writers.get(map) ?? new Map<string, (value: number) => string>();
  writers.set(map, known);
  const writer = known.get(name) ?? alike(numbersOf(map, name));
  known.set(name, writer);
  return writer;
}

/** A value as it stands beside the others of its parameter. */
export const shownValue = (map: StabilityMap, name: string, value: JsonValue): string => (typeof value === 'number' ? writerOf(map, name)(value) : valueText(value));

/** One thing that tells a panel apart: a trick by its side, else name and value. */
export function namedText(map: StabilityMap, [name, value]: Named): string {
  if (isTrick(name) && typeof value === 'boolean') return t(value ? 'map.frozen' : 'map.learned');
  return `${nameText(name)} ${shownValue(map, name, value)}`;
}

export const panelText = (map: StabilityMap, values: readonly Named[]): string => values.map((one) => namedText(map, one)).join(', ') || t('map.all');

/** Colour and shape of a facet's value: those of the trick are the same on every screen, others follow their order. */
export function slotOf(layout: Layout, value: JsonValue): number {
  if (layout.facet !== null && isTrick(layout.facet)) return value === true ? 1 : 2;
  return 1 + Math.max(0, layout.facets.findIndex((one) => JSON.stringify(one) === JSON.stringify(value))) % 10;
}

/** 68.1 ± 0.4, mean of 3; of a lead: 9 steps, median of 4 spikes, 2 to 31. */
export function valueSaid(map: StabilityMap, cell: MapCell, shown: Shown): string {
  const found = measured(cell, shown);
  const measure = shownTitle(map, shown);
  if (found === null) return shown === 'lead' ? t('map.no_lead') : t('map.cell_without', { measure });
  const value = numberText(map, shown, found.value);
  if (found.range !== null) return t('map.lead_value', { measure, value, n: found.n, low: numberText(map, shown, found.range[0]), high: numberText(map, shown, found.range[1]) });
  return found.std === null ? t('map.cell_single', { measure, value }) : t('map.cell_value', { measure, value, std: spreadText(map, shown, found.std), n: found.n });
}

/** How many runs, out of how many where other cells have more, then `value`, then what became of them. */
export function contents(runs: readonly MapRun[], most: number, value: string): string {
  const count = number(runs.length);
  const [failed, nan, living] = [runs.filter((run) => run.failed).length, runs.filter((run) => (run.events['nonfinite'] ?? 0) > 0).length, onTheWay(runs)];
  return [
    runs.length < most ? t('map.runs_of', { n: count, most: number(most) }) : t('map.runs', { n: count }),
    value,
    ...(failed > 0 ? [t('map.failed_of', { n: number(failed) })] : []),
    ...(living > 0 ? [t('map.living_of', { n: number(living) })] : []),
    t('map.spikes_of', { n: number(events(runs, 'spike')) }),
    t('map.dips_of', { n: number(events(runs, 'dip')) }),
    ...(nan > 0 ? [t('map.nan_of', { n: number(nan) })] : []),
  ].join(', ');
}

/** A cell in one sentence: tooltip and name. */
export function cellSaid(map: StabilityMap, layout: Layout, panel: Panel, cell: Cell & { of: MapCell }, shown: Shown): string {
  const place = (name: string, value: JsonValue) => `${nameText(name)} ${shownValue(map, name, value)}`;
  return t('map.cell', { y: place(layout.y, cell.y), x: place(layout.x, cell.x), contents: contents(cell.runs, panel.most, valueSaid(map, cell.of, shown)) });
}

/** A run in one line: what it was given, and what it came to. */
export function runSaid(map: StabilityMap, run: MapRun): string {
  const metric = recorded(run.metric);
  const given = map.names.flatMap(({ name, follows }, at): Named[] => (follows ? [] : [[name, map.cells[run.cell]?.key[at] ?? null]])).filter(([, value]) => value !== null);
  return [
    run.label, ...given.map((one) => namedText(map, one)), ...(run.seed === null ? [] : [t('map.run_seed', { n: run.seed })]),
    ...(metric === null ? [] : [`${shownTitle(map, 'metric')} ${numberText(map, 'metric', metric)}`]), run.score === null ? t('map.run_unscored') : `${t('map.measure.score')} ${numberText(map, 'score', run.score)}`,
    ...(isBroken(run) ? [t('map.run_broken')] : []),
  ].join(' · ');
}

/** A run that is not there yet: its panel, and its place on both axes. */
export function nextText(map: StabilityMap, layout: Layout, across: string, one: NextRun): string {
  const panel = layout.others.filter((name) => one.of[name] !== undefined && one.of[name] !== null).map((name) => namedText(map, [name, one.of[name] ?? null]));
  return [...panel, `${nameText(across)} ${shownValue(map, across, one.at)}`, `${nameText(RATE)} ${shownValue(map, RATE, one.rate)}`].join(', ');
}

/** The boundary of a panel: where a run is as likely stable as not, at each value of the other axis. */
export function boundarySaid(map: StabilityMap, across: string, line: readonly BoundaryAt[]): string {
  const end = (value: number | null) => (value === null ? t('map.boundary_open') : rate(value));
  const all = line.map((one) => t('map.boundary_at', { at: `${nameText(across)} ${shownValue(map, across, one.at)}`, rate: rate(one.rate), low: end(one.low), high: end(one.high) }));
  return t('map.boundary_said', { line: all.join('; ') });
}
