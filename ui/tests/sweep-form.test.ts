// The form's own grammar: ranges in a field, conditions of exclusions, parameters found by what people call them, times that
// say what they rest on, findings joined as sentences.
import { describe, expect, it } from 'vitest';
import type { FormAxis, JsonValue, ParameterInfo } from '../src/lib/backend/generated';
import { findingSaid } from '../src/lib/i18n/say';
import { basisText, timeText } from '../src/screens/sweeps/cost';
import { againText, problemText } from '../src/screens/sweeps/help';
import { conditionOf, isUnfinished, nothing, phrases, toggled, type Asked } from '../src/screens/sweeps/rules';
import { found } from '../src/screens/sweeps/search';
import { isRange, parseRange, spacingOf } from '../src/screens/sweeps/spacing';
import { parameterTable } from './fixtures/parameters';
import { finding, told } from './fixtures/told';
import { presetParameters } from './fixtures/workspace';

const info = (name: string, kind: string, more: Partial<ParameterInfo> = {}): ParameterInfo => ({
  name, kind, group: 'optimization', unit: null, default: null, min: null, max: null, choices: [], help: '', synonyms: [], rank: 0, ...more,
});
const lr = info('base_learning_rate', 'number', { min: 0, max: 1000 });
const batch = info('batch_size', 'integer', { min: 2, max: 1048576 });

