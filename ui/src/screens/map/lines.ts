// Rate sensitivity on the map: where one axis is the learning rate, each line along it has one number over the rates that all lines have.
// A cell has a single rate, and so none. Every number is the host's. Pure but for the catalogue.
import type { JsonValue, RateSensitivity, SensitivityBy, SensitivityOfRates, StabilityMap } from '$lib/backend';
import { number } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { unitOf } from '../compare/decide-text';
import { RATE } from '../runs/explore/axes';
import { sensitivityText, usableText } from '../runs/explore/rates-text';
import type { Layout, Panel } from './map';
import { nameText, shownValue } from './said';

/** The axis whose values are lines over the rates; null where neither axis is the rate. */
export function lineAxis({ x, y }: Pick<Layout, 'x' | 'y'>): 'x' | 'y' | null {
  return x === RATE ? 'y' : y === RATE ? 'x' : null;
}

/** One question for all panels, so that their numbers are over the same rates. */
export function questionOf(map: Pick<StabilityMap, 'metric'>, layout: Layout, where: string): SensitivityBy | null {
  const axis = lineAxis(layout);
  return axis === null ? null : { where, by: [layout[axis], ...layout.others], metric: map.metric };
}

const isObject = (value: JsonValue): value is { [key in string]: JsonValue } => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The line of a panel at a value of that axis; null where it has no number. */
export function lineOf(found: SensitivityOfRates, layout: Layout, panel: Panel, value: JsonValue): RateSensitivity | null {
  const axis = lineAxis(layout);
  if (axis === null) return null;
  const own = new Map<string, JsonValue>([[layout[axis], value], ...panel.values]);
  const has = (arm: RateSensitivity) => found.by.every((name) => (found.by.length > 1 && isObject(arm.value) ? arm.value[name] ?? null : arm.value) === (own.get(name) ?? null));
  return found.arms.find(has) ?? null;
}

/** From the calmest line to the most sensitive; null where no line has a number. */
export function extentOf(found: SensitivityOfRates): [number, number] | null {
  const all = found.arms.flatMap((arm) => arm.sensitivity ?? []);
  return all.length === 0 ? null : [Math.min(...all), Math.max(...all)];
}

/** Sensitivity, pt. */
export function lineTitle(found: SensitivityOfRates): string {
  const unit = unitOf(found.metric).difference;
  return unit === '' ? t('explore.sensitivity_word') : t('explore.sensitivity_in', { unit });
}

/** A line in one sentence. */
export function lineSaid(map: StabilityMap, found: SensitivityOfRates, layout: Layout, value: JsonValue, arm: RateSensitivity | null): string {
  const axis = lineAxis(layout) ?? 'y';
  const line = `${nameText(layout[axis])} ${shownValue(map, layout[axis], value)}`;
  if (arm === null || arm.sensitivity === null) return t('map.line_none', { line });
  const { mean, spread } = sensitivityText(arm, unitOf(found.metric));
  return t('map.line', { line, title: lineTitle(found), value: [mean, spread].filter((part) => part !== '').join(' '), rates: number(found.rates.length), seeds: number(arm.seeds), usable: usableText(arm) });
}
