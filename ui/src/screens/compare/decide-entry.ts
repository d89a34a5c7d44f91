// The ways into Decide, and to the means of the same arms: a sweep, some runs, or what stands in a list, each asked for what differs in it, and then shown.
import { asApiError, backend, type Run } from '$lib/backend';
import { t } from '$lib/i18n/index.svelte';
import { router } from '$lib/state/router.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { addressOf, candidates, ofRuns, ofSweep, questionOf, type Candidate, type Face, type Question } from './decide-groups';

/** Runs among which sweeps with arms are looked for. */
const LOOKED_THROUGH = 1000;
const MOST_CANDIDATES = 3;

const runsOf = (where: string, limit?: number): Promise<Run[]> => backend.rpc('runs', { where, sort: '-created_at', ...(limit === undefined ? {} : { limit }) }).then((page) => page.runs);

/** What the sweep of a run varies, as its file says. */
async function axesOf(run: Run | undefined): Promise<string[]> {
  if (run === undefined) return [];
  return backend.rpc('run_origin', { id: run.id }).then((origin) => Object.keys(origin.axes), () => []);
}

export async function openDecide(question: Question | null, face: Face = 'decide'): Promise<void> {
  if (question === null) toasts.fail(asApiError({ code: 'invalid_input', message: t('decide.no_question') }));
  else router.go('compare', '', addressOf(question, face));
}

/** All runs of a sweep. */
export async function decideSweep(sweep: string, face?: Face): Promise<void> {
  await toasts.attempt(async () => {
    const runs = await runsOf(ofSweep(sweep));
    await openDecide(questionOf(runs, ofSweep(sweep), { axes: await axesOf(runs[0]) }), face);
  });
}

/** Chosen runs: what differs among them, over all runs of their sweep where they share one. */
export async function decideRuns(chosen: readonly Run[], face?: Face): Promise<void> {
  await toasts.attempt(async () => {
    const [first] = chosen;
    const asked = questionOf(chosen, ofRuns(chosen.map((run) => run.id)));
    const sweep = first?.sweep ?? null;
    if (asked === null || first === undefined || sweep === null || chosen.some((run) => run.sweep !== sweep)) return openDecide(asked, face);
    const runs = await runsOf(ofSweep(sweep));
    return openDecide(questionOf(runs, ofSweep(sweep), { by: asked.by, like: first }) ?? asked, face);
  });
}

/** Chosen runs by their ids, as lists have them that hold no whole runs. */
export async function decideIds(ids: readonly string[], face?: Face): Promise<void> {
  const chosen = await toasts.attempt(() => runsOf(ofRuns(ids)));
  if (chosen !== null) await decideRuns(chosen, face);
}

/** What a condition takes; `by`: what its arms are made of, where runs differ in it. */
export async function decideWhere(where: string, face?: Face, by?: string): Promise<void> {
  await toasts.attempt(async () => openDecide(questionOf(await runsOf(where), where, by === undefined ? {} : { by }), face));
}

/** Sweeps of this workspace whose runs make arms. */
export async function found(): Promise<Candidate[]> {
  return candidates(await runsOf('', LOOKED_THROUGH), MOST_CANDIDATES);
}
