// The rules of alarms as the form shows and changes them. Pure.
import type { AlarmSettings } from '$lib/backend';
import { KINDS, type Kind } from '$lib/alarm-kinds';

/** Kinds that have a size to begin from. */
export const SIZED: readonly Kind[] = ['spike', 'dip'];

/** What stands in a kind's row; a size '' for every one that is found. */
export type Row = { listed: boolean; notified: boolean; from: string };
export type Typed = { injected?: boolean; kinds: Partial<Record<Kind, Partial<Row>>> };

/** What is typed, else what is stored. */
export function rowOf(kind: Kind, stored: AlarmSettings, typed: Typed): Row {
  const { listed, notified, from } = stored.kinds[kind] ?? { listed: true, notified: true, from: null };
  return { listed, notified, from: from === null ? '' : String(from), ...typed.kinds[kind] };
}

/** A size above 0, none where the field is empty, or undefined where it is no size. */
function sizeOf(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const size = /^(\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : 0;
  return size > 0 ? size : undefined;
}

/** The first kind whose size is none; null: all are well. */
export function faultOf(stored: AlarmSettings, typed: Typed): Kind | null {
  return SIZED.find((kind) => sizeOf(rowOf(kind, stored, typed).from) === undefined) ?? null;
}

export function toStore(stored: AlarmSettings, typed: Typed): AlarmSettings {
  const rule = (kind: Kind) => {
    const { listed, notified, from } = rowOf(kind, stored, typed);
    return { listed, notified, from: sizeOf(from) ?? null };
  };
  return { kinds: Object.fromEntries(KINDS.map((kind) => [kind, rule(kind)])), injected: typed.injected ?? stored.injected };
}
