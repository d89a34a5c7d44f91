// The runs table: order, selection, rows in the document, and where exports go.
import { describe, expect, it } from 'vitest';
import type { Run } from '../src/lib/backend';
import { COLUMNS, exportPath, extended, formatColumns, nextSort, parseColumns, parseSelection, parseTags, placed, ROW_PX, rowsInView, shifted, switched, toggled } from '../src/screens/runs/table';

const run = (id: string) => ({ id, label: `run ${id}` }) as Run;

describe('order', () => {
  it('begins with the largest number or the first text, then turns', () => {
    expect(nextSort('-created_at', 'loss.last', true)).toBe('-loss.last');
    expect(nextSort('-loss.last', 'loss.last', true)).toBe('loss.last');
    expect(nextSort('loss.last', 'label', false)).toBe('label');
    expect(nextSort('label', 'label', false)).toBe('-label');
  });
});

describe('selection', () => {
  it('is read from the address without repetitions', () => expect(parseSelection('a,,b,a')).toEqual(['a', 'b']));
  it('takes and gives back one run', () => {
    expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
    expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
  });
  it('takes a stretch in either direction', () => {
    const rows = ['a', 'b', 'c', 'd'].map((id) => run(id));
    expect(extended(['d'], rows, 'c', 'a')).toEqual(['d', 'a', 'b', 'c']);
    expect(extended([], rows, 'gone', 'b')).toEqual(['b']);
  });
});

describe('columns', () => {
  const all = COLUMNS.map((column) => column.id);
  const shown = (text: string | undefined) => parseColumns(text).map((column) => column.id);
  it('are all in the first order where the address names none', () => {
    expect([shown(undefined), shown(''), shown('nonsense')]).toEqual([all, all, all]);
    expect(formatColumns(all)).toBeNull();
  });
  it('are those of the address, each once, and always the name', () => {
    expect(shown('loss,label,loss,x,state')).toEqual(['loss', 'label', 'state']);
    expect(shown('loss,state')).toEqual(['label', 'loss', 'state']);
    expect(shown(formatColumns(['state', 'label']) ?? '')).toEqual(['state', 'label']);
  });
  it('are dragged to where another stands, from either side', () => {
    expect(placed(['a', 'b', 'c', 'd'], 'a', 'c')).toEqual(['b', 'c', 'a', 'd']);
    expect(placed(['a', 'b', 'c', 'd'], 'd', 'b')).toEqual(['a', 'd', 'b', 'c']);
    expect(placed(['a', 'b'], 'a', 'gone')).toEqual(['a', 'b']);
  });
  it('move by one and stop at the ends', () => {
    expect(shifted(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c']);
    expect(shifted(['a', 'b', 'c'], 'a', -1)).toEqual(['a', 'b', 'c']);
    expect(shifted(['a', 'b', 'c'], 'c', 1)).toEqual(['a', 'b', 'c']);
  });
  it('come back where they stand by default; the name does not go', () => {
    const without = switched(all, 'state');
    expect(without).not.toContain('state');
    expect(switched(without, 'state')).toEqual(all);
    expect(switched(all, 'label')).toEqual(all);
    expect(switched(['loss'], 'label')).toEqual(['label', 'loss']);
  });
});

describe('rows in view', () => {
  it('are all rows of a short table', () => expect(rowsInView(200, 0, 100)).toEqual([0, 200]));
  it('cover the view at every scroll position of a long one, and are few', () => {
    for (let top = 0; top <= 5000 * ROW_PX; top += 997) {
      const [from, to] = rowsInView(5000, top, 700);
      expect(from * ROW_PX).toBeLessThanOrEqual(top);
      expect(to * ROW_PX).toBeGreaterThanOrEqual(Math.min(5000 * ROW_PX, top + 700));
      expect(to - from).toBeLessThan(60);
    }
  });
});

describe('exports', () => {
  const one = { id: '01936f2e-7c1a-7abc-8def-000000000871', label: 'b512 lr/1.5' };
  it('say which part of a run is in them', () => expect(exportPath('/w', [one], 'png', '-shown')).toBe('/w/exports/b512-lr-1.5-000871-shown.png'));
  it('of one run name its label and the end of its id', () => expect(exportPath('/w', [one], 'csv')).toBe('/w/exports/b512-lr-1.5-000871.csv'));
  it('of several runs are a folder of tables or one figure', () => {
    expect(exportPath('/w', [one, one], 'csv')).toBe('/w/exports/2-runs-000871');
    expect(exportPath('/w', [one, one], 'svg')).toBe('/w/exports/2-runs-000871.svg');
  });
});

it('tags stand between commas or blanks', () => expect(parseTags(' a, b  a,c ')).toEqual(['a', 'b', 'c']));
