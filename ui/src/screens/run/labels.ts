// Tick labels of the charts whose values are not shown as they are recorded.
import { labels } from '$lib/charts/ticks';
import { number, rate } from '$lib/format';

export const percentLabels = (values: number[]): string[] => labels(values.map((value) => Number((value * 100).toPrecision(12))));
export const rateLabels = (values: number[]): string[] => values.map((value) => rate(value, 1));
export const ratioLabels = (values: number[]): string[] => values.map((value) => `${value >= 1 ? number(value) : String(value)}×`);
export const milliLabels = (values: number[]): string[] => labels(values.map((value) => Number((value * 1000).toPrecision(12))));
export const gigaLabels = (values: number[]): string[] => labels(values.map((value) => Number((value / 1e9).toPrecision(12))));
