// Names in rows: what neighbours have in common may be cut, what tells them apart and the seed stay.
import { describe, expect, it } from 'vitest';
import { pieces } from '../src/lib/ui/run-names';

/** (alike) own [end], of labels of one sweep. */
function told(...labels: string[]): string[] {
  const names = pieces(labels.map((label, at) => ({ id: String(at), label, sweep: 'a' })));
  return labels.map((_, at) => (names.get(String(at)) ?? []).map(({ text, kind }) => (kind === 'alike' ? `(${text})` : kind === 'end' ? `[${text}]` : text)).join(''));
}

describe('names of a sweep', () => {
  it.each<[string[], string[]]>([
    [['b64-lr1e-3-adamw-pos-sincos-frozen-s0', 'b64-lr1e-3-adamw-pos-none-learned-s0'], ['(b64-lr1e-3-adamw-pos)-sincos-frozen(-s0)', '(b64-lr1e-3-adamw-pos)-none-learned(-s0)']],
    // A rate's minus is no border.
    [['lr1e-3-s0', 'lr1e-4-s1'], ['lr1e-3[-s0]', 'lr1e-4[-s1]']],
    [['lr0.003-s0', 'lr1e-4-s0'], ['lr0.003(-s0)', 'lr1e-4(-s0)']],
    [['frozen-s0'], ['frozen[-s0]']],
    [['run', 'run'], ['run', 'run']],
    // Another number of words: told apart among their own.
    [['frozen-s0', 'frozen-s1', 'b8-frozen-s0'], ['(frozen)[-s0]', '(frozen)[-s1]', 'b8-frozen[-s0]']],
  ])('%j', (labels, expected) => expect(told(...labels)).toEqual(expected));

  it('lose no letter', () => {
    const labels = ['a-b1e-3-c-s0', 'a-b1e-4-c-s1', 'x', 'a--b', 'lr-0.5-s0'];
    const names = pieces(labels.map((label) => ({ id: label, label, sweep: null })));
    expect(labels.map((label) => names.get(label)?.map(({ text }) => text).join(''))).toEqual(labels);
  });

  it('are not told apart from those of other sweeps', () => {
    const names = pieces([{ id: '1', label: 'frozen-s0', sweep: 'a' }, { id: '2', label: 'learned-s0', sweep: 'b' }]);
    expect(names.get('1')).toEqual([{ text: 'frozen', kind: 'own' }, { text: '-s0', kind: 'end' }]);
  });
});
