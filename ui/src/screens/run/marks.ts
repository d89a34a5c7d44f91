// Events of a run as marks on its charts and as words in its lists. Pure but for the catalogue.
import type { RunEvent } from '$lib/backend';
import type { Mark } from '$lib/charts/series';
import { number, signed } from '$lib/format';
import { t, translated } from '$lib/i18n/index.svelte';
import { layerName, layerShort } from '$lib/words';

function detail(event: RunEvent, name: string): number | null {
  const details = event.details;
  if (typeof details !== 'object' || details === null || Array.isArray(details)) return null;
  const value = details[name];
  return typeof value === 'number' ? value : null;
}

/** Depth of a dip in points; accuracies are fractions. */
export function depthOf(event: RunEvent): number | null {
  const depth = detail(event, 'depth');
  return depth === null ? null : -Math.abs(depth) * 100;
}

export function marksOf(events: RunEvent[], lastStep: number): Mark[] {
  return events.map((event) => {
    const depth = event.kind === 'dip' ? depthOf(event) : null;
    return {
      kind: event.kind, at: event.step, injected: event.injected,
      end: event.kind === 'dip' ? event.end_step ?? detail(event, 'recovered_at') ?? lastStep : event.end_step,
      label: depth === null ? '' : t('run.points', { points: signed(depth) }),
    };
  });
}

/** One line about an event: where, how large. */
export function eventText(event: RunEvent): string {
  const where = event.layer === null ? translated(`event.${event.kind}`, event.kind) : layerShort(event.layer);
  const ratio = detail(event, 'ratio');
  const z = detail(event, 'z');
  const depth = event.kind === 'dip' ? depthOf(event) : null;
  const size = depth !== null ? t('run.points', { points: signed(depth) }) : ratio !== null ? `${number(ratio)}×` : z !== null ? `z ${number(z, 1)}` : '';
  const parts = event.kind === 'dip' && size !== '' ? [size] : [where, size];
  return parts.filter((part) => part !== '').join(' ');
}

/** How it ended, or that it was injected. */
export function eventNote(event: RunEvent): string {
  if (event.injected) return t('event.injected');
  if (event.kind === 'dip') return event.end_step === null ? t('run.not_recovered') : t('run.steps', { n: number(event.end_step - event.step) });
  return '';
}

/** The event as a sentence for screen readers. */
export function eventTitle(event: RunEvent): string {
  const layer = event.layer === null ? '' : `, ${layerName(event.layer)}`;
  return t('run.event_title', { kind: translated(`event.${event.kind}`, event.kind), layer, step: number(event.step) });
}
