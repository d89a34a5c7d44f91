// Rate sensitivity of arms, and the rate that is looked at.
import { backend, type SensitivityBy, type SensitivityOfRates } from '$lib/backend';
import { Asked } from '$lib/state/question.svelte';

export class Rates extends Asked<SensitivityBy, SensitivityOfRates> {
  /** The rate under the cursor, by its place. */
  cursor = $state<number | null>(null);

  constructor(of: () => SensitivityBy | null) {
    // It reads whole series.
    super({ of, ask: (by) => backend.rpc('sensitivity', by), everyMs: 5000, left: () => (this.cursor = null) });
  }
}
