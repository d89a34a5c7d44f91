// The runs table: order, selection, columns, groups and their rows in the document, names in words, and where exports go.
import { describe, expect, it } from 'vitest';
import type { RunColumn, RunGroup, RunName, RunTableRow, SavedView } from '../src/lib/backend';
import { cellText, groupText, isNonfinite, keyText } from '../src/screens/runs/cells';
import { formatNames, parseNames, placed, shifted, shownOf, switched, widthOf } from '../src/screens/runs/columns';
import { entriesOf, GROUP_PX, inView, isFolded, keyOf, membersOf, ROW_PX, topsOf, turned, UNTOUCHED } from '../src/screens/runs/groups';
import { listedAs, metricOf, searched, sections, titleOf, withReading } from '../src/screens/runs/names';
import { exportPath } from '../src/lib/export/format';
import { extended, isFromElsewhere, nextSort, parseSelection, parseTags, toggled, toggledAll } from '../src/screens/runs/table';
import { BUILT_IN, isSame, ofName, paramsOf } from '../src/screens/runs/views';
import { runTable } from './fixtures/run-table';

const column = (name: string, holds: RunColumn['holds'], of: RunColumn['of'] = { kind: 'field' }): RunColumn => ({ name, of, holds, scale: 'linear' });
const KNN = column('knn_top1.last', 'share', { kind: 'metric', metric: 'knn_top1', reading: 'last' });
const LOSS = column('loss.last', 'number', { kind: 'metric', metric: 'loss', reading: 'last' });
const SPIKES = column('spike.count', 'number', { kind: 'events', event: 'spike' });
const RATE = column('base_learning_rate', 'number', { kind: 'parameter' });
const now = new Date(2026, 10, 29, 22, 30);

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
  it('takes all runs of a group, and gives them back where it has them all', () => {
    expect(toggledAll(['a', 'x'], ['a', 'b'])).toEqual(['a', 'x', 'b']);
    expect(toggledAll(['a', 'x', 'b'], ['a', 'b'])).toEqual(['x']);
  });
  it('takes a stretch in either direction, as it is shown', () => {
    expect(extended(['d'], ['a', 'b', 'c', 'd'], 'c', 'a')).toEqual(['d', 'a', 'b', 'c']);
    expect(extended([], ['a', 'b'], 'gone', 'b')).toEqual(['b']);
  });
  it('knows what came from elsewhere', () => {
    expect(isFromElsewhere({ evidence_code: { kind: 'imported', path: '/r' } })).toBe(true);
    expect(isFromElsewhere({ evidence_code: { kind: 'records' } })).toBe(false);
  });
});

