// Ranges as one types them: `1e-4..1e-2 x5 log`, `0.1..0.5 x5`, `64..256 step 64`. The host spaces the values; here it is
// only read what was meant, and said what is missing. Pure.
import type { AxisSpacing, FormAxis, ParameterInfo } from '$lib/backend';
import { parseValue, shown, typed, type Problem } from './values';

const RANGE = /^(\S+?)\s*(?:\.\.\.?|…)\s*(\S+)(.*)$/;
const COUNT = /^[x×](\d+)$/i;
/** As many runs as a sweep may have. */
const MOST = 10_000;

type RangeKind = Extract<Problem['kind'], `range_${string}`>;

/** Whether a text is meant as a range and not as values. */
export function isRange(text: string, info: ParameterInfo | undefined): boolean {
  return (info?.kind === 'integer' || info?.kind === 'number') && /\.\.|…/.test(text);
}

/** A range, or what is wrong with it. */
export function parseRange(text: string, info: ParameterInfo): { spacing: AxisSpacing } | { problem: Problem } {
  const problem = (kind: RangeKind): { problem: Problem } => ({ problem: { kind, text: text.trim() } });
  if (/[,;]/.test(text)) return problem('range_alone');
  const [, first = '', last = '', rest = ''] = RANGE.exec(text.trim()) ?? [];
  const ends = [parseValue(first, info), parseValue(last, info)] as const;
  for (const end of ends) if ('problem' in end) return end;
  const [from, to] = ends.map((end) => ('value' in end ? Number(end.value) : NaN)) as [number, number];
  const words = rest.trim().toLowerCase().replace(/([x×])\s+(?=\d)/, '$1').split(/\s+/).filter((word) => word !== '');
  const step = words.indexOf('step');
  if (step >= 0) {
    const by = Number(words[step + 1]);
    if (words.length !== 2 || step !== 0 || !Number.isInteger(from) || !Number.isInteger(to) || !Number.isInteger(by) || by === 0) return problem('range_step');
    return (to - from) * by < 0 ? problem('range_away') : { spacing: { form: 'range', from, to, step: by } };
  }
  const counts = words.flatMap((word) => COUNT.exec(word)?.[1] ?? []).map(Number);
  const forms = words.filter((word) => !COUNT.test(word));
  const [count] = counts;
  if (forms.some((word) => !['log', 'linear', 'lin'].includes(word)) || forms.length > 1 || counts.length > 1) return problem('range_words');
  if (count === undefined) return problem('range_length');
  if (count < 2 || count > MOST) return problem('range_count');
  if (forms[0] !== 'log') return { spacing: { form: 'linear', from, to, count } };
  return from <= 0 || to <= 0 ? problem('range_zero') : { spacing: { form: 'log', from, to, count } };
}

/** How an axis is spaced: what its chip says, and what one would type. Null where it is a list. */
export function spacingOf(axis: FormAxis): { form: 'log' | 'linear' | 'range'; count: number; from: string; to: string; typed: string } | null {
  const { form } = axis;
  if (form !== 'log' && form !== 'linear' && form !== 'range') return null;
  const values = axis.values.map((row) => row[0]);
  const [first, last] = [values[0], values.at(-1)];
  if (first === undefined || last === undefined) return null;
  const tail = form === 'range' ? `step ${typed(Number(values[1] ?? first) - Number(first) || 1)}` : `x${values.length}${form === 'log' ? ' log' : ''}`;
  return { form, count: values.length, from: shown(first), to: shown(last), typed: `${typed(first)}..${typed(last)} ${tail}` };
}
