// Tick labels of the charts whose values are not shown as they are recorded.
import { labels } from '$lib/charts/ticks';
import { GIB, number, rate, scaled } from '$lib/format';
import { rowOf } from '$lib/metrics';

export const percentLabels = (values: number[]): string[] => labels(values.map((value) => scaled(value, 100)));
export const rateLabels = (values: number[]): string[] => values.map((value) => rate(value, 1));
export const ratioLabels = (values: number[]): string[] => values.map((value) => `${value >= 1 ? number(value) : String(value)}×`);
export const milliLabels = (values: number[]): string[] => labels(values.map((value) => scaled(value, 1000)));
export const gibLabels = (values: number[]): string[] => labels(values.map((value) => scaled(value, 1 / GIB)));

/** How the chart of a series is read: what its values are shown times, its ticks, its unit. */
export function readingOf(series: string): { scale: number; format: ((values: number[]) => string[]) | null; unit: string } {
  const row = rowOf(series);
  if (row?.reads === 'percent') return { scale: 100, format: percentLabels, unit: '%' };
  if (row?.reads === 'milliseconds') return { scale: 1000, format: milliLabels, unit: 'ms' };
  if (row?.reads === 'bytes') return { scale: 1 / GIB, format: gibLabels, unit: 'GiB' };
  if (row?.reads === 'scientific') return { scale: 1, format: rateLabels, unit: row.unit };
  return { scale: 1, format: null, unit: row?.unit ?? '' };
}
