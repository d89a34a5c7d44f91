// What the lead card says of one spike: which layer the steps are counted from, and when.
import { expect, it } from 'vitest';
import type { LeadOrder, RunEvents } from '../src/lib/backend';
import { aheadOf, leadOf } from '../src/screens/run/lead';

const of = (reference: string, order: LeadOrder) => leadOf({
  lead: null,
  events: [{ kind: 'spike', step: 1234, injected: false, lead: { reference, order, delays: [{ layer: 'projector', steps: 9, low: 7, high: 11, ordered: order !== 'together' }] } }],
} as unknown as RunEvents, 'patch_embed');

it('counts from the patch projection where it took part', () => {
  const lead = of('patch_embed', 'reference_first');
  expect([lead?.sentence, lead && aheadOf(lead)]).toEqual(['The patch projection moves first; one event says no more than itself.', 'The patch projection leads Projector.']);
  expect(of('patch_embed', 'together')?.sentence).toBe('No order: the layers move within 2 steps of each other.');
  expect(of('patch_embed', 'reference_later')?.sentence).toBe('Another layer moves before the patch projection.');
});

it('names the step and the layer where it did not', () => {
  const lead = of('blocks.0', 'reference_first');
  expect([lead?.sentence, lead && aheadOf(lead)]).toEqual(['At step 1,234 the patch projection takes no part; steps count from Block 0.', 'Block 0 leads Projector.']);
  const together = of('blocks.0', 'together');
  expect([together?.sentence, together && aheadOf(together)]).toEqual(['No order: the layers move within 2 steps of each other. At step 1,234 the patch projection takes no part; steps count from Block 0.', '']);
});

it('speaks of the first layer that the network has', () => {
  const lead = leadOf({ lead: null, events: [{ kind: 'spike', step: 9, injected: false, lead: { reference: 'conv1', order: 'reference_first', delays: [{ layer: 'layer1.0', steps: 9, low: 7, high: 11, ordered: true }] } }] } as unknown as RunEvents, 'conv1');
  expect([lead?.sentence, lead && aheadOf(lead)]).toEqual(['Stem moves first; one event says no more than itself.', 'Stem leads Stage 1, block 1.']);
});
