// Tick labels of the charts whose values are not shown as they are recorded.
import { labels } from '$lib/charts/ticks';
import { GIB, number, rate, scaled } from '$lib/format';

export const percentLabels = (values: number[]): string[] => labels(values.map((value) => scaled(value, 100)));
export const rateLabels = (values: number[]): string[] => values.map((value) => rate(value, 1));
export const ratioLabels = (values: number[]): string[] => values.map((value) => `${value >= 1 ? number(value) : String(value)}×`);
export const milliLabels = (values: number[]): string[] => labels(values.map((value) => scaled(value, 1000)));
export const gibLabels = (values: number[]): string[] => labels(values.map((value) => scaled(value, 1 / GIB)));
