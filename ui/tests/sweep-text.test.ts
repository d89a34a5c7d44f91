// Places in a text, colours, fixes, differences; files and folders; when points make a grid.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FormAxis, JsonValue, PointPreview } from '../src/lib/backend/generated';
import { baseName, byFolder, fileNameOf, freeName, nameProblem } from '../src/screens/sweeps/folders';
import { fixText } from '../src/screens/sweeps/fix';
import { gridOf, missingSeconds, seedLook, spanning, spanOf, spans } from '../src/screens/sweeps/grid';
import { differences, offsetOf, pieces, wordAt } from '../src/screens/sweeps/toml';
import englishProbes from '../src/lib/i18n/en/probes.json';
import englishWords from '../src/lib/i18n/en/words.json';
import koreanProbes from '../src/lib/i18n/ko/probes.json';
import koreanWords from '../src/lib/i18n/ko/words.json';
import korean from '../src/screens/sweeps/help.ko.json';

describe('places', () => {
  const text = 'name = "안정성"  # 이름\nbatchsize = [256, 1e-4]\n';
  it('finds offsets by characters, not beyond the end', () => {
    expect([offsetOf(text, 1, 1), offsetOf(text, 2, 1), text.slice(offsetOf(text, 1, 9)).startsWith('안'), offsetOf(text, 9, 9)]).toEqual([0, 19, true, text.length]);
    expect(offsetOf('a😀b = 1', 1, 3)).toBe(3);
  });
  it('takes the word at a place', () => {
    const word = (line: number, column: number) => text.slice(...wordAt(text, line, column));
    expect([word(1, 1), word(1, 8), word(2, 1), word(2, 14), word(2, 19)]).toEqual(['name', '"안정성"', 'batchsize', '256', '1e-4']);
  });
});

describe('colours', () => {
  it.each([
    ['# only words', ['comment']], ['[[axis]]', ['table']], ['[recipe] # base', ['table', '', 'comment']], ['a_b = 1e-4 # x', ['key', '', 'value', '', 'comment']],
    ['s = "a # b"', ['key', '', 'string']], ['v = [true, "x"]', ['key', '', 'value', '', 'string', '']], ['log = { from = 1, to = 2 }', ['key', '', 'key', '', 'value', '', 'key', '', 'value', '']],
  ])('%s', (line, kinds) => {
    expect(pieces(line).map((one) => one.kind)).toEqual(kinds);
    expect(pieces(line).map((one) => one.text).join('')).toBe(line);
  });
});

describe('differences', () => {
  it('marks the lines that the other lacks', () => {
    const { mine, theirs } = differences('a\nb\nc', 'a\nx\nc\nd');
    expect(mine).toEqual([{ text: 'a', here: false }, { text: 'b', here: true }, { text: 'c', here: false }]);
    expect(theirs.map((one) => one.here)).toEqual([false, true, false, true]);
    expect(differences('a', 'a').mine.some((one) => one.here)).toBe(false);
  });
});

describe('files', () => {
  const file = (path: string) => ({ file: path, name: path, id: null, runs: 0, finished: 0, errors: 0, hash: '' });
  it('lie in folders, the root first, stored sweeps apart', () => {
    const { folders, stored } = byFolder([file('b/z.toml'), file('b/a.toml'), file('x.toml'), file('')]);
    expect([folders.map((one) => [one.path, one.files.map((f) => baseName(f.file))]), stored.length]).toEqual([[['', ['x']], ['b', ['a', 'z']]], 1]);
  });
  it('get names from words', () => {
    expect([fileNameOf('Frozen, or learned?'), fileNameOf('안정성 격자', 'a/b'), fileNameOf('  ')]).toEqual(['frozen-or-learned.toml', 'a/b/안정성-격자.toml', 'sweep.toml']);
    expect(freeName('a.toml', ['a.toml', 'a-2.toml'])).toBe('a-3.toml');
  });
  it.each([['', 'empty'], ['a', 'ending'], ['.toml', 'ending'], ['../a.toml', 'place'], ['/a.toml', 'place'], ['a//b.toml', 'place'], ['t.toml', 'taken'], ['a/b.toml', null]])('%s: %s', (name, problem) => {
    expect(nameProblem(name, ['t.toml'])).toBe(problem);
  });
});

