// What can be said about who moved first: from the summary over spikes, else from the latest spike alone. Pure but for the
// catalogue; never says more than the numbers do.
import type { EventInfo, LayerDelay, RunEvents } from '$lib/backend';
import { number } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { layerName } from '$lib/words';

export type Lead = {
  /** Spikes it rests on. */
  spikes: number;
  /** The last layer that is behind by more than two steps, for the headline; null where there is no order. */
  furthest: LayerDelay | null;
  delays: LayerDelay[];
  sentence: string;
  /** The layer from which the steps are counted. */
  reference: string;
};

/** Most rows of the small picture. */
const MOST = 6;
const USUAL = 'patch_embed';

export function leadOf(answer: RunEvents | null): Lead | null {
  if (answer === null) return null;
  const { lead } = answer;
  if (lead !== null && lead.delays.length > 0) {
    const sentence = lead.reference_later > lead.reference_first ? t('run.lead_later') : lead.reference_first === 0 ? t('run.lead_none')
      : t('run.lead_first', { n: lead.reference_first, all: lead.events, chance: number(lead.chance * 100), p: number(lead.p_value, 3) });
    return { spikes: lead.events, ...picked(lead.delays), sentence, reference: USUAL };
  }
  const spike = answer.events.findLast((event): event is EventInfo & { lead: NonNullable<EventInfo['lead']> } => event.kind === 'spike' && event.lead !== null && !event.injected);
  if (spike === undefined) return null;
  const { order, delays, reference } = spike.lead;
  const together = order === 'together' ? t('run.lead_none') : '';
  const sentence = reference !== USUAL ? `${together} ${t('run.lead_other', { step: number(spike.step), layer: layerName(reference) })}`.trim()
    : together !== '' ? together : t(order === 'reference_later' ? 'run.lead_later' : 'run.lead_one');
  return { spikes: 1, ...picked(delays), sentence, reference };
}

/** Who is ahead of the layer that is furthest behind; empty where there is no order. */
export function aheadOf({ furthest, reference }: Lead): string {
  if (furthest === null) return '';
  const layer = layerName(furthest.layer);
  return reference === USUAL ? t('run.lead_leads', { layer }) : t('run.lead_leads_other', { first: layerName(reference), layer });
}

function picked(delays: LayerDelay[]): { furthest: LayerDelay | null; delays: LayerDelay[] } {
  const ordered = delays.filter((one) => one.ordered && one.steps > 0);
  const furthest = ordered.reduce<LayerDelay | null>((most, one) => (most === null || one.steps > most.steps ? one : most), null);
  const every = Math.max(1, Math.ceil(delays.length / MOST));
  return { furthest, delays: delays.filter((one, i) => i % every === 0 || one === furthest || i === delays.length - 1) };
}

/** Half the width of an interval, for "± 6 steps". */
export function range(delay: LayerDelay): number {
  return (delay.high - delay.low) / 2;
}

export function delayTitle(delay: LayerDelay): string {
  return t('run.lead_row', { layer: layerName(delay.layer), steps: number(delay.steps), low: number(delay.low), high: number(delay.high) });
}
