// How the value of a series at the crosshair is written, and which line of the charts it belongs to. Pure but for the catalogue.
import type { Reading } from '$lib/charts/value-at';
import { GIB, number, rate, significant } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { metricName } from '$lib/words';

/** Colour of a series where it has a line of its own; the same as in its chart. */
const SLOTS: Record<string, number> = {
  loss: 6, knn_top1: 1, knn_top1_fixed: 5, feature_std: 1, feature_cosine: 2, grad_norm: 6, encoder_momentum: 3,
  images_per_second: 1, step_seconds: 2, data_wait_seconds: 3, device_memory_bytes: 8, resident_memory_bytes: 8,
};
const MILLI = 1000;

export function slotOf(series: string): number {
  return SLOTS[series] ?? 0;
}

export function nameOf(series: string): string {
  return series === 'knn_top1' ? t('run.knn_short') : metricName(series);
}

export function written(series: string, value: number): { text: string; unit: string } {
  if (series === 'loss') return { text: number(value, 3), unit: '' };
  if (series.startsWith('knn_') || series.startsWith('probe_top')) return { text: number(value * 100, 1), unit: '%' };
  if (series === 'learning_rate' || series.startsWith('update_ratio/')) return { text: rate(value, 2), unit: '' };
  if (series.endsWith('_seconds')) return { text: number(value * MILLI, 1), unit: 'ms' };
  if (series.endsWith('_bytes')) return { text: number(value / GIB, 2), unit: 'GiB' };
  return { text: series === 'images_per_second' ? number(value) : significant(value, 4), unit: '' };
}

/** What stands beside a chart where a column has to answer for a step, and where it was recorded if not there. `absent`: nothing was
 * recorded at that very step; `atRest`: the step is the last of all. */
export function standIn({ value, last, from, to }: Reading, step: number, absent: boolean, atRest: boolean): { value: number; note: string } {
  if (from === to) return { value, note: from === step ? '' : t('run.from_step', { step: number(from) }) };
  if (!absent && step <= to) return { value, note: '' };
  // All of the column lies before the step: its last value is the one in force.
  if (absent && (to < step || atRest)) return { value: last, note: t('run.last_recorded') };
  return { value, note: t('run.from_step', { step: `${number(from)}–${number(Math.min(to, step))}` }) };
}
