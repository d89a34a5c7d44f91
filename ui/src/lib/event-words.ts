// Events put into words, for lists, alarms and notifications. Pure but for the catalogue.
import type { EventInfo } from './backend';
import { number, signed } from './format';
import { t, translated } from './i18n/index.svelte';
import { layerName, layerShort } from './layers';
import { metricName, rowOf } from './metrics';

/** Depth of a dip in points, negative; accuracies are fractions. */
export function depthOf(event: EventInfo): number | null {
  return event.depth === null ? null : -Math.abs(event.depth) * 100;
}

/** How large it was: points of a dip, z of a spike, the count of values that are not finite. */
export function eventSize(event: EventInfo): string {
  const depth = event.kind === 'dip' ? depthOf(event) : null;
  if (depth !== null) return t('run.points', { points: signed(depth) });
  if (event.peak_z !== null) return t('run.z', { z: number(event.peak_z, 0) });
  return event.kind === 'nonfinite' && event.count !== null ? t('event.values', { n: number(event.count) }) : '';
}

/** Which part of the run: the layer that moved first, or the metric. */
export function eventPlace(event: EventInfo): string {
  if (event.metric !== null) return metricName(event.metric);
  return event.layer === null ? '' : rowOf(event.layer) === null ? layerName(event.layer) : metricName(event.layer);
}

/** One line about an event: where, how large. */
export function eventText(event: EventInfo): string {
  const depth = event.kind === 'dip' ? depthOf(event) : null;
  if (depth !== null) return t('run.points', { points: signed(depth) });
  const where = event.layer === null ? translated(`event.${event.kind}`, event.kind) : layerShort(event.layer);
  const size = event.peak_z === null ? '' : t('run.z', { z: number(event.peak_z, 0) });
  return [where, size].filter((part) => part !== '').join(' ');
}

/** How it ended, who else took part, or that it was injected. */
export function eventNote(event: EventInfo): string {
  if (event.injected) return t('event.injected');
  if (event.kind === 'dip') return event.recovered_step === null ? t('run.not_recovered') : t('run.steps', { n: number(event.recovered_step - event.step) });
  return event.layers.length > 1 ? t('run.and_more', { n: event.layers.length - 1 }) : '';
}

/** The event as a sentence: for screen readers, and for whoever points at it. */
export function eventTitle(event: EventInfo, all: readonly EventInfo[]): string {
  const layer = event.layer === null ? '' : `, ${layerName(event.layer)}`;
  const cause = all.find((one) => one.id === event.follows[0]);
  const notes = [
    cause === undefined ? '' : t('run.follows_spike', { step: number(cause.step) }),
    event.confirmed === null ? '' : t(event.confirmed ? 'run.confirmed' : 'run.not_confirmed'),
    event.open ? t('run.still_open') : '',
  ];
  return [t('run.event_title', { kind: translated(`event.${event.kind}`, event.kind), layer, step: number(event.step) }), ...notes].filter((part) => part !== '').join('; ');
}
