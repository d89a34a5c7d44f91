// Colours and places of a TOML text: pieces of each line for the editor, and where line and column lie. No parser: the
// host alone says what a text means.

export type Piece = { text: string; kind: '' | 'comment' | 'table' | 'key' | 'string' | 'value' };

const TOKEN = /(#.*$)|("(?:[^"\\]|\\.)*"?|'[^']*'?)|([A-Za-z_][\w-]*(?=\s*=))|(\b(?:true|false|inf|nan)\b|[+-]?\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)/g;

/** The pieces of one line; joined they are the line. */
export function pieces(line: string): Piece[] {
  const table = /^(\s*\[\[?[^\]#]*\]\]?)(.*)$/.exec(line);
  if (table !== null) return [{ text: table[1] ?? '', kind: 'table' }, ...plain(table[2] ?? '')];
  return plain(line);
}

function plain(line: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of line.matchAll(TOKEN)) {
    if (match.index > at) found.push({ text: line.slice(at, match.index), kind: '' });
    found.push({ text: match[0], kind: match[1] !== undefined ? 'comment' : match[2] !== undefined ? 'string' : match[3] !== undefined ? 'key' : 'value' });
    at = match.index + match[0].length;
  }
  if (at < line.length) found.push({ text: line.slice(at), kind: '' });
  return found;
}

/** Offset of a 1-based line and column (in characters) in a text; its end where the place lies beyond. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split('\n');
  const before = lines.slice(0, Math.max(0, line - 1)).reduce((sum, one) => sum + one.length + 1, 0);
  const characters = [...(lines[line - 1] ?? '')].slice(0, Math.max(0, column - 1)).join('').length;
  return Math.min(text.length, before + characters);
}

/** The word at a place: a quoted string or a bare word or number; at least one character. */
export function wordAt(text: string, line: number, column: number): [from: number, to: number] {
  const from = offsetOf(text, line, column);
  const word = /^(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\[\[?[^\]\n]*\]\]?|[^\s,=#[\]{}]+)/.exec(text.slice(from));
  return [from, Math.min(text.length, from + (word?.[0].length ?? 1))];
}

export type DiffLine = { text: string; here: boolean };

/** The lines of both texts, each marked where the other text lacks it (longest common subsequence). */
export function differences(mine: string, theirs: string): { mine: DiffLine[]; theirs: DiffLine[] } {
  const a = mine.split('\n');
  const b = theirs.split('\n');
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const length = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = lengths[i];
      if (row !== undefined) row[j] = a[i] === b[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const left: DiffLine[] = [];
  const right: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      left.push({ text: a[i++] ?? '', here: false });
      right.push({ text: b[j++] ?? '', here: false });
    } else if (j >= b.length || (i < a.length && length(i + 1, j) >= length(i, j + 1))) left.push({ text: a[i++] ?? '', here: true });
    else right.push({ text: b[j++] ?? '', here: true });
  }
  return { mine: left, theirs: right };
}
