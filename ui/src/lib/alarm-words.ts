// An alarm as one sentence: what happened, and what came of it. Pure but for the catalogue.
import { METRIC, type EventInfo } from './backend';
import { eventPlace } from './event-words';
import { number, percent, signed, significant } from './format';
import { t } from './i18n/index.svelte';
import { layerName } from './layers';
import { metricName } from './metrics';
import { duration } from './words';

const PERCENT = 100;

/** What was seen. */
function happened(event: EventInfo): string {
  const place = eventPlace(event);
  const [from, to] = [significant(event.from), significant(event.to)];
  switch (event.kind) {
    case 'spike': {
      const z = number(event.peak_z === null ? null : Math.abs(event.peak_z), 0);
      const fell = (event.peak_z ?? 0) < 0;
      const who = event.layers.length < 2 ? '' : event.layer === null ? t('alarms.who_together', { n: number(event.layers.length) }) : t('alarms.who_first', { layer: layerName(event.layer), n: number(event.layers.length) });
      return t(fell ? 'alarms.said.spike_down' : 'alarms.said.spike', { layer: place, z }) + who;
    }
    case 'dip': {
      const points = number(event.depth === null ? null : Math.abs(event.depth) * PERCENT, 1);
      const cause = event.follows.length > 0 ? t('alarms.after_spike') : '';
      const dip = event.baseline === null ? t('alarms.said.dip_by', { metric: place, points }) : t('alarms.said.dip', { metric: place, points, from: percent(event.baseline, 1) });
      return dip + cause;
    }
    case 'collapse': return t('alarms.said.collapse', { metric: place, from, to });
    case 'divergence': return t('alarms.said.divergence', { metric: place, from, to, by: event.from === null || event.to === null ? '' : signed(event.to - event.from, 2) });
    case 'nonfinite': return event.count === null ? t('alarms.said.nonfinite_loss') : t('alarms.said.nonfinite', { n: number(event.count), layer: place === '' ? metricName(METRIC.Loss) : place });
    case 'stalled': return silence(event.details);
    default: return place;
  }
}

/** Of a run that stalled: how long nothing came, or that the disk was full. */
function silence(details: unknown): string {
  const told = typeof details === 'object' && details !== null ? (details as Record<string, unknown>) : {};
  if (typeof told['lasted_secs'] === 'number') return t('alarms.said.full_disk', { time: duration(told['lasted_secs']) });
  if (typeof told['silent_seconds'] === 'number') return t('alarms.said.silent', { time: duration(told['silent_seconds']) });
  return t('alarms.said.stalled');
}

/** What came of it; empty where nobody can tell. */
function outcome(event: EventInfo): string {
  if (event.open) return t(event.kind === 'dip' ? 'alarms.outcome.not_yet' : 'alarms.outcome.open');
  if (event.kind === 'dip') return event.recovered_step === null ? t('alarms.outcome.never') : t('alarms.outcome.recovered', { n: number(event.recovered_step - event.step) });
  if (event.kind === 'stalled' || event.end_step === null) return '';
  return event.end_step <= event.step ? t('alarms.outcome.one_step') : t('alarms.outcome.over', { n: number(event.end_step - event.step) });
}

export function alarmSentence(event: EventInfo): string {
  const [what, then] = [happened(event), outcome(event)];
  return then === '' ? what : t('alarms.sentence', { what, then });
}
