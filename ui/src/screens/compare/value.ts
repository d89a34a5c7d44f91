// A value of a parameter as text.
import type { JsonValue } from '$lib/backend';
import { rate } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';

export function valueText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'boolean') return t(value ? 'value.true' : 'value.false');
  if (typeof value === 'number') return value !== 0 && Math.abs(value) < 1e-3 ? rate(value) : String(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
