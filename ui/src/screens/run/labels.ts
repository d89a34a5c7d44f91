// Tick labels and units of the charts whose values are not shown as they are recorded.
import { METRIC, type Run } from '$lib/backend';
import { decadeLabels, labels } from '$lib/charts/ticks';
import { GIB, number, rate, scaled } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { rowOf } from '$lib/metrics';

export const percentLabels = (values: number[]): string[] => labels(values.map((value) => scaled(value, 100)));
export const rateLabels = decadeLabels;
export const ratioLabels = (values: number[]): string[] => values.map((value) => `${value >= 1 ? number(value, Number.isInteger(value) ? 0 : 1) : String(value)}×`);
export const milliLabels = (values: number[]): string[] => labels(values.map((value) => scaled(value, 1000)));
export const gibLabels = (values: number[]): string[] => labels(values.map((value) => scaled(value, 1 / GIB)));

/** The highest rate that was applied, as the chart shows it, and the schedule's peak where that is another number: a disturbance
 * goes beyond it, and a run in its warm-up has not reached it. */
export function rateUnit(run: Pick<Run, 'metrics'> & { effective_learning_rate: number | null }): string {
  const planned = run.effective_learning_rate;
  const highest = run.metrics[METRIC.LearningRate]?.max ?? null;
  if (highest === null || planned === null) return highest === null ? t('run.lr_planned', { peak: rate(planned) }) : t('run.lr_unit', { peak: rate(highest) });
  return Math.abs(highest - planned) <= 0.005 * planned ? t('run.lr_unit', { peak: rate(planned) }) : t('run.lr_other', { highest: rate(highest), peak: rate(planned) });
}

/** How the chart of a series is read: what its values are shown times, its ticks, its unit. */
export function readingOf(series: string): { scale: number; format: ((values: number[]) => string[]) | null; unit: string } {
  const row = rowOf(series);
  if (row?.reads === 'percent') return { scale: 100, format: percentLabels, unit: '%' };
  if (row?.reads === 'milliseconds') return { scale: 1000, format: milliLabels, unit: 'ms' };
  if (row?.reads === 'bytes') return { scale: 1 / GIB, format: gibLabels, unit: 'GiB' };
  if (row?.reads === 'scientific') return { scale: 1, format: rateLabels, unit: row.unit };
  return { scale: 1, format: null, unit: row?.unit ?? '' };
}
