// Values as one types them: `1e-4, 5e-4` for an axis, `lamb / 1e-3` for values that move together, `0-5` for seeds.
// Checks type, range and choices so that a field can say what is wrong before the host is asked. Pure.
import type { JsonValue, ParameterInfo } from '$lib/backend';
import { setting } from '$lib/format';

export type Problem =
  | { kind: 'not_number' | 'not_integer' | 'not_bool' | 'not_choice' | 'empty' | 'not_seed'; text: string }
  | { kind: 'range_alone' | 'range_length' | 'range_count' | 'range_zero' | 'range_step' | 'range_away' | 'range_words'; text: string }
  | { kind: 'range'; text: string; min: number; max: number }
  | { kind: 'width'; text: string; width: number };
/** What was typed: new values, values that were there already, and what could not be taken. */
export type Parsed<T> = { values: T[]; again: T[]; problems: Problem[] };
type One = { value: JsonValue } | { problem: Problem };

const TRUE = ['true', 'yes', 'on', 'frozen'];
const FALSE = ['false', 'no', 'off', 'learned'];
/** More seeds than this are a slip of the finger, not a wish. */
const MOST_SEEDS = 1000;

/** A number as it is shown anywhere (`−2,340`, `1e−3`), as JavaScript reads it. */
function plain(text: string): string {
  const grouped = /^[+-\u2212]?\d{1,3}(?:([,\s])\d{3})(?:\1\d{3})*(?:\.\d+)?$/.test(text);
  return (grouped ? text.replaceAll(/[,\s]/g, '') : text).replaceAll('\u2212', '-').replaceAll('_', '');
}

/** One value of a parameter. */
export function parseValue(typed: string, info: ParameterInfo | undefined): One {
  const text = typed.trim().replace(/^(["'])(.*)\1$/, '$2');
  if (text === '') return { problem: { kind: 'empty', text } };
  const kind = info?.kind ?? 'text';
  if (kind === 'bool') {
    const word = text.toLowerCase();
    if (TRUE.includes(word)) return { value: true };
    return FALSE.includes(word) ? { value: false } : { problem: { kind: 'not_bool', text } };
  }
  if (kind === 'choice') return info?.choices.includes(text) ? { value: text } : { problem: { kind: 'not_choice', text } };
  if (kind !== 'integer' && kind !== 'number') return { value: text };
  const value = Number(plain(text));
  if (!Number.isFinite(value)) return { problem: { kind: 'not_number', text } };
  if (kind === 'integer' && !Number.isInteger(value)) return { problem: { kind: 'not_integer', text } };
  const min = info?.min ?? -Infinity;
  const max = info?.max ?? Infinity;
  return value < min || value > max ? { problem: { kind: 'range', text, min, max } } : { value };
}

/** Several values, apart by commas, semicolons or blanks. Values that `present` has already come apart. */
export function parseValues(typed: string, info: ParameterInfo | undefined, present: readonly JsonValue[] = []): Parsed<JsonValue> {
  return collect(typed.split(info?.kind === 'text' ? /[,;\n]+/ : /[,;\s]+/), (part) => parseValue(part, info), present);
}

/** Rows of values that move together: `lamb / 1e-3, adamw / 0.1`. */
export function parseRows(typed: string, infos: readonly (ParameterInfo | undefined)[], present: readonly JsonValue[] = []): Parsed<JsonValue[]> {
  const row = (text: string): One => {
    const parts = text.split('/').map((part) => part.trim());
    if (parts.length !== infos.length) return { problem: { kind: 'width', text: text.trim(), width: infos.length } };
    const cells = parts.map((part, i) => parseValue(part, infos[i]));
    const wrong = cells.find((cell) => 'problem' in cell);
    return wrong ?? { value: cells.map((cell) => ('value' in cell ? cell.value : null)) };
  };
  return collect(typed.split(/[,;\n]+/), row, present) as Parsed<JsonValue[]>;
}

/** Seeds: whole numbers from 0, and spans such as `0-5`. */
export function parseSeeds(typed: string, present: readonly number[] = []): Parsed<number> {
  const values: number[] = [];
  const again: number[] = [];
  const problems: Problem[] = [];
  for (const part of typed.split(/[,;\s]+/).filter((one) => one !== '')) {
    const span = /^(\d+)(?:(?:-|\.\.)(\d+))?$/.exec(part);
    const from = Number(span?.[1]);
    const to = Number(span?.[2] ?? span?.[1]);
    if (span === null || to < from || to - from >= MOST_SEEDS || !Number.isSafeInteger(to)) problems.push({ kind: 'not_seed', text: part });
    else for (let seed = from; seed <= to; seed += 1) (present.includes(seed) || values.includes(seed) ? again : values).push(seed);
  }
  return { values, again, problems };
}

function collect(parts: string[], parse: (part: string) => One, present: readonly JsonValue[]): Parsed<JsonValue> {
  const values: JsonValue[] = [];
  const again: JsonValue[] = [];
  const problems: Problem[] = [];
  for (const part of parts.filter((one) => one.trim() !== '')) {
    const one = parse(part);
    if ('problem' in one) problems.push(one.problem);
    else ([...present, ...values].some((known) => same(known, one.value)) ? again : values).push(one.value);
  }
  return { values, again, problems };
}

export function same(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A value as one would type it: 1.5e-4, 0.2, sincos. */
export function typed(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map((one) => typed(one)).join(' / ');
  if (typeof value !== 'number') return String(value);
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e15)) return value.toExponential().replace('e+', 'e');
  return String(value);
}

/** A value as the design writes it, words as in a file: 1.5e−4, 4,096, sincos, true. */
export function shown(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return value.map((one) => shown(one)).join(' / ');
  if (typeof value !== 'number') return typed(value);
  return setting(value);
}

/** Numbers in order, everything else as it was; for axes whose order carries no meaning of its own. */
export function ordered(values: JsonValue[]): JsonValue[] {
  return values.every((one) => typeof one === 'number') ? [...(values as number[])].sort((a, b) => a - b) : values;
}
