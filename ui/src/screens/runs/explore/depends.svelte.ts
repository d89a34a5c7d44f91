// What the outcome of the runs that Explore shows depends on. The host is told when nobody waits for an answer any more.
import { backend, type ImportanceBy, type ImportanceOf } from '$lib/backend';
import { Asked } from '$lib/state/question.svelte';
import type { ExploreView } from './explore-view.svelte';

export class Depends extends Asked<ImportanceBy, ImportanceOf> {
  failing = $state(false);

  constructor(view: ExploreView) {
    super({
      // None without a metric.
      of: () => (view.metric === null ? null : { where: view.runs.query, metric: view.metric, failing: this.failing }),
      ask: (of) => backend.rpc('importance', of),
      // A forest takes a second.
      everyMs: 15_000,
      // Whatever comes of it: an answer that nobody waits for costs a second at most.
      left: () => void backend.rpc('importance_stop', {}).catch(() => undefined),
    });
  }
}
