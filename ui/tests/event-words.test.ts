// Events put into words: a norm that fell is told as a fall, and no size is negative by accident.
import { expect, it } from 'vitest';
import type { EventInfo } from '../src/lib/backend';
import { eventSize, eventText, eventTitle, kindOf } from '../src/lib/event-words';

const spike = (peak_z: number): EventInfo => ({
  id: 1, kind: 'spike', step: 301, end_step: 320, peak_step: 305, peak_z, layer: null, peak_layer: 'predictor', injected: false, layers: [], lead: null, metric: null, baseline: null, from: null, to: null,
  depth: null, area: null, recovered_step: null, confirmed: null, follows: [], count: null, open: false, details: null,
});

it.each([[22.4, 'spike', '22 × noise', 'Pred. 22 × noise'], [-2.3, 'fall', 'fell 2 × its noise', 'Pred. fell 2 × its noise']])('a peak of %d spreads', (z, kind, size, text) => {
  const event = spike(z);
  expect([kindOf(event), eventSize(event), eventText(event)]).toEqual([kind, size, text]);
  expect(eventTitle(event, [])).not.toContain('−');
});
