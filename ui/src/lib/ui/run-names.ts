// Names where room is scarce: what all runs of a sweep, or all files of a folder, have in common gives way first, so that what
// differs can be read. Pure.

/** `alike`: the same in every name beside it; `end`: the last word of a name, most often its seed. */
export type Piece = { text: string; kind: 'alike' | 'own' | 'end' };

type Named = { id: string; label: string; sweep: string | null };

/** `lr1e-3-pos-sincos-s0` is lr1e-3, -pos, -sincos, -s0: values may hold a minus, words begin with a letter. */
function wordsOf(label: string): string[] {
  return label.split(/(?=-[a-z])/);
}

/** The names of runs by their ids, each told apart from the others of its sweep that have as many words. */
export function pieces(runs: readonly Named[]): ReadonlyMap<string, Piece[]> {
  const groups = new Map<string, Named[]>();
  for (const run of runs) {
    const key = `${run.sweep ?? ''} ${wordsOf(run.label).length}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const told = new Map<string, Piece[]>();
  for (const group of groups.values()) {
    const all = [...new Set(group.map((run) => run.label))].map(wordsOf);
    const alike = (all[0] ?? []).map((word, at) => all.length > 1 && all.every((words) => words[at] === word));
    for (const { id, label } of group) told.set(id, joined(wordsOf(label), alike));
  }
  return told;
}

function joined(words: readonly string[], alike: readonly boolean[]): Piece[] {
  const found: Piece[] = [];
  words.forEach((text, at) => {
    const kind = alike[at] === true ? 'alike' : at === words.length - 1 && at > 0 ? 'end' : 'own';
    const last = found.at(-1);
    if (last?.kind === kind) last.text += text;
    else found.push({ text, kind });
  });
  return found;
}
