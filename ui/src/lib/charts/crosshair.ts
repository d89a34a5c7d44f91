// What lines have at the crosshair, the highest first, each with its difference to one of them. Pure.
import { number, rate } from '../format';
import type { Line } from './series';
import { boundOf, readAt } from './value-at';

export type Read = {
  key: string;
  label: string;
  slot: number;
  solid: boolean;
  value: number;
  /** To the line it is measured against; null for that line itself, and where it has no finite value there. */
  difference: number | null;
};

/** Ghosts are left out, and so are lines that begin behind the step or have ended before it. `against`: the key of a line. */
export function readLines(lines: readonly Line[], step: number, against: string | null): Read[] {
  return measured(lines.filter((line) => line.quiet !== true).flatMap((line): Omit<Read, 'difference'>[] => {
    const columns = line.smoothed ?? line.columns;
    const found = readAt(columns, step);
    return columns === null || found === null || step > boundOf(columns, columns.step.length - 1, Infinity) ? [] : [{ key: line.key, label: line.short ?? line.label, slot: line.slot, solid: line.solid ?? false, value: found.value }];
  }), against);
}

/** The highest first, each with its difference to that of the key. */
export function measured(read: readonly Omit<Read, 'difference'>[], against: string | null): Read[] {
  const base = read.find((one) => one.key === against)?.value ?? NaN;
  const rank = (value: number) => (Number.isNaN(value) ? -Infinity : value);
  return read
    .map((one) => ({ ...one, difference: one.key !== against && Number.isFinite(one.value - base) ? one.value - base : null }))
    .sort((a, b) => (rank(a.value) === rank(b.value) ? 0 : rank(b.value) - rank(a.value)));
}

/** A difference with the decimals of the value that it is of; beside an exponent it has one. */
export function differenceText(difference: number, beside: string): string {
  const sign = difference > 0 ? '+' : difference < 0 ? '−' : '±';
  const size = Math.abs(difference);
  if (beside.includes('e')) return `${sign}${rate(size, 1)}`;
  const text = number(size, beside.split('.')[1]?.length ?? 0);
  return Number(text.replaceAll(',', '')) === 0 ? `±${text}` : `${sign}${text}`;
}
