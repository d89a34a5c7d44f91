// What a parameter does, in the reader's language: the host's text, or its Korean counterpart.
import type { ParameterInfo } from '$lib/backend';
import { messages, t } from '$lib/i18n/index.svelte';
import { number } from '$lib/format';
import { parameterName } from '$lib/words';
import korean from './help.ko.json';
import { shown, type Problem } from './values';

const KOREAN: Record<string, string> = korean;

export function helpOf(info: ParameterInfo): string {
  return messages.language === 'ko' ? KOREAN[info.name] ?? info.help : info.help;
}

/** 1 to 65,536; empty where the parameter has no range. */
export function rangeOf(info: ParameterInfo): string {
  if (info.min === null || info.max === null) return '';
  return t('sweeps.range', { min: shown(info.min), max: info.max >= 1e9 ? shownLarge(info.max) : shown(info.max) });
}

const shownLarge = (value: number) => value.toExponential(0).replace('e+', 'e');

export function unitOf(info: ParameterInfo): string {
  return info.unit === null ? '' : messages.language === 'ko' ? KOREAN[`unit.${info.unit}`] ?? info.unit : info.unit;
}

/** A parameter beside its values: frozen and learned are said of the patch projection itself. */
export function axisName(parameter: string): string {
  return parameter === 'frozen_patch_projection' ? t('layer.patch_embed') : parameterName(parameter);
}

/** A value of a parameter in words: frozen or learned for the patch projection, yes or no, else as it is. */
export function valueName(parameter: string, value: unknown): string {
  if (parameter === 'frozen_patch_projection' && typeof value === 'boolean') return t(value ? 'sweeps.frozen' : 'sweeps.learned');
  if (typeof value === 'boolean') return t(value ? 'value.true' : 'value.false');
  return shown(value as Parameters<typeof shown>[0]);
}

/** Values that were typed though they are there: 512 is there already. */
export function againText(parameter: string, values: readonly unknown[]): string {
  if (values.length === 0) return '';
  const names = values.map((value) => valueName(parameter, value)).join(', ');
  return t('sweeps.there_already', { n: number(values.length), values: names });
}

/** What is wrong with a typed value. */
export function problemText(problem: Problem, parameter?: ParameterInfo): string {
  if (problem.kind === 'range') return t('sweeps.problem.range', { text: problem.text, min: shown(problem.min), max: shown(problem.max) });
  if (problem.kind === 'width') return t('sweeps.problem.width', { text: problem.text, n: number(problem.width) });
  if (problem.kind === 'not_choice') return t('sweeps.problem.not_choice', { text: problem.text, choices: parameter?.choices.join(', ') ?? '' });
  return t(`sweeps.problem.${problem.kind}`, { text: problem.text, parameter: parameter === undefined ? '' : parameterName(parameter.name) });
}
