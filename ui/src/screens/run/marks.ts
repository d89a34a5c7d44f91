// Events of a run as marks on its charts. Pure but for the catalogue.
import type { EventInfo } from '$lib/backend';
import type { Mark } from '$lib/charts/series';
import { depthOf } from '$lib/event-words';
import { signed } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';

export function marksOf(events: EventInfo[], lastStep: number): Mark[] {
  return events.map((event) => {
    const depth = event.kind === 'dip' ? depthOf(event) : null;
    return {
      kind: event.kind, at: event.step, injected: event.injected,
      end: event.kind === 'dip' ? event.recovered_step ?? event.end_step ?? lastStep : event.end_step,
      label: depth === null ? '' : t('run.points', { points: signed(depth) }),
    };
  });
}