describe('ranges', () => {
  it.each([
    ['1e-4..1e-2 x5 log', lr, { form: 'log', from: 1e-4, to: 1e-2, count: 5 }],
    ['1e-4 .. 1e-2 log x5', lr, { form: 'log', from: 1e-4, to: 1e-2, count: 5 }],
    ['1e\u22124…1e\u22122 \u00d7 5 LOG', lr, { form: 'log', from: 1e-4, to: 1e-2, count: 5 }],
    ['0.1..0.5 x5', lr, { form: 'linear', from: 0.1, to: 0.5, count: 5 }],
    ['0..1 x3 linear', lr, { form: 'linear', from: 0, to: 1, count: 3 }],
    ['64..256 step 64', batch, { form: 'range', from: 64, to: 256, step: 64 }],
    ['256..64 step -64', batch, { form: 'range', from: 256, to: 64, step: -64 }],
    ['64..1024 x5 log', batch, { form: 'log', from: 64, to: 1024, count: 5 }],
  ] as const)('%s', (text, of, spacing) => {
    expect(isRange(text, of)).toBe(true);
    expect(parseRange(text, of)).toEqual({ spacing });
  });

  it.each([
    ['1e-4..1e-2', lr, 'range_length'], ['1e-4..1e-2 x1 log', lr, 'range_count'], ['1..2 x99999', lr, 'range_count'], ['0..1 x5 log', lr, 'range_zero'], ['0.1..0.5 step 0.1', lr, 'range_step'],
    ['256..64 step 64', batch, 'range_away'], ['64..256 step 0', batch, 'range_step'], ['1..2 x5 x6', lr, 'range_words'], ['1..2 x5 sqrt', lr, 'range_words'], ['1, 2..5 x3', lr, 'range_alone'],
    ['1..many x5', lr, 'not_number'], ['1.5..4 x3', batch, 'not_integer'], ['0..4096 x3', batch, 'range'], ['1..', lr, 'empty'],
  ] as const)('refuses %s of %o as %s', (text, of, kind) => {
    const parsed = parseRange(text, of);
    expect('problem' in parsed ? parsed.problem.kind : 'taken').toBe(kind);
    expect('problem' in parsed ? problemText(parsed.problem, of) : '').not.toMatch(/sweeps\.|\{/);
  });

  it('are not seen in values and in names', () => {
    expect([isRange('0.1, 0.2', lr), isRange('a..b', info('dataset', 'text')), isRange('1..2', undefined)]).toEqual([false, false, false]);
  });

  it('are read back from an axis as one would type them', () => {
    const axis = (form: FormAxis['form'], values: JsonValue[]): FormAxis => ({ parameters: ['x'], values: values.map((one) => [one]), form });
    for (const [written, of] of [[axis('log', [1e-4, 1e-3, 1e-2]), lr], [axis('linear', [0.1, 0.3, 0.5]), lr], [axis('range', [64, 128, 192]), batch]] as const) {
      const spacing = spacingOf(written);
      const parsed = parseRange(spacing?.typed ?? '', of);
      expect('spacing' in parsed ? parsed.spacing.form : parsed.problem).toBe(written.form);
    }
    expect(spacingOf(axis('log', [1e-4, 1e-3, 1e-2]))).toEqual({ form: 'log', count: 3, from: '1e\u22124', to: '0.01', typed: '1e-4..0.01 x3 log' });
    expect(spacingOf(axis('values', [1, 2]))).toBeNull();
  });
});

it('values that are there already are named', () => {
  expect([againText('batch_size', []), againText('batch_size', [4096]), againText('batch_size', [512, 1024])]).toEqual(['', '4,096 is there already.', '512, 1,024 are there already.']);
});

describe('rules', () => {
  const asked = (more: Partial<Asked>): Asked => ({ ...nothing(), ...more });
  it.each([
    [asked({}), null], [asked({ ask: 'is', values: [512] }), 512], [asked({ ask: 'is', values: ['lamb', 'lars'] }), ['lamb', 'lars']], [asked({ ask: 'not', values: ['adamw'] }), { not: 'adamw' }],
    [asked({ ask: 'from', bound: '1e-3' }), { from: 1e-3 }], [asked({ ask: 'below', bound: '\u22121' }), { below: -1 }], [asked({ ask: 'above', bound: 'many' }), null], [asked({ ask: 'is' }), null],
  ])('%o', (row, condition) => {
    expect(conditionOf(row)).toEqual(condition);
    expect(isUnfinished(row)).toBe(row.ask !== 'any' && condition === null);
  });

  it('are read in signs', () => {
    expect(phrases({ from: 1e-3, below: 1e-2 })).toEqual([{ sign: '\u2265', values: [1e-3] }, { sign: '<', values: [1e-2] }]);
    expect([phrases('lamb'), phrases(['lamb', 'lars']), phrases({ not: ['a', 'b'] }), phrases({ atleast: 3 })]).toEqual([
      [{ sign: '=', values: ['lamb'] }], [{ sign: '=', values: ['lamb', 'lars'] }], [{ sign: '\u2260', values: ['a', 'b'] }], [{ sign: 'atleast', values: [3] }],
    ]);
  });

  it('take values in the order of the axis', () => {
    expect([toggled([], 2, [1, 2, 3]), toggled([3, 2], 1, [1, 2, 3]), toggled([1, 2], 2, [1, 2, 3])]).toEqual([[2], [1, 2, 3], [1]]);
  });
});

describe('the search for a parameter', () => {
  const table = parameterTable(presetParameters);
  const names = (text: string) => found(table, text, (one) => one.name.replaceAll('_', ' '), (one) => one.group).map((one) => one.name);
  it.each([['lr', 'base_learning_rate'], ['LR', 'base_learning_rate'], ['wd', 'weight_decay'], ['bs', 'batch_size'], ['steps', 'max_steps'], ['epochs', 'epochs'], ['batch-size', 'batch_size'], ['rate base', 'base_learning_rate'], ['warm', 'warmup_epochs']])('%s: %s', (text, name) => {
    expect(names(text)[0]).toBe(name);
  });
  it('keeps the order where nothing is asked, and finds nothing where nothing fits', () => {
    expect([names('  '), names('zzz')]).toEqual([table.map((one) => one.name), []]);
  });
});

it('a time that was not measured says so', () => {
  expect([timeText(90, 'measured'), timeText(90, 'guessed'), timeText(null, null)]).toEqual(['2 min', '\u2248 2 min', '–']);
  expect([basisText('guessed'), basisText(null)]).toEqual([expect.stringContaining('Rough guess'), expect.stringContaining('data set')]);
});

it('what is so and what to do are two sentences', () => {
  const one = finding(1, 1, 'a patch size of 5 does not divide the image size of 32', { hint: '32 is divisible by 1, 2, 4, 8' });
  expect(findingSaid(one)).toBe('A patch size of 5 does not divide the image size of 32. 32 is divisible by 1, 2, 4, 8.');
  expect(findingSaid(finding(1, 1, 'there is no parameter `lrr`', { hint_told: told('did you mean `lr`?') }))).toBe('There is no parameter `lrr`. Did you mean `lr`?');
  expect(findingSaid(finding(1, 1, 'nothing to add'))).toBe('Nothing to add');
});
