// Conditions of an exclusion: as the file has them (a value, a list, a table of bounds), as one asks for them in the form, and
// as signs to read. Pure.
import type { JsonValue, ParameterInfo } from '$lib/backend';
import { parseValue, same } from './values';

/** What can be asked of a parameter; `any` asks nothing. */
export const ASKS = ['any', 'is', 'not', 'from', 'above', 'to', 'below'] as const;
export type Ask = (typeof ASKS)[number];

export const SIGN: Record<Exclude<Ask, 'any'>, string> = { is: '=', not: '\u2260', from: '\u2265', above: '>', to: '\u2264', below: '<' };

/** One row of the form: values that are chosen, or a bound that is typed. */
export type Asked = { ask: Ask; values: JsonValue[]; bound: string };

export const nothing = (): Asked => ({ ask: 'any', values: [], bound: '' });

export const asksBound = (ask: Ask): ask is 'from' | 'above' | 'to' | 'below' => ask !== 'any' && ask !== 'is' && ask !== 'not';

/** What can be asked of a parameter of that kind: only numbers have an order. */
export function asksOf(info: ParameterInfo | undefined): readonly Ask[] {
  return info?.kind === 'integer' || info?.kind === 'number' ? ASKS : ['any', 'is', 'not'];
}

/** The condition as the file writes it; null where nothing is asked, or not yet. */
export function conditionOf(asked: Asked): JsonValue {
  if (asked.ask === 'any') return null;
  if (asksBound(asked.ask)) {
    // A bound may lie outside what the parameter itself can be.
    const bound = parseValue(asked.bound, { kind: 'number' } as ParameterInfo);
    return 'value' in bound ? { [asked.ask]: bound.value } : null;
  }
  const [one, ...more] = asked.values;
  if (one === undefined) return null;
  const values = more.length === 0 ? one : asked.values;
  return asked.ask === 'is' ? values : { not: values };
}

/** Whether something is asked that is not yet said. */
export const isUnfinished = (asked: Asked): boolean => asked.ask !== 'any' && conditionOf(asked) === null;

export type Phrase = { sign: string; values: JsonValue[] };

/** A condition of the file as signs and values: ≥ 1e−3 and < 1e−2. */
export function phrases(condition: JsonValue): Phrase[] {
  const list = (value: JsonValue) => (Array.isArray(value) ? value : [value]);
  if (condition === null || typeof condition !== 'object' || Array.isArray(condition)) return [{ sign: SIGN.is, values: list(condition) }];
  return Object.entries(condition).map(([word, value]) => ({ sign: word in SIGN ? SIGN[word as Exclude<Ask, 'any'>] : word, values: list(value) }));
}

/** A value in or out of those chosen, in the order of the axis. */
export function toggled(chosen: readonly JsonValue[], value: JsonValue, all: readonly JsonValue[]): JsonValue[] {
  const has = chosen.some((one) => same(one, value));
  return all.filter((one) => (same(one, value) ? !has : chosen.some((other) => same(other, one))));
}
