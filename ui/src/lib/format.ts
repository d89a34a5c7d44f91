// Numbers, sizes and times as the design writes them, in every language and on every screen: grouped thousands, a true minus, rates as
// 1.5e−4, sizes in powers of 1,024. No other module turns a number into text by itself; a test looks for it.
// Pure: the clock is an argument.
import type { Number as Recorded } from './backend/generated';

export const NONE = '–';
const MINUS = '\u2212';
/** Settings below it are written with an exponent. */
const SMALL = 0.01;

/** `digits` decimals, thousands grouped by commas. */
export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined) return NONE;
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : `${MINUS}Inf`;
  const [whole = '', part] = Math.abs(value).toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  const text = part === undefined ? grouped : `${grouped}.${part}`;
  return value < 0 && Number(text.replaceAll(',', '')) !== 0 ? MINUS + text : text;
}

/** 1.5e−4, with no more digits than needed up to `digits`. */
export function rate(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined) return NONE;
  if (!Number.isFinite(value)) return number(value);
  if (value === 0) return '0';
  const exponent = Math.floor(Math.log10(Math.abs(value)) + 1e-9);
  const mantissa = (value / 10 ** exponent).toFixed(digits).replace(/\.?0+$/, '');
  return `${mantissa.replace('-', MINUS)}e${exponent < 0 ? MINUS : ''}${Math.abs(exponent)}`;
}

/** About `digits` significant digits; rates in exponent form. */
export function significant(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return NONE;
  if (!Number.isFinite(value)) return number(value);
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-3 || size >= 1e9) return rate(value, digits - 1);
  return number(value, Math.max(0, digits - 1 - Math.floor(Math.log10(size) + 1e-9)));
}

/** Whole numbers whole, others with no more digits than they need. */
export function plain(value: number): string {
  if (Number.isInteger(value)) return number(value);
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e9) return rate(value, 6);
  const digits = String(Number(value.toPrecision(6))).split('.')[1]?.length ?? 0;
  return number(value, digits);
}

/** A number that somebody chose, or that follows from one: 0.2, 4,096, and below a hundredth 3e−3. The same wherever it stands. */
export function setting(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return value !== 0 && Math.abs(value) < SMALL ? rate(value, 4) : plain(value);
}

/** How the values of one setting are written beside each other: all with exponents below 1 where one of them needs an exponent. */
export function alike(values: readonly number[]): (value: number) => string {
  const small = values.some((value) => value !== 0 && Math.abs(value) < SMALL);
  return (value) => (small && value !== 0 && Math.abs(value) < 1 ? rate(value) : plain(value));
}

/** A recorded number, which may be non-finite, as a JS number; null stays null. */
export function recorded(value: Recorded | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

export const GIB = 2 ** 30;
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** 1.5 GiB; the host's sentences say sizes in the same way. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (value < 1024) return `${number(value)} B`;
  let [size, unit] = [value / 1024, 0];
  // Whatever would round to 1,024.0 is said in the next unit.
  while (size >= 1023.95 && unit < UNITS.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${number(size, 1)} ${UNITS[unit]}`;
}

/** A value times a factor without the digits that the product invents: 0.07 × 100 is 7. */
export function scaled(value: number, factor: number): number {
  return Number((value * factor).toPrecision(12));
}

export function percent(share: number | null | undefined, digits = 0): string {
  return share === null || share === undefined ? NONE : `${number(share * 100, digits)} %`;
}

/** A signed difference: +1.2, −0.4, ±0. */
export function signed(value: number, digits = 1): string {
  const text = number(Math.abs(value), digits);
  return `${value > 0 ? '+' : value < 0 ? MINUS : '±'}${text}`;
}

/** A duration by its two largest parts, for the catalogue to put into words. */
export function durationParts(seconds: number): { key: 'd' | 'h' | 'm' | 's'; a: number; b: string } {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return { key: 's', a: s, b: '' };
  const m = Math.round(s / 60);
  if (m < 60) return { key: 'm', a: m, b: '' };
  if (m < 2880) return { key: 'h', a: Math.floor(m / 60), b: String(m % 60).padStart(2, '0') };
  return { key: 'd', a: Math.floor(m / 1440), b: String(Math.round((m % 1440) / 60)) };
}

/** 14:03:10 of an RFC 3339 time in the reader's zone; with the date when it is not today, and the year when it is another. */
export function clockTime(at: string, now: Date, seconds = true): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}${seconds ? `:${two(time.getSeconds())}` : ''}`;
  if (time.toDateString() === now.toDateString()) return clock;
  const year = time.getFullYear() === now.getFullYear() ? '' : `${time.getFullYear()}-`;
  return `${year}${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock}`;
}

/** 14:03, so many seconds from now; with the date when that is another day. */
export function timeAfter(seconds: number, now: Date): string {
  return clockTime(new Date(now.getTime() + seconds * 1000).toISOString(), now, false);
}

/** UTC, UTC+9, UTC−3:30: how far the reader's clock is ahead, in minutes. */
export function utcOffset(minutes: number): string {
  if (minutes === 0) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? MINUS : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

/** The first eight letters of a run's id that tell it from others; ids are time-ordered, so the end is taken. */
export function shortId(id: string): string {
  return id.replaceAll('-', '').slice(-8);
}
