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

/** Detection finds jumps of gradient norms both ways: a norm that fell is no spike to a reader. */
export const isFall = (event: EventInfo): boolean => event.peak_z !== null && event.peak_z < 0;

/** The kind as it is drawn and called: `fall` where a spike goes down. */
export const kindOf = (event: EventInfo): string => (isFall(event) ? 'fall' : event.kind);

/** How large it was: points of a dip, how far a norm rose or fell over its noise, by how much a level changed, how many values are
 * not finite. */
export function eventSize(event: EventInfo): string {
  const depth = event.kind === 'dip' ? depthOf(event) : null;
  if (depth !== null) return t('run.points', { points: signed(depth) });
  if (event.peak_z !== null) return t(isFall(event) ? 'run.z_fell' : 'run.z', { z: number(Math.abs(event.peak_z), 0) });
  if (event.from !== null && event.to !== null) return signed(event.to - event.from);
  return event.kind === 'nonfinite' && event.count !== null ? t('event.values', { n: number(event.count) }) : '';
}

/** What its size belongs to: the layer with the highest peak, or the metric. */
export function eventPlace(event: EventInfo): string {
  if (event.metric !== null) return metricName(event.metric);
  const layer = event.peak_layer ?? event.layer;
  return layer === null ? '' : rowOf(layer) === null ? layerName(layer) : metricName(layer);
}

/** Which layer of several moved first, or that none is told apart. */
function whoFirst(event: EventInfo): string {
  if (event.layers.length < 2) return '';
  return event.layer === null ? t('event.together', { n: number(event.layers.length) }) : t('event.first', { layer: layerShort(event.layer) });
}

/** One line about an event: where, how large. */
export function eventText(event: EventInfo): string {
  const depth = event.kind === 'dip' ? depthOf(event) : null;
  if (depth !== null) return t('run.points', { points: signed(depth) });
  const layer = event.peak_layer ?? event.layer;
  const where = layer === null ? translated(`event.${kindOf(event)}`, event.kind) : layerShort(layer);
  return [where, eventSize(event)].filter((part) => part !== '').join(' ');
}

/** How it ended, who moved first, and that it was injected. */
export function eventNote(event: EventInfo): string {
  if (event.injected) return [t('event.injected'), whoFirst(event)].filter((part) => part !== '').join(' · ');
  if (event.kind === 'dip') return event.recovered_step === null ? t('run.not_recovered') : t('run.steps', { n: number(event.recovered_step - event.step) });
  return whoFirst(event);
}

/** The event as a sentence: for screen readers, and for whoever points at it. */
export function eventTitle(event: EventInfo, all: readonly EventInfo[]): string {
  const place = eventPlace(event);
  const layer = place === '' ? '' : `, ${place}`;
  const cause = all.find((one) => one.id === event.follows[0]);
  const notes = [
    eventSize(event), whoFirst(event),
    cause === undefined ? '' : t('run.follows_spike', { step: number(cause.step) }),
    event.confirmed === null ? '' : t(event.confirmed ? 'run.confirmed' : 'run.not_confirmed'),
    event.open ? t('run.still_open') : '',
  ];
  return [t('run.event_title', { kind: translated(`event.${kindOf(event)}`, event.kind), layer, step: number(event.step) }), ...notes].filter((part) => part !== '').join('; ');
}
