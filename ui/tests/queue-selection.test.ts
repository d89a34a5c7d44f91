// Which waiting runs are chosen after clicks and keys, and what becomes of the choice while the queue moves.
import { describe, expect, it } from 'vitest';
import { chosen, howOf, NOTHING, pruned, type Chosen, type How } from '../src/screens/live/queue-selection';

const ORDER = ['a', 'b', 'c', 'd', 'e'];
const after = (...clicks: [string, How][]): Chosen => clicks.reduce((now, [id, how]) => chosen(now, ORDER, id, how), NOTHING);
const ids = (now: Chosen) => [...now.ids].sort().join('');

describe('choosing', () => {
  it.each<[string, [string, How][], string]>([
    ['one, instead of what was chosen', [['a', 'only'], ['c', 'only']], 'c'],
    ['the same again takes it back', [['a', 'only'], ['a', 'only']], ''],
    ['one more, and one less', [['a', 'only'], ['c', 'toggle'], ['a', 'toggle']], 'c'],
    ['a range, down and up', [['d', 'only'], ['b', 'range']], 'bcd'],
    ['a range beside what was chosen', [['a', 'only'], ['c', 'toggle'], ['e', 'range']], 'acde'],
    ['a range without a beginning is one row', [['c', 'range']], 'c'],
    ['a range that is widened', [['b', 'only'], ['c', 'range'], ['d', 'range']], 'bcd'],
  ])('%s', (_, clicks, expected) => expect(ids(after(...clicks))).toBe(expected));

  it.each<[Partial<MouseEvent>, How]>([[{}, 'only'], [{ ctrlKey: true }, 'toggle'], [{ metaKey: true }, 'toggle'], [{ shiftKey: true, ctrlKey: true }, 'range']])('%j is %s', (keys, how) => {
    expect(howOf({ shiftKey: false, ctrlKey: false, metaKey: false, ...keys })).toBe(how);
  });
});

describe('while the queue moves', () => {
  const two = after(['b', 'only'], ['d', 'toggle']);

  it('what has started or gone is no longer chosen', () => {
    expect(ids(pruned(two, ['a', 'd', 'e'], 3))).toBe('d');
    expect(pruned(two, ['a', 'b', 'c'], 3).anchor).toBeNull();
  });

  it('what is not shown of a longer queue stays', () => expect(pruned(two, ['a', 'b'], 80)).toBe(two));
  it('nothing changes where all still wait, in whatever order', () => expect(pruned(two, ['d', 'b'], 2)).toBe(two));
});
