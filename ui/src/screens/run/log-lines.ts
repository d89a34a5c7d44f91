// The log of a run: what its worker said, and between its lines what became of the run and which checkpoints were written, each at its
// time. Pure; words come from whoever shows them.
import type { CheckpointInfo, LogLine, Transition } from '$lib/backend';

export type Entry = {
  at: string | null;
  step: number | null;
  /** The worker's level, or `state` and `checkpoint` for what the supervisor has noted. */
  level: string;
} & ({ what: 'line'; text: string } | { what: 'state'; transition: Transition } | { what: 'checkpoint'; checkpoint: CheckpointInfo });

/** Oldest first. Lines without a time stay behind the line that they were written after. */
export function entries(lines: readonly LogLine[], transitions: readonly Transition[], checkpoints: readonly CheckpointInfo[]): Entry[] {
  let before = '';
  const said = lines.map((line): [string, Entry] => {
    before = line.at ?? before;
    return [before, { at: line.at, step: line.step, level: line.level, what: 'line', text: line.text }];
  });
  const states = transitions.map((transition): [string, Entry] => [transition.at, { at: transition.at, step: null, level: 'state', what: 'state', transition }]);
  const kept = checkpoints.map((checkpoint): [string, Entry] => [checkpoint.at, { at: checkpoint.at === '' ? null : checkpoint.at, step: checkpoint.step, level: 'checkpoint', what: 'checkpoint', checkpoint }]);
  // Stable: what shares a millisecond keeps the order above, a state before what its worker says.
  return [...states, ...said, ...kept].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, entry]) => entry);
}
