// What can be said about who moved first: from the summary over spikes, else from the latest spike alone. Pure but for the
// catalogue; never says more than the numbers do.
import type { EventInfo, LayerDelay, RunEvents } from '$lib/backend';
import { number } from '$lib/format';
import { messages, t } from '$lib/i18n/index.svelte';
import { layerInside, layerName, layerSubject } from '$lib/layers';

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

/** `first` is the network's first layer: what the others are told to follow, where it takes part. */
export function leadOf(answer: RunEvents | null, first: string): Lead | null {
  if (answer === null) return null;
  const { lead } = answer;
  if (lead !== null && lead.delays.length > 0) {
    const sentence = lead.reference_later > lead.reference_first ? t('run.lead_later', { first: layerInside(lead.reference) }) : lead.reference_first === 0 ? t('run.lead_none')
      : t('run.lead_first', { first: layerSubject(lead.reference), n: lead.reference_first, all: lead.events, chance: number(lead.chance * 100), p: number(lead.p_value, 3) });
    return { spikes: lead.events, ...picked(lead.delays), sentence, reference: lead.reference };
  }
  const spike = answer.events.findLast((event): event is EventInfo & { lead: NonNullable<EventInfo['lead']> } => event.kind === 'spike' && event.lead !== null && !event.injected);
  if (spike === undefined) return null;
  const { order, delays, reference } = spike.lead;
  const together = order === 'together' ? t('run.lead_none') : '';
  const sentence = reference !== first ? `${together} ${t('run.lead_other', { step: number(spike.step), first: takesPart(first), layer: layerName(reference) })}`.trim()
    : together !== '' ? together : order === 'reference_later' ? t('run.lead_later', { first: layerInside(first) }) : t('run.lead_one', { first: layerSubject(first) });
  return { spikes: 1, ...picked(delays), sentence, reference };
}

/** Who is ahead of the layer that is furthest behind; empty where there is no order. */
export function aheadOf({ furthest, reference }: Lead): string {
  if (furthest === null) return '';
  return t('run.lead_leads', { first: layerSubject(reference), layer: layerName(furthest.layer) });
}

/** In the middle of an English sentence, and as the subject of a Korean one. */
export function takesPart(first: string): string {
  return messages.language === 'ko' ? layerSubject(first) : layerInside(first);
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
