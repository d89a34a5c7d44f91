// Numbers of a decision as they are read: accuracies in percent and their differences in points, p, intervals, verdicts in words.
// Pure but for the catalogue.
import type { ArmComparison, Decision } from '$lib/backend';
import { NONE, number, percent, rate, scaled, significant } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { metricName, rowOf } from '$lib/metrics';
import { parameterName } from '$lib/words';
import { isSmall, otherSettings, type Interval } from './decide';
import type { Asked } from './decide-address';

/** What values are shown times, their unit, and that of their differences. */
export type Unit = { times: number; unit: string; difference: string };

export function unitOf(metric: string): Unit {
  const row = rowOf(metric);
  if (row?.reads === 'percent') return { times: 100, unit: '%', difference: t('decide.points') };
  return { times: 1, unit: row?.unit ?? '', difference: row?.unit ?? '' };
}

const MOST_DIGITS = 6;

/** Decimals that tell apart what differs by so much, as it is shown: one of a spread from a quarter on, two of less. */
export function digitsFor(spread: number, unit: Unit): number {
  const least = unit.times === 100 ? 1 : 0;
  const size = Math.abs(spread);
  return size > 0 && Number.isFinite(size) ? Math.min(MOST_DIGITS, Math.max(least, 1 - Math.floor(Math.log10(4 * size) + 1e-9))) : least;
}

/** Of one arm: by its interval where it has one, else by the difference. */
export function digitsOf(one: Pick<ArmComparison, 'difference' | 'interval' | 'pairs'>, unit: Unit): number {
  const width = one.interval === null || one.pairs < 3 ? 0 : one.interval[1] - one.interval[0];
  return digitsFor((width > 0 ? width : one.difference ?? 0) * unit.times, unit);
}

/** A value of a curve, which is read beside others of the same step. */
export const curveValue = (value: number, unit: Unit): string => (unit.times === 100 ? number(scaled(value, 100), 2) : significant(value, 4));

/** A value as it is shown, without its unit. */
export function valueShown(value: number | null, unit: Unit, digits?: number): string {
  if (value === null) return NONE;
  if (unit.times === 100) return number(scaled(value, 100), digits ?? 1);
  return digits === undefined ? significant(value, 4) : number(value, digits);
}

/** What decimals cannot hold has an exponent. */
function decimal(size: number, digits: number): string {
  return size > 0 && digits >= MOST_DIGITS && size < 10 ** -MOST_DIGITS * 10 ? rate(size) : number(size, digits);
}

/** +1.7, −0.03, ±0. */
export function differenceShown(value: number | null, unit: Unit, digits: number): string {
  if (value === null) return NONE;
  const shown = scaled(value, unit.times);
  return `${shown > 0 ? '+' : shown < 0 ? '−' : '±'}${decimal(Math.abs(shown), digits)}`;
}

/** 1.2 to 2.2, of differences. */
export function intervalShown(interval: Interval | null, unit: Unit, digits: number): string {
  if (interval === null) return NONE;
  const one = (value: number) => `${value < 0 ? '−' : ''}${decimal(Math.abs(scaled(value, unit.times)), digits)}`;
  return t('decide.interval', { low: one(interval[0]), high: one(interval[1]) });
}

/** δ as it is typed: with no more digits than it has. */
export function deltaShown(delta: number | null, unit: Unit): string {
  return delta === null ? '' : String(scaled(delta, unit.times));
}

/** 0.0078, 0.039, 0.27, < 0.0001. */
export function pShown(p: number | null): string {
  if (p === null) return NONE;
  if (p < 1e-4) return '< 0.0001';
  return p >= 0.995 ? '1' : significant(p, 2);
}

/** Which value of the metric stands for a run. */
export function readingName(value: string): string {
  const mean = /^mean(\d+)$/.exec(value);
  if (mean !== null) return t('decide.value.mean', { n: mean[1] ?? '' });
  return value === 'best' || value === 'min' || value === 'max' ? t(`decide.value.${value}`) : t('decide.value.last');
}

/** kNN accuracy, mean of the last 10. */
export function outcomeName({ metric, value }: Pick<Decision, 'metric' | 'value'>): string {
  return t('decide.outcome', { metric: metricName(metric), value: readingName(value) });
}

export type Changed = { delta: string | null; outcome: string | null; correction: string | null };

/** What was changed by hand after looking, in sentences: δ, what stands for a run, and what is done for several arms. */
export function changedByHand(decision: Decision, unit: Unit, asked: Pick<Asked, 'metric' | 'correction'>): Changed {
  const [, metric = '', value = ''] = /^(.*)\.([^.]+)$/.exec(decision.declared_metric ?? '') ?? [];
  const outcome = decision.declared_metric === null ? (asked.metric === null ? null : t('decide.metric_set'))
    : decision.declared_metric === `${decision.metric}.${decision.value}` ? null : t('decide.metric_changed', { before: outcomeName({ metric, value }) });
  const correction = asked.correction === null ? null : t(`decide.correction_changed.${asked.correction}`);
  if (decision.declared_effect === decision.smallest_effect) return { delta: null, outcome, correction };
  // Of another metric δ has another unit.
  const other = decision.declared_metric !== null && metric !== decision.metric;
  const before = decision.declared_effect === null || other ? null : [deltaShown(decision.declared_effect, unit), unit.difference].filter((part) => part !== '').join(' ');
  return { delta: before === null ? t('decide.delta_set') : t('decide.delta_changed', { before }), outcome, correction };
}

