// What one types into chips and fields, and what becomes of it.
import { describe, expect, it } from 'vitest';
import type { ParameterInfo } from '../src/lib/backend/generated';
import { ordered, parseRows, parseSeeds, parseValue, parseValues, shown, typed } from '../src/screens/sweeps/values';

const info = (name: string, kind: string, more: Partial<ParameterInfo> = {}): ParameterInfo => ({
  name, kind, group: 'optimization', unit: null, default: null, min: null, max: null, choices: [], help: '', synonyms: [], rank: 0, ...more,
});
const lr = info('base_learning_rate', 'number', { min: 0, max: 1000 });
const batch = info('batch_size', 'integer', { min: 2, max: 1048576 });
const optimizer = info('optimizer', 'choice', { choices: ['adamw', 'lamb', 'lars', 'sgd'] });
const frozen = info('frozen_patch_projection', 'bool');
const dataset = info('dataset', 'text');

describe('values as typed', () => {
  it.each([
    ['1e-4, 5e-4', lr, [1e-4, 5e-4]],
    ['1e-4 5e-4;1.5e\u22124', lr, [1e-4, 5e-4, 1.5e-4]],
    ['1024, 4_096 1e3', batch, [1024, 4096, 1000]],
    ['adamw lamb', optimizer, ['adamw', 'lamb']],
    ['true, learned', frozen, [true, false]],
    ['fashion-mnist, "my images"', dataset, ['fashion-mnist', 'my images']],
    ['  ', lr, []],
  ] as const)('%s', (text, of, values) => {
    expect(parseValues(text, of)).toEqual({ values, again: [], problems: [] });
  });

  it.each([
    ['2,340', 2340], ['12,345,678', 12345678], ['2\u202f340', 2340], ['2 340', 2340], ['\u22121,024', undefined], ['2,34', undefined], ['1,024 048', undefined],
  ] as const)('one field takes %s as a number is shown anywhere', (text, value) => {
    const one = parseValue(text, info('steps', 'integer', { min: 0 }));
    expect('value' in one ? one.value : undefined).toBe(value);
  });

  it('tells what is there already from what is new', () => {
    expect(parseValues('512, 1024', batch, [512])).toEqual({ values: [1024], again: [512], problems: [] });
    expect(parseValues('1e-4,,1e-4, 0.0001', lr)).toEqual({ values: [1e-4], again: [1e-4, 1e-4], problems: [] });
  });

  it.each([
    ['1.5', batch, 'not_integer'], ['1', batch, 'range'], ['many', batch, 'not_number'], ['Infinity', lr, 'not_number'], ['-1e-4', lr, 'range'],
    ['adam', optimizer, 'not_choice'], ['perhaps', frozen, 'not_bool'], ['', lr, 'empty'],
  ] as const)('refuses %s of %o as %s', (text, of, kind) => {
    const one = parseValue(text, of);
    expect('problem' in one ? one.problem.kind : 'taken').toBe(kind);
  });

  it('takes the right ones beside the wrong ones', () => {
    const { values, problems } = parseValues('256, x, 512', batch);
    expect([values, problems.map((one) => one.text)]).toEqual([[256, 512], ['x']]);
  });

  it('reads rows of values that move together', () => {
    expect(parseRows('lamb / 1e-3, adamw/0.1', [optimizer, lr]).values).toEqual([['lamb', 1e-3], ['adamw', 0.1]]);
    expect(parseRows('lamb', [optimizer, lr]).problems).toEqual([{ kind: 'width', text: 'lamb', width: 2 }]);
    expect(parseRows('lamb / 1e-3', [optimizer, lr], [['lamb', 1e-3]]).values).toEqual([]);
  });

  it('reads seeds and spans of seeds', () => {
    expect(parseSeeds('0-3, 7 2..4')).toEqual({ values: [0, 1, 2, 3, 7, 4], again: [2, 3], problems: [] });
    expect(parseSeeds('3', [3])).toEqual({ values: [], again: [3], problems: [] });
    expect(parseSeeds('-1 1.5 5-2 0-99999999').problems.map((one) => one.text)).toEqual(['-1', '1.5', '5-2', '0-99999999']);
  });
});

describe('values as written', () => {
  it.each([[1.5e-4, '1.5e-4', '1.5e\u22124'], [0.2, '0.2', '0.2'], [0.99995, '0.99995', '0.99995'], [0.0316227766017, '0.0316227766017', '0.0316228'], [4096, '4096', '4,096'], [0, '0', '0'], ['sincos', 'sincos', 'sincos'], [true, 'true', 'true']] as const)('%s', (value, field, chip) => {
    expect([typed(value), shown(value)]).toEqual([field, chip]);
  });
  it('reads back what it wrote', () => {
    for (const value of [1.5e-4, 5e-324, 0.1, 123456.789, 1e20]) expect(parseValue(typed(value), info('x', 'number'))).toEqual({ value });
  });
  it('orders numbers only', () => {
    expect([ordered([3, 1, 2]), ordered(['b', 'a'])]).toEqual([[1, 2, 3], ['b', 'a']]);
  });
});
