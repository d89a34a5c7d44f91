// How the value of a series at the crosshair is written, and which line of the charts it belongs to. Pure but for the catalogue.
import { METRIC } from '$lib/backend';
import type { Reading } from '$lib/charts/value-at';
import { GIB, number, rate, significant } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { layerShort } from '$lib/layers';
import { metricName, rowOf, split } from '$lib/metrics';

/** Colour of a series where it has a line of its own; the same as in its chart. */
const SLOTS: Record<string, number> = {
  [METRIC.Loss]: 6, [METRIC.KnnTop1]: 1, [METRIC.KnnTop1Fixed]: 5, [METRIC.FeatureStd]: 1, [METRIC.FeatureCosine]: 2, [METRIC.GradNorm]: 6,
  [METRIC.EncoderMomentum]: 3, [METRIC.ImagesPerSecond]: 1, [METRIC.StepSeconds]: 2, [METRIC.DataWaitSeconds]: 3,
  [METRIC.DeviceMemoryBytes]: 8, [METRIC.ResidentMemoryBytes]: 8,
};
const MILLI = 1000;

export function slotOf(series: string): number {
  return SLOTS[series] ?? 0;
}

/** Short, and beginning with what tells it from its neighbours, so that a narrow column cuts what they have in common. */
export function nameOf(series: string): string {
  const [metric, member] = split(series);
  if (member !== null) return `${layerShort(member)} · ${metric === METRIC.LayerNorm ? t('run.raw_short') : metricName(metric)}`;
  if (series === METRIC.KnnTop1Fixed) return t('run.knn_fixed_short');
  return series === METRIC.KnnTop1 ? t('run.knn_short') : metricName(series);
}

export function written(series: string, value: number): { text: string; unit: string } {
  const row = rowOf(series);
  if (row?.role === 'loss') return { text: number(value, 3), unit: '' };
  if (row?.role === 'throughput') return { text: number(value), unit: '' };
  if (row?.reads === 'percent') return { text: number(value * 100, 1), unit: '%' };
  if (row?.reads === 'scientific') return { text: rate(value, 2), unit: '' };
  if (row?.reads === 'milliseconds') return { text: number(value * MILLI, 1), unit: 'ms' };
  if (row?.reads === 'bytes') return { text: number(value / GIB, 2), unit: 'GiB' };
  return { text: significant(value, 4), unit: row?.unit ?? '' };
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