describe('columns', () => {
  it('are read from the address, each once, and back again whatever a key holds', () => {
    expect(parseNames('loss.last,state,loss.last,')).toEqual(['loss.last', 'state']);
    expect(parseNames(undefined)).toEqual([]);
    const names = ['config.a,b', 'config.50%', 'state', 'config.%2C'];
    expect(parseNames(formatNames(names))).toEqual(names);
    expect(formatNames([])).toBeNull();
  });
  it('are those of the answer until it has those that are wanted, in their order; the name is none of them', () => {
    const answered = [column('label', 'text'), LOSS, KNN];
    expect(shownOf(answered, []).map(({ column: { name }, at }) => [name, at])).toEqual([['loss.last', 1], ['knn_top1.last', 2]]);
    expect(shownOf(answered, ['knn_top1.last', 'seed', 'loss.last']).map(({ at }) => at)).toEqual([2, 1]);
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
  it('come last and go; the last one stays', () => {
    expect(switched(['a'], 'b')).toEqual(['a', 'b']);
    expect(switched(['a', 'b'], 'a')).toEqual(['b']);
    expect(switched(['a'], 'a')).toEqual(['a']);
  });
  it('are as wide as their head asks, texts as their longest value up to a limit', () => {
    const row = (text: string) => ({ cells: [text] }) as RunTableRow;
    const width = (title: string, text: string) => widthOf({ column: column('sweep_name', 'text'), at: 0 }, title, [row(text)]);
    expect(width('A', 'a')).toBeLessThan(width('A long head', 'a'));
    expect(width('A', 'a much longer value')).toBeGreaterThan(width('A', 'a'));
    expect(width('A', 'x'.repeat(500))).toBe(width('A', 'x'.repeat(400)));
    expect(width('가나다라마바사', '')).toBeGreaterThan(width('abcdefg', ''));
  });
});

describe('names in words', () => {
  it('have titles, units, and their own letters where no catalogue knows them', () => {
    expect([titleOf('knn_top1.last'), titleOf('knn_top1.best'), titleOf('loss.mean10')].map((one) => one.text)).toEqual(['kNN accuracy, %', 'kNN accuracy, best, %', 'Loss, mean of the last 10']);
    expect([titleOf('batch_size'), titleOf('spike.count'), titleOf('created_at')].map((one) => one.text)).toEqual(['Batch size', 'Spike', 'Created']);
    expect(titleOf('config.optim.lr')).toEqual({ text: 'optim.lr', own: true });
    expect(titleOf('config.a.last')).toEqual({ text: 'a.last', own: true });
    expect(titleOf('val/accuracy.min').own).toBe(true);
  });
  it('of metrics are parted from their reading', () => {
    expect([metricOf('val/acc.mean5'), metricOf('val/acc.mean0'), metricOf('config.x.last'), metricOf('seed')]).toEqual([{ metric: 'val/acc', reading: 'mean5' }, null, null, null]);
  });
  const name = (text: string, of: RunName['of'], more: Partial<RunName> = {}): RunName => ({ name: text, of, holds: 'number', runs: 4, values: [], ...more });
  const names = [name('label', 'field'), name('step', 'field'), name('weight_decay', 'parameter', { values: [{ value: 0.1, runs: 4 }] }), name('batch_size', 'parameter', { values: [{ value: 1, runs: 2 }, { value: 2, runs: 2 }] }), name('loss', 'metric'), name('grad_norm/blocks.0', 'metric'), name('config.bs', 'config')];
  it('stand in sections, what differs first, layers out of sight', () => {
    expect(sections(names, '').map(({ id, names: own }) => [id, own.map((one) => one.name)])).toEqual([['varied', ['batch_size']], ['metric', ['loss']], ['field', ['step']], ['parameter', ['weight_decay']], ['config', ['config.bs']]]);
    expect(sections(names, 'norm block').map(({ id, names: own }) => [id, own.map((one) => one.name)])).toEqual([['matches', ['grad_norm/blocks.0']]]);
    expect(sections(names, 'nothing like it')).toEqual([]);
  });
  it('are found by their letters or their title, what begins with it first', () => {
    expect(searched(names, 'bat').map((one) => one.name)).toEqual(['batch_size']);
    expect(searched(names, 's').map((one) => one.name)[0]).toBe('step');
    expect(searched([name('base_learning_rate', 'parameter')], 'learning rate').length).toBe(1);
  });
  it('of metrics get a reading when they are chosen', () => {
    expect([withReading(name('loss', 'metric'), 'mean5'), withReading(name('seed', 'parameter'), 'mean5'), listedAs(name('loss', 'metric')).text]).toEqual(['loss.mean5', 'seed', 'Loss']);
  });
});

describe('cells', () => {
  it.each([
    [KNN, 0.6814, '68.1'], [KNN, null, '–'], [KNN, 'NaN', 'NaN'], [LOSS, 3.14159, '3.14'], [LOSS, '-Infinity', '−Inf'], [RATE, 1.5e-4, '1.5e−4'], [SPIKES, 12, '12'],
    [column('frozen_patch_projection', 'flag', { kind: 'parameter' }), true, 'yes'], [column('note', 'text'), '', '–'], [column('tag', 'words'), ['a', 'b'], 'a, b'], [column('stability', 'number'), 0.5, '0.50'],
    [column('created_at', 'time'), new Date(2026, 10, 29, 9, 5).toISOString(), '09:05'], [column('config.lr', 'text', { kind: 'config', key: 'lr' }), 0.001, '1e−3'], [column('state', 'text'), 'finished', 'Finished'],
  ] as const)('%o of %o is %s', (one, cell, text) => {
    expect(cellText(one, cell as never, now)).toBe(text);
  });
  it('know what is not finite', () => {
    expect([isNonfinite(LOSS, 'NaN'), isNonfinite(LOSS, 3), isNonfinite(LOSS, null), isNonfinite(column('note', 'text'), 'NaN')]).toEqual([true, false, false, false]);
  });
  it('of groups say a mean with its spread, what is shared, or that it differs', () => {
    expect(groupText(KNN, { kind: 'mean', mean: 0.7077, std: 0.0026, n: 6 }, now)).toEqual({ text: '70.8', spread: '± 0.3' });
    expect(groupText(KNN, { kind: 'mean', mean: 0.7077, std: null, n: 1 }, now)).toEqual({ text: '70.8', spread: '' });
    expect([groupText(RATE, { kind: 'same', value: 1e-3 }, now).text, groupText(RATE, { kind: 'several' }, now).text, groupText(RATE, { kind: 'nothing' }, now).text]).toEqual(['1e−3', 'several', '–']);
    expect([keyText('batch_size', 4096), keyText('frozen_patch_projection', false), keyText('tag', ['a', 'b']), keyText('note', null), keyText('state', 'lost')]).toEqual(['4,096', 'no', 'a, b', '–', 'Lost contact']);
  });
});

describe('groups', () => {
  const group = (key: string, runs: number): RunGroup => ({ key: [key], runs, failed: 0, cells: [] });
  const row = (id: string, at: number | null) => ({ id, group: at }) as RunTableRow;
  const [rows, groups] = [[row('a', 0), row('b', 1), row('c', 0), row('d', 1)], [group('x', 2), group('y', 2)]];
  const ids = (folds = UNTOUCHED) => entriesOf(rows, groups, folds).map((entry) => entry.id);
  const [x, y] = groups.map(keyOf);
  it('are folded at first, unless each is of one run', () => {
    expect(ids()).toEqual([x, y]);
    expect(entriesOf(rows, [], UNTOUCHED).map((entry) => entry.id)).toEqual(['a', 'b', 'c', 'd']);
    expect(entriesOf([row('a', 0)], [group('x', 1)], UNTOUCHED).map((entry) => entry.id)).toEqual([x, 'a']);
  });
  it('open one by one or all at once, and stay so by what they share', () => {
    const open = turned(UNTOUCHED, y ?? '');
    expect(ids(open)).toEqual([x, y, 'b', 'd']);
    expect(ids(turned(open, y ?? ''))).toEqual([x, y]);
    expect(ids({ all: false, turned: new Set() })).toEqual([x, 'a', 'c', y, 'b', 'd']);
    expect(isFolded({ all: false, turned: new Set([x ?? '']) }, x ?? '', false)).toBe(true);
    expect(entriesOf(rows.map((one) => ({ ...one, group: 1 - (one.group ?? 0) })), [...groups].reverse(), open).map((entry) => entry.id)).toEqual([y, 'b', 'd', x]);
  });
  it('have the runs of each, in the order of the table', () => expect(membersOf(rows, groups).map((own) => own.map((one) => one.id))).toEqual([['a', 'c'], ['b', 'd']]));
  it('are answered with means over those that did not fail', () => {
    const table = runTable({ where: '', sort: '', columns: ['loss.last'], group: ['frozen_patch_projection'] });
    expect(table.groups.reduce((sum, one) => sum + one.runs, 0)).toBe(table.rows.length);
  });
});

describe('rows in view', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ id: String(n), group: null, row: {} as RunTableRow }));
  it('are all rows of a short table', () => {
    expect(inView(topsOf(rows(120)), 0, 100)).toEqual([0, 120]);
    expect(inView(topsOf([]), 0, 100)).toEqual([0, 0]);
  });
  it('cover the view at every scroll position of a long one with groups, and are few', () => {
    const groups: RunGroup[] = Array.from({ length: 500 }, (_, n) => ({ key: [n], runs: 10, failed: 0, cells: [] }));
    const entries = entriesOf(Array.from({ length: 5000 }, (_, n) => ({ id: String(n), group: n % 500 }) as RunTableRow), groups, { all: false, turned: new Set() });
    const tops = topsOf(entries);
    expect(tops.at(-1)).toBe(500 * GROUP_PX + 5000 * ROW_PX);
    for (let top = 0; top <= (tops.at(-1) ?? 0); top += 997) {
      const [from, to] = inView(tops, top, 700);
      expect(tops[from]).toBeLessThanOrEqual(top);
      expect(tops[to]).toBeGreaterThanOrEqual(Math.min(tops.at(-1) ?? 0, top + 700));
      expect(to - from).toBeLessThan(60);
    }
  });
});

