// Brushes and axes in words: chips, and what a screen reader is told of an axis. Pure but for the catalogue.
import { t } from '$lib/i18n/index.svelte';
import { written } from '../../compare/decide-address';
import { shownOf, type Axis } from './axes';
import { isEmpty, type Brush } from './brush';

/** 1e−4 – 3e−4, adamw, NaN. */
export function brushText(axis: Axis, { range, values, stops }: Brush): string {
  const chosen = axis.categories.filter(({ value }) => values.some((one) => written(one) === written(value))).map(({ text }) => text);
  return [
    ...(range === null ? [] : [t('explore.range', { low: shownOf(axis, range[0]), high: shownOf(axis, range[1]) })]),
    ...chosen, ...stops.map((stop) => t(`explore.stop.${stop}`)),
  ].join(', ');
}

/** The name of an axis with what it holds and what of it is brushed. */
export function axisText(axis: Axis, brush: Brush | null, turned: boolean): string {
  const holds = axis.categories.length > 0 ? axis.categories.map(({ text }) => text).join(', ')
    : axis.scale.low < axis.scale.high ? t('explore.range', { low: shownOf(axis, axis.scale.low), high: shownOf(axis, axis.scale.high) }) : shownOf(axis, axis.scale.low);
  const parts = [axis.title, axis.note, holds, turned ? t('explore.turned') : '', brush === null || isEmpty(brush) ? '' : t('explore.brushed', { range: brushText(axis, brush) })];
  return parts.filter((part) => part !== '').join('; ');
}
