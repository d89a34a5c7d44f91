// Slots of devices as the form shows and changes them. Pure.
import type { DeviceStatus } from '$lib/backend';

export const MOST_SLOTS = 64;

/** What stands in the form: what is stored, else what the supervisor uses. */
export function slotsShown(devices: DeviceStatus[], stored: Record<string, number | undefined>, typed: Record<string, number>): Record<string, number> {
  return Object.fromEntries(devices.map((one) => [one.device, typed[one.device] ?? stored[one.device] ?? one.slots]));
}

/** Null where a number is out of range. Devices that are away now keep what is stored. */
export function slotsToStore(shown: Record<string, number>, stored: Record<string, number | undefined>): Record<string, number> | null {
  if (Object.values(shown).some((n) => !Number.isInteger(n) || n < 1 || n > MOST_SLOTS)) return null;
  const kept = Object.entries(stored).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return { ...Object.fromEntries(kept), ...shown };
}