describe('views', () => {
  const kept: SavedView = { name: 'mine', where: 'state = lost', sort: '', columns: ['seed'], group: ['optimizer', 'config.a,b'] };
  it('are an address, and are known again by it', () => {
    expect(paramsOf(kept)).toEqual({ where: 'state = lost', sort: '', cols: 'seed', group: 'optimizer,config.a%2Cb' });
    expect(isSame(kept, { where: ' state = lost', sort: '-created_at', columns: ['seed'], group: ['optimizer', 'config.a,b'] })).toBe(true);
    expect(isSame(kept, { ...kept, columns: [] })).toBe(false);
  });
  it('that are always there differ', () => expect(BUILT_IN.every((one) => BUILT_IN.filter((other) => isSame(one.view, other.view)).length === 1)).toBe(true));
  it('are told apart by their names as they are kept', () => expect([ofName([kept], ' mine ')?.name, ofName([kept], 'Mine')]).toEqual(['mine', undefined]));
});

describe('exports', () => {
  const one = { id: '01936f2e-7c1a-7abc-8def-000000000871', label: 'b512 lr/1.5' };
  it('say which part of a run is in them', () => expect(exportPath('/w', [one], 'png', '-shown')).toBe('/w/exports/b512-lr-1.5-000871-shown.png'));
  it('of one run name its label and the end of its id', () => expect(exportPath('/w', [one], 'csv')).toBe('/w/exports/b512-lr-1.5-000871.csv'));
  it('of several runs are a folder of tables or one figure', () => {
    expect(exportPath('/w', [one, one], 'csv')).toBe('/w/exports/2-runs-000871');
    expect(exportPath('/w', [one, one], 'svg')).toBe('/w/exports/2-runs-000871.svg');
    // The values of charts are one file, of however many runs they are.
    expect(exportPath('/w', [one, one], 'csv', '-shown', false)).toBe('/w/exports/2-runs-000871-shown.csv');
  });
});

it('tags stand between commas or blanks', () => expect(parseTags(' a, b  a,c ')).toEqual(['a', 'b', 'c']));
