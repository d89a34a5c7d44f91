// Sizes as people type them: a number of GiB. Pure.
import { GIB } from '$lib/format';

/** '' for none; as few decimals as tell the size. */
export function gibOf(bytes: number | undefined): string {
  if (bytes === undefined) return '';
  return String(Number((bytes / GIB).toPrecision(4)));
}

/** Null where it is no size. `was`: the bytes that stand behind an unchanged text, which rounding must not change. */
export function bytesOf(gib: string, was?: number): number | null {
  const text = gib.trim();
  if (was !== undefined && text === gibOf(was)) return was;
  if (!/^\d+(\.\d*)?$|^\.\d+$/.test(text)) return null;
  const bytes = Math.round(Number(text) * GIB);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
