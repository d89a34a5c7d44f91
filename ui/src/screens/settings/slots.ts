// Slots and memory of devices as the form shows and changes them. Pure.
import type { DeviceStatus, QueueSettings } from '$lib/backend';
import { bytesOf, gibOf } from './sizes';

export const MOST_SLOTS = 64;

/** What stands in a device's fields; memory '' for all that it has. */
export type Row = { slots: string; memory: string };
export type Typed = Record<string, Partial<Row>>;
type Stored = Pick<QueueSettings, 'slots' | 'memory_bytes'>;

/** What is typed, else what is stored, else what the supervisor uses. */
export function rowOf(device: DeviceStatus, stored: Stored, typed: Typed): Row {
  return {
    slots: typed[device.device]?.slots ?? String(stored.slots[device.device] ?? device.slots),
    memory: typed[device.device]?.memory ?? gibOf(stored.memory_bytes[device.device]),
  };
}

/** What is wrong in a row; null: nothing. */
export function faultOf(device: DeviceStatus, row: Row, stored: Stored): 'slots' | 'memory' | null {
  if (!/^\d+$/.test(row.slots.trim()) || Number(row.slots) < 1 || Number(row.slots) > MOST_SLOTS) return 'slots';
  if (row.memory.trim() === '') return null;
  const bytes = bytesOf(row.memory, stored.memory_bytes[device.device]);
  return bytes === null || bytes <= 0 || bytes > (device.memory_total_bytes ?? Infinity) ? 'memory' : null;
}

/** The settings with the rows that were typed into. Devices that are away, and rows left alone, keep what is stored. */
export function toStore(devices: DeviceStatus[], stored: Stored, typed: Typed): Stored {
  const next = { slots: { ...stored.slots }, memory_bytes: { ...stored.memory_bytes } };
  for (const device of devices.filter((one) => typed[one.device] !== undefined)) {
    const row = rowOf(device, stored, typed);
    next.slots[device.device] = Number(row.slots);
    const bytes = row.memory.trim() === '' ? null : bytesOf(row.memory, stored.memory_bytes[device.device]);
    if (bytes === null) delete next.memory_bytes[device.device];
    else next.memory_bytes[device.device] = bytes;
  }
  return next;
}
