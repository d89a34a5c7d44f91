// What goes from Decide into a figure: the question that the host answers anew, words for its answer, and the sentences without which
// the picture would say more than it may. Holds no number of the answer. Pure but for the catalogue.
import type { ArmComparison, DecideBy, Decision, FigureDecision } from '$lib/backend';
import { t } from '$lib/i18n/index.svelte';
import { asSentence } from '$lib/i18n/say';
import { intervals, sorted, VERDICTS } from './decide';
import { deltaShown, type Unit } from './decide-text';

type Shown = { by: DecideBy; unit: Unit; arms: readonly { text: string; name: string; slot: number }[] };

export function decisionOf({ by, unit, arms }: Shown): FigureDecision {
  return {
    of: by, scale: unit.times, arms: arms.map(({ text, name, slot }) => ({ written: text, label: name, slot })),
    words: {
      // What stands before the number.
      seed: t('decide.seed', { n: '' }).trim(), mean: t('decide.mean'), failed: t('decide.failed'), missing: t('decide.twin_missing'), on_the_way: t('decide.not_ended'),
      not_comparable: t('decide.verdict.not_comparable'), uncorrected: t('decide.p_uncorrected'),
    },
  };
}

/** Which correction the p of a forest plot have; arms that cannot be compared take no share of it. */
export function correctionText(comparisons: readonly ArmComparison[]): string {
  const tested = comparisons.filter((one) => one.verdict !== 'not_comparable');
  const found = tested.find((one) => one.correction !== 'none')?.correction ?? 'none';
  if (found !== 'none') return t('decide.corrected_for', { n: tested.length, name: t(`decide.correction.${found}`) });
  return tested.length > 1 ? t('decide.uncorrected_many', { n: tested.length }) : t('decide.uncorrected');
}

/** What bars and dots of a forest plot are. */
export function barsText(comparisons: readonly ArmComparison[]): string {
  const tested = comparisons.filter((one) => one.verdict !== 'not_comparable');
  const bars = tested.every((one) => one.correction === 'none') ? t('decide.thick') : t('decide.thick_thin', { n: tested.length });
  return tested.some((one) => intervals(one).own === null) ? `${bars} · ${t('decide.below_three')}` : bars;
}


/** What is shaded; nothing without a δ. */
export function deltaNotes(decision: Pick<Decision, 'smallest_effect'>, unit: Unit): string[] {
  const delta = [deltaShown(decision.smallest_effect, unit), unit.difference].filter((part) => part !== '').join(' ');
  return decision.smallest_effect === null ? [] : [asSentence(t('decide.figure_delta', { delta }))];
}

/** The signs that the plot has, in words: those of verdicts that were given, and no other. */
export function signsText(comparisons: readonly ArmComparison[]): string {
  const given = Object.entries(VERDICTS).filter(([verdict]) => comparisons.some((one) => one.verdict === verdict));
  return given.map(([verdict, { sign }]) => `${sign} ${t(`decide.legend.${verdict as keyof typeof VERDICTS}`)}`).join(', ');
}

/** `base`: what the baseline is called, which has no row of its own. */
export function forestNotes(decision: Decision, unit: Unit, base: string): string[] {
  const all = sorted(decision);
  return [[t('decide.figure_base', { base }), signsText(all), barsText(all), correctionText(all)].map(asSentence).join(' '), ...deltaNotes(decision, unit)];
}
