// Which images the data set page asks for, and what it says about the page.
import { describe, expect, it } from 'vitest';
import { fieldOf } from '../src/screens/datasets/add-set';
import { epochOf, pageOf, samplesOf } from '../src/screens/datasets/place';

describe('the question for images', () => {
  it('leaves to the host what the address does not say', () => expect(samplesOf('a', {})).toEqual({ name: 'a', count: 12, epoch: 0, split: 'train' }));
  it('carries what it says', () => {
    expect(samplesOf('a', { split: 'heldout', from: '24', epoch: '3', aug: 'none' })).toEqual({ name: 'a', count: 12, epoch: 3, split: 'heldout', from: 24, augmentation: 'none' });
  });
  it.each([['-1'], ['1.5'], ['x'], ['']])('takes %j for absent', (text) => {
    expect(samplesOf('a', { from: text, epoch: text, aug: text, split: text })).toEqual({ name: 'a', count: 12, epoch: 0, split: 'train' });
    expect(epochOf({ epoch: text })).toBe(0);
  });
});

describe('the page', () => {
  it('counts from 1 and ends with the set', () => {
    expect(pageOf({ from: '0' }, 100)).toEqual([1, 12]);
    expect(pageOf({ from: '96' }, 100)).toEqual([97, 100]);
  });
  it('is none where images are spread or absent', () => {
    expect(pageOf({}, 100)).toBeNull();
    expect(pageOf({ from: '0' }, 0)).toBeNull();
  });
});

describe('what a new data set is refused for', () => {
  it.each([['failure.no_dataset_name', 'name'], ['failure.built_in', 'name'], ['failure.dataset', 'path'], ['failure.failed_to', 'path'], ['', 'path']])('%s stands at its %s', (kind, field) => {
    expect(fieldOf({ code: 'invalid_input', message: '', hints: [], hints_told: [], told: { kind, fields: {}, text: '' } })).toBe(field);
  });
});
