// Rate sensitivity as it is read: numbers with their spread, what was counted as what, and what was left out. Pure but for the catalogue.
import type { RateOutcome, RateSensitivity, SensitivityOfRates } from '$lib/backend';
import { NONE, number, plain, scaled, significant } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { parameterName, valueText } from '$lib/words';
import { valueShown, type Unit } from '../../compare/decide-text';

export type ShownArm = { arm: RateSensitivity; name: string; slot: number };

/** The least sensitive first; arms of which nothing is known last. */
export const calmest = (arms: readonly ShownArm[]): ShownArm[] => [...arms].sort((a, b) => (a.arm.sensitivity ?? Infinity) - (b.arm.sensitivity ?? Infinity));

const loss = (value: number, unit: Unit): string => (unit.times === 100 ? number(scaled(value, 100), 1) : significant(value, 3));

/** 3.9, and ± 0.3 where several seeds say so. */
export function sensitivityText({ sensitivity, std }: Pick<RateSensitivity, 'sensitivity' | 'std'>, unit: Unit): { mean: string; spread: string } {
  if (sensitivity === null) return { mean: NONE, spread: '' };
  return { mean: loss(sensitivity, unit), spread: std === null ? '' : `± ${loss(std, unit)}` };
}

/** 3.3 ×; ≥ where it reaches an end of the sweep. */
export function usableText({ usable, usable_reaches_end: open }: Pick<RateSensitivity, 'usable' | 'usable_reaches_end'>): string {
  if (usable === null) return NONE;
  const factor = usable[1] / usable[0];
  return `${open ? '≥ ' : ''}${factor < 10 ? number(factor, 1) : significant(factor, 3)} ×`;
}

/** 66.4 (3), of which so many failed. */
export function pointText(point: RateOutcome | null, unit: Unit): string {
  if (point === null) return NONE;
  const failed = point.failed > 0 ? t('runs.group_failed', { n: number(point.failed) }) : '';
  if (point.mean === null) return failed;
  return `${valueShown(point.mean, unit)} (${number(point.n)}${failed === '' ? '' : `; ${failed}`})`;
}

/** Where the start of all arms is one, as it is read, it is said once. */
function startText(found: SensitivityOfRates, unit: Unit): string {
  const starts = [...new Set(found.arms.map((arm) => valueShown(arm.start, unit)))];
  const sorted = [...found.arms].sort((a, b) => a.start - b.start);
  const [low, high] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined) return NONE;
  const text = starts.length === 1 ? starts.join('') : t('explore.range', { low: valueShown(low.start, unit), high: valueShown(high.start, unit) });
  return unit.unit === '' ? text : `${text} ${unit.unit}`;
}

/** What the numbers are, in sentences. */
export function notesOf(found: SensitivityOfRates, unit: Unit): { head: string; text: string }[] {
  const within = unit.times === 100 ? `${plain(scaled(found.within, 100))} ${unit.difference}` : [significant(found.within, 2), unit.unit].filter((part) => part !== '').join(' ');
  const seeds = [...new Set(found.arms.map((arm) => arm.seeds))].sort((a, b) => a - b);
  return [
    { head: t('explore.sensitivity_word'), text: t('explore.sensitivity_text', { n: number(found.rates.length), start: startText(found, unit), seeds: seeds.map((n) => number(n)).join(', ') }) },
    { head: t('explore.usable'), text: t('explore.usable_text', { within }) },
  ];
}

/** What is held, and which runs are no part of the numbers; empty where nothing is. */
export function leftOut({ held, held_out: heldOut, lacking, left_out: imported }: Pick<SensitivityOfRates, 'held' | 'held_out' | 'lacking' | 'left_out'>): string {
  const settings = Object.entries(held).map(([name, value]) => `${parameterName(name)} ${valueText(value)}`).join(' · ');
  return [
    ...(settings === '' ? [] : [t('explore.held', { settings, n: number(heldOut) })]),
    ...(lacking === 0 ? [] : [t('explore.lacking', { n: number(lacking) })]),
    ...(imported === 0 ? [] : [t('explore.imported', { n: number(imported) })]),
  ].join(' ');
}

/** The picture in a sentence. */
export function ratesSummary(found: SensitivityOfRates, arms: readonly ShownArm[], unit: Unit): string {
  return t('explore.rates_summary', { n: number(found.rates.length), arms: calmest(arms).map(({ arm, name }) => `${name} ${sensitivityText(arm, unit).mean}`).join(', ') });
}
