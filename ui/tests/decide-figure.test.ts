// What a figure of Decide is asked for: the question whose answer is shown, names and words, and the sentences that keep it from saying
// more than it may: which signs were given, which correction p has, what is shaded.
import { describe, expect, it } from 'vitest';
import type { ArmComparison } from '../src/lib/backend';
import { barsText, correctionText, decisionOf, deltaNotes, forestNotes, signsText } from '../src/screens/compare/decide-figure';
import { unitOf } from '../src/screens/compare/decide-text';
import { decide } from './fixtures/decide';

const percent = unitOf('knn_top1');
const uncorrected = (all: readonly ArmComparison[]) => all.map((one): ArmComparison => ({ ...one, correction: 'none' }));

describe('the figure of a decision', () => {
  it('asks what was answered, in percent, and names the arms as the screen does', () => {
    const by = { by: ['optimizer'], filter: 'seed < 9', smallest_effect: 0.01 };
    expect(decisionOf({ by, unit: percent, arms: [{ text: 'lamb', name: 'Optimizer lamb', slot: 2 }] })).toEqual({
      of: by, scale: 100, arms: [{ written: 'lamb', label: 'Optimizer lamb', slot: 2 }],
      words: { seed: 'seed', mean: 'mean', failed: 'failed', missing: 'twin missing', on_the_way: 'on the way', not_comparable: 'Not comparable', uncorrected: 'uncorrected' },
    });
  });

  it('says in words the signs of verdicts that were given, and no other', () => {
    const one = decide({ by: ['frozen_patch_projection'] });
    expect(signsText(one.comparisons)).toBe('+ helps');
    expect(signsText(decide({ by: ['beta2'] }).comparisons)).toBe('+ helps, − hurts, ≈ no difference larger than δ, … not enough seeds, ≠ not comparable');
    expect(signsText([])).toBe('');
  });

  it('says which correction p has, over the arms that are tested', () => {
    const [one, many] = [decide({ by: ['frozen_patch_projection'] }).comparisons, decide({ by: ['beta2'] }).comparisons];
    expect(correctionText(one)).toBe('uncorrected, one arm');
    expect(correctionText(many)).toBe('p corrected for 5 tests: Holm');
    expect(correctionText(uncorrected(many))).toBe('uncorrected, 5 arms');
    expect(barsText(one)).toBe('bar: 95 % interval');
    expect(barsText(many)).toBe('thick: 95 % each; thin: all 5 together · below three pairs: each difference, no interval');
    // A bar that is as wide as the other is not told of.
    expect(barsText(uncorrected(many))).toBe('bar: 95 % interval · below three pairs: each difference, no interval');
  });

  it('says what is shaded, where a δ is', () => {
    expect(deltaNotes({ smallest_effect: 0.005 }, percent)).toEqual(['Shaded: ± δ, 0.5 pt.']);
    expect(deltaNotes({ smallest_effect: null }, percent)).toEqual([]);
    expect(forestNotes(decide({ by: ['frozen_patch_projection'] }), percent, 'learned patch')).toEqual(['Baseline: learned patch. + helps. Bar: 95 % interval. Uncorrected, one arm.', 'Shaded: ± δ, 0.5 pt.']);
  });
});
