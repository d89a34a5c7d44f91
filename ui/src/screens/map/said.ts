// What a cell of the map says in words. Pure but for the catalogue.
import type { Run } from '$lib/backend';
import { number } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { broken, events } from './map';

/** How many runs, out of how many where other cells have more, then `value`, then what happened in them. */
export function contents(runs: readonly Run[], most: number, value: string): string {
  const count = number(runs.length);
  const nan = broken(runs);
  return [
    runs.length < most ? t('map.runs_of', { n: count, most: number(most) }) : t('map.runs', { n: count }),
    value,
    t('map.spikes_of', { n: number(events(runs, 'spike')) }),
    t('map.dips_of', { n: number(events(runs, 'dip')) }),
    ...(nan > 0 ? [t('map.nan_of', { n: number(nan) })] : []),
  ].join(', ');
}