export function changesOf(decision: Decision, unit: Unit, asked: Pick<Asked, 'metric' | 'correction'>): string[] {
  const changed = changedByHand(decision, unit, asked);
  return [changed.delta, changed.outcome, changed.correction].filter((note) => note !== null);
}

/** The verdict as a sentence about the arm. */
export function verdictTitle(one: ArmComparison, name: string, delta: number | null, unit: Unit): string {
  const size = deltaShown(delta, unit);
  switch (one.verdict) {
    case 'helps': return isSmall(one, delta) ? t('decide.helps_small', { arm: name, delta: size }) : t('decide.helps', { arm: name });
    case 'hurts': return isSmall(one, delta) ? t('decide.hurts_small', { arm: name, delta: size }) : t('decide.hurts', { arm: name });
    case 'no_difference': return t('decide.none_larger', { delta: size });
    case 'undecided': return t('decide.verdict.undecided');
    case 'not_comparable': return t('decide.verdict.not_comparable');
  }
}

/** The verdict in a word or two, beside its sign. */
export function verdictShort(one: ArmComparison): string {
  if (one.verdict === 'undecided' && one.missing_pairs !== null && one.missing_pairs > 0) return t('decide.of_pairs', { pairs: one.pairs, of: one.pairs + one.missing_pairs });
  if (one.verdict === 'not_comparable') return t('decide.settings_differ', { n: otherSettings(one).length });
  return t(`decide.verdict.${one.verdict}`);
}

/** What else differs: Depth and Beta 2 differ too. */
export function differText(one: ArmComparison): string {
  const names = otherSettings(one);
  return t('decide.differ_too', { n: names.length, names: names.map(parameterName).join(', ') });
}

/** The chance of a verdict: 62 %, under 1 %. */
export function chanceShown(share: number): string {
  return share < 0.01 ? t('decide.under', { percent: percent(0.01) }) : percent(share);
}

/** Which look at the data this is; empty where none is told of. */
export function lookText(one: ArmComparison): string {
  const { look } = one;
  switch (look?.kind) {
    case 'declared': return t('decide.look.declared', { number: look.number ?? 1, of: look.of ?? 1 });
    case 'between': return look.next == null ? t('decide.look.over') : t('decide.look.between', { next: look.next });
    case 'any_time': return t('decide.look.any_time');
    case 'once': return t('decide.look.once');
    default: return '';
  }
}

/** How p was made fit for several arms; null where there is one arm. */
export function correctionName(one: Pick<ArmComparison, 'correction'>, arms: number): string | null {
  return one.correction === 'none' ? null : t(`decide.corrected.${one.correction}`, { n: arms });
}

/** p has all flips of so many pairs; of more it is drawn. */
const MOST_EXACT = 16;

/** The numbers of a card, each with its name. */
export function facts(one: ArmComparison, arms: number, unit: Unit): { key: string; name: string; value: string }[] {
  const digits = digitsOf(one, unit);
  if (one.verdict === 'not_comparable') {
    return [{ key: 'settings', name: t('decide.fact.settings'), value: number(otherSettings(one).length) }, { key: 'p', name: 'p', value: t('decide.fact.not_computed') }];
  }
  const few = one.pairs < 3;
  const corrected = correctionName(one, arms);
  const look = one.look?.kind;
  return [
    { key: 'interval', name: t('decide.fact.interval'), value: few ? NONE : intervalShown(one.interval, unit, digits) },
    { key: 'pairs', name: t('decide.fact.pairs'), value: number(one.pairs) },
    { key: 'p', name: t(one.pairs <= MOST_EXACT ? 'decide.fact.flips_exact' : 'decide.fact.flips'), value: pShown(one.p_sign_flip) },
    ...(look === 'any_time' ? [{ key: 'e', name: t('decide.fact.e_value'), value: significant(one.e_value, 2) }] : []),
    ...(corrected === null && arms > 1 ? [{ key: 'uncorrected', name: t('decide.fact.uncorrected'), value: pShown(one.p) }] : corrected !== null ? [{ key: 'corrected', name: corrected, value: pShown(one.p_corrected) }]
      : look === 'declared' ? [{ key: 'deciding', name: t('decide.fact.deciding'), value: pShown(one.p) }] : []),
  ];
}

/** Failed runs of both sides; their exact test once a side has any. */
export function failuresText(one: ArmComparison): string {
  const [arm, of] = one.failures.arm;
  const [base, ofBase] = one.failures.baseline;
  const counts = t('decide.failures', { arm: number(arm), of: number(of), base: number(base), of_base: number(ofBase) });
  return arm + base === 0 ? counts : `${counts} · ${t('decide.failures_p', { p: pShown(one.failures.p) })}`;
}
