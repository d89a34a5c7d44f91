// What a decision is asked by, as the address has it, and as conditions and the host take it. Pure.
import type { DecideBy, JsonValue } from '$lib/backend';
import { inCondition } from '$lib/given';

export type Asked = {
  /** Parameters whose values make the arms; none where no question was chosen yet. */
  by: string[];
  /** A condition of the filter language; empty takes all runs. */
  where: string;
  /** `NAME.reading`; null: as the sweeps declare it. */
  metric: string | null;
  /** The smallest effect that was set by hand, in the metric's unit. */
  delta: number | null;
  /** Values of baseline and selected arm, as they are written. */
  base: string | null;
  arm: string | null;
  /** Values of arms that were left out by hand. */
  out: JsonValue[];
};

function values(text: string | undefined): JsonValue[] {
  try {
    const read: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(read) ? (read as JsonValue[]) : [];
  } catch {
    return [];
  }
}

export function asked(params: Readonly<Record<string, string>>): Asked {
  const delta = params['delta'] === undefined ? NaN : Number(params['delta']);
  return {
    by: (params['by'] ?? '').split(',').filter((name) => name !== ''), where: params['where'] ?? '', metric: params['metric'] ?? null,
    delta: Number.isFinite(delta) ? delta : null, base: params['base'] ?? null, arm: params['arm'] ?? null, out: values(params['out']),
  };
}

const isObject = (value: JsonValue): value is { [key in string]: JsonValue } => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as it stands in the address; of several parameters, `name=value` with commas. */
export function written(value: JsonValue): string {
  if (typeof value === 'string') return value;
  return isObject(value) ? Object.entries(value).map(([name, one]) => `${name}=${written(one)}`).join(',') : JSON.stringify(value);
}

/** Every way in which the host may write a value. It knows whole numbers from others, and writes 1 as 1 or as 1.0; here they are one. */
export function spellings(value: JsonValue): string[] {
  if (isObject(value)) {
    const parts = Object.entries(value).map(([name, one]) => spellings(one).map((text) => `${name}=${text}`));
    return parts.reduce<string[]>((all, part) => all.flatMap((head) => part.map((text) => (head === '' ? text : `${head},${text}`))), ['']);
  }
  if (typeof value !== 'number') return [written(value)];
  const plain = String(value);
  return [...new Set([plain, Number.isInteger(value) && !plain.includes('e') ? `${plain}.0` : plain, value.toExponential().replace('e+', 'e')])];
}

/** As a condition has it. */
export function literal(value: JsonValue): string {
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
}

/** That a run is none of this arm. */
function isNone(by: readonly string[], value: JsonValue): string[] {
  const settings: [string, JsonValue][] = isObject(value) ? Object.entries(value) : by[0] === undefined ? [] : [[by[0], value]];
  const parts = settings.filter(([, one]) => one !== null).map(([name, one]) => `${inCondition(name)} != ${literal(one)}`);
  return parts.length === 0 ? [] : [parts.length === 1 ? parts.join('') : `(${parts.join(' or ')})`];
}

/** The condition that takes the runs, without arms that were left out. */
export function filterOf({ by, where, out }: Pick<Asked, 'by' | 'where' | 'out'>): string {
  const left = out.flatMap((value) => isNone(by, value));
  const taken = where.trim() === '' ? [] : [left.length > 0 ? `(${where})` : where];
  return [...taken, ...left].join(' and ');
}

/** The question of an address. `plain`: as it was declared, without what was chosen by hand while looking. */
export function question(one: Asked, plain = false): DecideBy {
  return {
    by: one.by, filter: filterOf(one), ...(one.base === null ? {} : { baseline: one.base }),
    ...(plain || one.metric === null ? {} : { metric: one.metric }), ...(plain || one.delta === null ? {} : { smallest_effect: one.delta }),
  };
}

/** What an answer is of: answers to another question are not shown, those to another δ stay until the new one comes. */
export function scopeOf(one: Asked): string {
  return JSON.stringify([one.by, one.where, one.base]);
}

/** Asks in one spelling after the other, as long as the host knows no such arm. */
export async function inAnySpelling<T>(texts: readonly string[], ask: (text: string) => Promise<T>): Promise<T> {
  const [first = '', ...rest] = texts;
  try {
    return await ask(first);
  } catch (reason) {
    const kind = (reason as { told?: { kind?: string } } | null)?.told?.kind;
    if (rest.length === 0 || kind !== 'failure.no_such_arm') throw reason;
    return inAnySpelling(rest, ask);
  }
}
