// What a decision is asked by, as the address has it, and as conditions and the host take it. Pure.
import type { ArmCorrection, DecideBy, JsonValue } from '$lib/backend';
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
  /** What is done for several arms; null: what is usual. */
  correction: Exclude<ArmCorrection, 'usual'> | null;
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
  const correction = params['correction'];
  const delta = params['delta'] === undefined ? NaN : Number(params['delta']);
  return {
    by: (params['by'] ?? '').split(',').filter((name) => name !== ''), where: params['where'] ?? '', metric: params['metric'] ?? null,
    delta: Number.isFinite(delta) ? delta : null, correction: correction === 'holm' || correction === 'none' ? correction : null, base: params['base'] ?? null, arm: params['arm'] ?? null, out: values(params['out']),
  };
}

const isObject = (value: JsonValue): value is { [key in string]: JsonValue } => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value by which arms are told apart here before the host has said how it writes them; of several parameters, `name=value` with commas. */
export function written(value: JsonValue): string {
  if (typeof value === 'string') return value;
  return isObject(value) ? Object.entries(value).map(([name, one]) => `${name}=${written(one)}`).join(',') : JSON.stringify(value);
}

/** As a condition has it. */
export function literal(value: JsonValue): string {
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
}

/** Each parameter of an arm with its value. */
function settingsOf(by: readonly string[], value: JsonValue): [string, JsonValue][] {
  return isObject(value) ? Object.entries(value) : by[0] === undefined ? [] : [[by[0], value]];
}

/** That a run is one of this arm. */
export function conditionOf(by: readonly string[], value: JsonValue): string {
  return settingsOf(by, value).map(([name, one]) => `${inCondition(name)} = ${literal(one)}`).join(' and ');
}

/** That a run is none of this arm. */
function isNone(by: readonly string[], value: JsonValue): string[] {
  const parts = settingsOf(by, value).filter(([, one]) => one !== null).map(([name, one]) => `${inCondition(name)} != ${literal(one)}`);
  return parts.length === 0 ? [] : [parts.length === 1 ? parts.join('') : `(${parts.join(' or ')})`];
}

/** The condition that takes the runs, without arms that were left out. */
export function filterOf({ by, where, out }: Pick<Asked, 'by' | 'where' | 'out'>): string {
  const left = out.flatMap((value) => isNone(by, value));
  const taken = where.trim() === '' ? [] : [left.length > 0 ? `(${where})` : where];
  return [...taken, ...left].join(' and ');
}

/** The question of an address. */
export function question(one: Asked): DecideBy {
  return {
    by: one.by, filter: filterOf(one), ...(one.base === null ? {} : { baseline: one.base }),
    ...(one.metric === null ? {} : { metric: one.metric }), ...(one.delta === null ? {} : { smallest_effect: one.delta }),
    ...(one.correction === null ? {} : { correction: one.correction }),
  };
}

/** What an answer is of: answers to another question are not shown, those to another δ stay until the new one comes. */
export function scopeOf(one: Asked): string {
  return JSON.stringify([one.by, one.where, one.base]);
}
