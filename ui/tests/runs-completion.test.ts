// What the query can go on with, by what stands before the caret; and which keys the list takes.
import { describe, expect, it } from 'vitest';
import type { RunName } from '../src/lib/backend';
import { complete, valueText } from '../src/screens/runs/complete';
import { QueryCompletion } from '../src/screens/runs/completion.svelte';

const name = (text: string, of: RunName['of'], more: Partial<RunName> = {}): RunName => ({ name: text, of, holds: 'number', runs: 4, values: [], ...more });
const NAMES = [
  name('state', 'field', { holds: 'text', values: [{ value: 'running', runs: 3 }, { value: 'finished', runs: 1 }] }),
  name('stability', 'field'), name('created_at', 'field', { holds: 'time' }), name('optimizer', 'parameter', { holds: 'text', values: [{ value: 'adamw', runs: 2 }, { value: 'two words', runs: 2 }] }),
  name('frozen_patch_projection', 'parameter', { holds: 'flag' }), name('knn_top1', 'metric', { holds: 'share' }), name('grad_norm/blocks.0', 'metric'), name('spike.count', 'events'), name('config.my key', 'config', { holds: 'text' }),
];
const inserts = (text: string) => complete(text, NAMES).offers.map((one) => one.insert);

describe('names', () => {
  it('are offered while one is typed, in its place', () => {
    expect(complete('sta', NAMES)).toMatchObject({ from: 0, offers: [{ kind: 'name', insert: 'state ', count: 4 }, { insert: 'stability ' }] });
    expect(complete('state = running and fro', NAMES)).toMatchObject({ from: 20, offers: [{ insert: 'frozen_patch_projection ' }] });
    expect(inserts('not (opt')).toEqual(['optimizer ']);
  });
  it('of metrics come with their readings, all of them once the dot stands', () => {
    expect(inserts('knn')).toEqual(['knn_top1.last ', 'knn_top1.best ']);
    expect(inserts('knn_top1.')).toEqual(['knn_top1.last ', 'knn_top1.best ', 'knn_top1.min ', 'knn_top1.max ']);
    expect(inserts('knn_top1.m')).toEqual(['knn_top1.min ', 'knn_top1.max ']);
  });
  it('with other letters than names have stand in backquotes', () => {
    expect(inserts('grad_norm')).toEqual(['`grad_norm/blocks.0.last` ', '`grad_norm/blocks.0.best` ']);
    expect(inserts('my')).toEqual(['`config.my key` ']);
    expect(complete('`conf', NAMES)).toMatchObject({ from: 0, offers: [{ insert: '`config.my key` ' }] });
  });
  it('are found by their titles', () => expect(inserts('accuracy')).toEqual(['knn_top1.last ', 'knn_top1.best ']));
});

describe('operators, values and joints', () => {
  it('come after what they need', () => {
    expect(inserts('state ')).toEqual(['= ', '!= ', '~ ', 'in (', 'not in (']);
    expect(inserts('knn_top1.last ')).toEqual(['= ', '!= ', '< ', '<= ', '> ', '>= ', 'in (']);
    expect(inserts('frozen_patch_projection ')).toEqual(['= ', '!= ', 'and ', 'or ']);
    expect(inserts('state i')).toEqual(['in (']);
    expect(inserts('state not ')).toEqual(['in (']);
    expect(inserts('state = running ')).toEqual(['and ', 'or ']);
    expect(inserts('state = running a')).toEqual(['and ']);
  });
  it('are the values that runs have, with their counts, and quoted where they must be', () => {
    expect(complete('state = ', NAMES).offers).toMatchObject([{ kind: 'value', insert: 'running ', count: 3 }, { insert: 'finished ', count: 1 }]);
    expect(inserts('state=fin')).toEqual(['finished ']);
    expect(inserts('optimizer = ')).toEqual(['adamw ', '"two words" ']);
    expect(inserts('optimizer = "two')).toEqual(['"two words" ']);
    expect(inserts('frozen_patch_projection = ')).toEqual(['true ', 'false ']);
    expect(inserts('knn_top1.last > ')).toEqual([]);
    expect([valueText('a"b'), valueText('and'), valueText(0.1), valueText(true)]).toEqual(['\'a"b\'', '"and"', '0.1', 'true']);
  });
  it('go on inside a list and after it', () => {
    expect(inserts('state in (')).toEqual(['running', 'finished']);
    expect(inserts('state in (running, f')).toEqual(['finished']);
    expect(inserts('state in (running) ')).toEqual(['and ', 'or ']);
    expect(inserts('state in (running ')).toEqual([]);
  });
  it('are none where plain words stand, nor for what stands there already', () => {
    expect(inserts('frozen seed ')).toEqual([]);
    expect(inserts('two words here')).toEqual([]);
    expect(inserts('state = running')).toEqual([]);
  });
});

describe('the list', () => {
  it('marks nothing until an arrow key does, and ends at the query again', () => {
    const list = new QueryCompletion(() => NAMES);
    list.typed('sta');
    expect([list.shown, list.at, list.taken(list.offers[list.at])]).toEqual([true, -1, null]);
    list.move(1);
    expect(list.taken(list.offers[list.at])).toBe('state ');
    list.move(1);
    expect(list.at).toBe(1);
    list.move(1);
    expect(list.at).toBe(-1);
    list.move(-1);
    expect(list.at).toBe(1);
  });
  it('is closed by Esc and at an empty query, and opened by an arrow key', () => {
    const list = new QueryCompletion(() => NAMES);
    list.typed('sta');
    list.close();
    expect(list.shown).toBe(false);
    list.typed('');
    expect(list.shown).toBe(false);
    list.ask('');
    expect(list.offers.length).toBeGreaterThan(5);
  });
});
