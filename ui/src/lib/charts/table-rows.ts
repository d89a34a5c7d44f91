// Pixel columns as the rows of a table, for all series of a chart. Pure.
import type { Columns } from '../backend/frame';
import { boundOf, isSingle } from './value-at';

/** What a series holds in a row. Low and high are NaN where it holds nothing finite; `last` says then what it holds. */
export type Cell = { low: number; high: number; last: number; nonfinite: number };
/** Steps from the first to the last that its cells may hold. */
export type Row = { from: number; to: number; cells: (Cell | null)[] };

/** A column of series `line`: its values lie in `from..=to`, and its pixel column ends at or before `bound`. */
type Span = { line: number; from: number; to: number; bound: number; cell: Cell };

function spans(columns: Columns, line: number, last: number): Span[] {
  const single = isSingle(columns);
  return [...columns.step].map((from, i) => {
    const bound = boundOf(columns, i, last);
    const cell = { low: columns.min[i] ?? NaN, high: columns.max[i] ?? NaN, last: columns.last[i] ?? NaN, nonfinite: columns.nonfinite[i] ?? 0 };
    return { line, from, to: single ? from : bound, bound, cell };
  });
}

/** One row a pixel column that holds a value in the window. `last` is the last recorded step. */
export function tableRows(all: (Columns | null)[], window: readonly [number, number], last: number): Row[] {
  const found = all.flatMap((columns, line) => (columns === null ? [] : spans(columns, line, last)))
    .filter((span) => span.from <= window[1] && span.to >= window[0]).sort((a, b) => a.from - b.from);
  const rows: Row[] = [];
  for (let at = 0; at < found.length;) {
    // Columns of the same pixels, which begin at the first step that their series has there.
    const begin = at;
    let bound = Infinity;
    for (; at < found.length && (at === begin || (found[at]?.from ?? Infinity) <= bound); at += 1) bound = Math.min(bound, found[at]?.bound ?? Infinity);
    const joined = found.slice(begin, at);
    const cells: (Cell | null)[] = all.map(() => null);
    for (const span of joined) cells[span.line] = span.cell;
    rows.push({ from: joined[0]?.from ?? NaN, to: Math.max(...joined.map((span) => Math.max(span.from, Math.min(span.to, bound)))), cells });
  }
  return rows;
}

/** At most `most` rows at even distances, with every row that holds an extreme of its series or a value that is not finite. */
export function thinned(rows: Row[], most: number): Row[] {
  if (rows.length <= most) return rows;
  const kept = new Set<number>();
  const best: { low: number; high: number; lowAt: number; highAt: number }[] = [];
  rows.forEach((row, r) => row.cells.forEach((cell, line) => {
    if (cell === null) return;
    if (cell.nonfinite > 0) kept.add(r);
    const one = (best[line] ??= { low: Infinity, high: -Infinity, lowAt: r, highAt: r });
    if (cell.low < one.low) [one.low, one.lowAt] = [cell.low, r];
    if (cell.high > one.high) [one.high, one.highAt] = [cell.high, r];
  }));
  for (const one of best) if (one !== undefined) kept.add(one.lowAt).add(one.highAt);
  const others = rows.map((_, r) => r).filter((r) => !kept.has(r));
  const places = Math.max(0, most - kept.size);
  for (let i = 0; i < places; i += 1) kept.add(others[Math.floor((i * others.length) / places)] ?? 0);
  return rows.filter((_, r) => kept.has(r));
}
