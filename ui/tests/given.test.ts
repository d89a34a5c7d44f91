// What a run was given, by name; and what can be asked of one that was imported.
import { expect, it } from 'vitest';
import { given, inCondition, isImported, sourceName } from '../src/lib/given';
import { offers } from '../src/lib/ui/run-state';

const source = { kind: 'csv', tool: null, version: null, path: '/a.csv' };

it('is parameters of a trained run, and the configuration of an imported one under its prefix', () => {
  expect(given({ parameters: { batch_size: 256 }, config: {}, source: null })).toEqual({ batch_size: 256 });
  expect(given({ parameters: {}, config: { batch_size: 64, 'optim.lr': 0.1 }, source })).toEqual({ 'config.batch_size': 64, 'config.optim.lr': 0.1 });
});

it('stands in backquotes in a condition where its name has other characters', () => {
  expect(inCondition('config.optim.lr')).toBe('config.optim.lr');
  expect(inCondition('config.learning rate')).toBe('`config.learning rate`');
  expect(inCondition('config.data/path')).toBe('`config.data/path`');
});

it('comes from a tool where that is known, else from a form of file', () => {
  expect(sourceName({ source })).toBe('CSV');
  expect(sourceName({ source: { ...source, tool: 'wandb' } })).toBe('W&B');
  expect(sourceName({ source: { ...source, tool: 'other' } })).toBe('other');
});

it('an imported run can be removed, and nothing else', () => {
  expect([isImported({ source }), isImported({ source: null })]).toEqual([true, false]);
  expect([offers('retry', { state: 'lost', source: null }), offers('retry', { state: 'lost', source })]).toEqual([true, false]);
  expect([offers('remove', { state: 'lost', source }), offers('rewind', { state: 'finished', source })]).toEqual([true, false]);
});