describe('points', () => {
  const axis = (name: string, values: JsonValue[]): FormAxis => ({ parameters: [name], values: values.map((one) => [one]), form: 'values' });
  const point = (axes: Record<string, JsonValue>, seed_states: string[] = ['missing'], estimated_seconds: number | null = 10, estimate_basis: PointPreview['estimate_basis'] = estimated_seconds === null ? null : 'measured'): PointPreview => ({
    id: JSON.stringify(axes), label: '', axes, parameters: axes, effective_learning_rate: 0, total_steps: 1, steps_per_epoch: 1, warmup_steps: 0, loss_start: null, loss_floor: null, seeds: [0],
    estimated_seconds, estimate_basis, seed_states,
  });
  it('make a grid of the first two axes with several numbers or many values', () => {
    const grid = gridOf([axis('frozen', [true, false]), axis('b', [512, 256]), axis('lr', [1, 2, 3])], [point({ frozen: true, b: 256, lr: 1 }), point({ frozen: false, b: 256, lr: 1 }), point({ frozen: true, b: 512, lr: 3 })]);
    expect([grid?.column, grid?.row, grid?.columns, grid?.rows]).toEqual(['b', 'lr', [256, 512], [3, 2, 1]]);
    expect(grid?.cells.map((row) => row.map((cell) => cell.points.length))).toEqual([[0, 1], [0, 0], [2, 0]]);
  });
  it('make the grid that is chosen, as far as its axes can span one', () => {
    const axes = [axis('frozen', [true, false]), axis('b', [512, 256]), axis('lr', [1, 2, 3]), axis('one', [7])];
    const spanned = (column?: string, row?: string) => spanOf(axes, { column, row });
    expect(spanned()).toEqual({ column: 'b', row: 'lr' });
    expect(spanned('frozen')).toEqual({ column: 'frozen', row: 'b' });
    expect(spanned('lr')).toEqual({ column: 'lr', row: 'b' });
    expect(spanned(undefined, 'b')).toEqual({ column: 'lr', row: 'b' });
    expect(spanned('frozen', 'lr')).toEqual({ column: 'frozen', row: 'lr' });
    expect([spanned('one'), spanned('gone', 'b')]).toEqual([{ column: 'b', row: 'lr' }, { column: 'lr', row: 'b' }]);
    expect(spanning(axes)).toEqual(['frozen', 'b', 'lr']);
    expect(spanOf([axis('frozen', [true, false]), axis('b', [512, 256])], { column: 'frozen' })).toEqual({ column: 'frozen', row: 'b' });
    expect(gridOf(axes, [point({ frozen: true, b: 256, lr: 2 })], { column: 'lr', row: 'frozen' })?.cells.map((row) => row.map((cell) => cell.points.length))).toEqual([[0, 0, 0], [0, 1, 0]]);
  });
  it('make a list otherwise', () => {
    expect(gridOf([axis('frozen', [true, false]), axis('b', [512, 256])], [])).toBeNull();
    expect(gridOf([axis('b', [1]), axis('c', Array.from({ length: 40 }, (_, i) => i)), axis('d', [1, 2])], [])).toBeNull();
  });
  it('cost what is missing, unknown where one is unknown', () => {
    expect(missingSeconds([point({}, ['missing', 'finished', 'missing']), point({}, ['finished'], null)])).toEqual({ seconds: 20, basis: 'measured' });
    expect(missingSeconds([point({}, ['missing']), point({}, ['missing'], 5, 'guessed'), point({}, ['finished'], 5, 'scaled')])).toEqual({ seconds: 15, basis: 'guessed' });
    expect(missingSeconds([point({}, ['missing'], null)])).toBeNull();
    expect(['finished', 'running', 'lost', 'missing', 'queued'].map(seedLook)).toEqual(['done', 'active', 'failed', 'missing', 'active']);
  });
});

it('seeds are told in spans', () => {
  expect([spans([3, 0, 1, 2, 7]), spans([0, 1]), spans([5]), spans([])]).toEqual(['0–3, 7', '0, 1', '5', '']);
});

it('a fix is named after what it writes', () => {
  expect([
    fixText({ op: 'replace_text', at: 0, old: '"batchsize"', new: '"batch_size"' }), fixText({ op: 'replace_text', at: 0, old: '', new: 'format = 1\n' }),
    fixText({ op: 'replace_text', at: 0, old: 'range = {}', new: 'log = { from = 1e-4, to = 1e-2, count = 5 }' }), fixText({ op: 'set_parameter', parameter: 'knn_every', value: 0 }), fixText({ op: 'set_parameter', parameter: 'seed', value: null }), fixText({ op: 'set_seeds', value: [0] }),
  ]).toEqual(['Use batch_size', 'Use format = 1', 'Mend', 'Use knn_every = 0', 'Remove seed', 'Use seeds = [0]']);
});

it('every parameter has its help in Korean and its name in both languages', () => {
  // Written from the table of parameters.
  const table = readFileSync(join(import.meta.dirname, '../../docs/parameters.md'), 'utf8');
  const names = [...table.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1] ?? '');
  expect(names.length).toBeGreaterThan(70);
  expect(names.filter((name) => !(name in korean))).toEqual([]);
  const words = [{ ...englishWords, ...englishProbes }, { ...koreanWords, ...koreanProbes }];
  expect(names.filter((name) => words.some((language) => !(`parameter.${name}` in language)))).toEqual([]);
});
