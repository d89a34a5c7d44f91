// What an outcome depends on as it is drawn and read: shares with their intervals, the end of the scale, what the forest rests on, what is left
// out, and that what is asked anew stops what nobody waits for.
import { describe, expect, it } from 'vitest';
import { provideBackend, type ImportanceBy, type ImportanceOf } from '../src/lib/backend';
import { dependsSummary, intervalText, leftOut, restsOn, scaleEnd, scaleTicks, shareName, sharesNotes, sharesOf, shareText, toldTogether } from '../src/screens/runs/explore/depends';
import { Depends } from '../src/screens/runs/explore/depends.svelte';
import type { ExploreView } from '../src/screens/runs/explore/explore-view.svelte';
import { importance } from './fixtures/depends';
import { RATES } from './fixtures/rates';

const asked = { where: RATES, metric: 'knn_top1.best', failing: false };
const found = importance(asked);
const with_ = (more: Partial<ImportanceOf>): ImportanceOf => ({ ...found, ...more });

describe('shares', () => {
  it('are percent, with a decimal where they are small', () => {
    expect([0.463, 0.1, 0.0999, 0.006].map(shareText)).toEqual(['46', '10', '10.0', '0.6']);
    expect(intervalText({ low: 0.042, high: 0.12 })).toBe('4.2 – 12');
  });
  it('are named as everywhere, a pair with its sign', () => {
    expect(shareName(['frozen_patch_projection', 'base_learning_rate'])).toBe('Frozen patch projection × Base learning rate');
    expect(shareName(['config.lr'])).toBe('lr');
  });
  it('have a scale that ends at a tick beyond the longest whisker', () => {
    expect(scaleEnd(found)).toBeCloseTo(0.6, 9);
    expect(scaleTicks(scaleEnd(found)).map((tick) => Math.round(100 * tick))).toEqual([0, 20, 40, 60]);
    expect(scaleEnd({ shares: [], random: null })).toBeGreaterThan(0);
    expect(scaleEnd({ shares: [{ names: ['a'], mean: 1, low: 1, high: 1, is_clear: true }], random: 0 })).toBe(1);
  });
});

describe('a figure', () => {
  it('asks the question of the screen, and leaves every number to the host', () => {
    const plot = sharesOf(asked, found);
    expect([plot.kind, plot.of, plot.random, plot.note]).toEqual(['shares', asked, 'a random column: {share}', '{share} ({low} – {high})']);
    expect(plot.count).toBe('share of explained variance, %; 95 % interval; n = {n} runs, R² {r2}');
    expect(sharesOf(asked, with_({ failing: true })).count).toContain('of which {failed} failed');
    expect(plot.names).toContainEqual({ name: 'base_learning_rate', label: 'Base learning rate' });
    expect(new Set(plot.names.map(({ name }) => name)).size).toBe(plot.names.length);
    // But for names of parameters nothing of the answer is in it.
    expect(JSON.stringify({ ...plot, of: null })).not.toMatch(/\d\.\d/);
  });
  it('says what grey is, what the forest rests on, and whom it leaves out', () => {
    const notes = sharesNotes(with_({ failed: 3 }));
    expect(notes[0]).toMatch(/R² 0\.86 .* the dashed line\.$/);
    expect(notes[1]).toMatch(/moved together .* 3 runs failed/);
  });
});

describe('the words', () => {
  it('say what it rests on, and that it is no effect', () => {
    expect(restsOn(found)).toMatch(/300 trees, 2\d\d runs with a finite value; R² 0\.86 .* not what helps\.$/);
    expect(restsOn(with_({ failing: true, failed: 12 }))).toMatch(/12 failed; .* not what causes failures\.$/);
  });
  it('name what cannot be told apart', () => {
    expect(toldTogether(found)).toEqual(['Batch size and Warm-up epochs moved together (r −0.97): read them as one.']);
  });
  it('count what is left out, and drop no failed run without a word', () => {
    expect(leftOut(with_({ failed: 12, unended: 1, lacking: 0, beyond: 3 }))).toBe('12 runs failed and have no value here: Failing asks what that depends on. 1 run has not ended, or was stopped. 3 further parameters differ and are not looked at.');
    expect(leftOut(with_({ failing: true, failed: 12, unended: 0 }))).toBe('');
  });
  it('tell the picture: only what is clear of chance, or why there is none', () => {
    expect(dependsSummary(found)).toBe('Shares of explained variance that are clear of chance: Base learning rate 46 %, Frozen patch projection × Base learning rate 17 %, Frozen patch projection 14 %, Batch size 7 %, Warm-up epochs 4 %.');
    expect(dependsSummary(with_({ shares: [] }))).toBe('No parameter is clear of what a random column gets.');
    expect(dependsSummary(importance({ ...asked, where: '' }))).toMatch(/needs 30 runs that have it; 12 here/);
  });
});

describe('the question', () => {
  it('stops the one that nobody waits for, and shows no answer to another', async () => {
    const calls: string[] = [];
    const open: (() => void)[] = [];
    provideBackend({
      rpc: (method, params) => {
        calls.push(method);
        if (method !== 'importance') return Promise.resolve(null as never);
        return new Promise((resolve) => open.push(() => resolve(importance(params as ImportanceBy) as never)));
      },
      series: () => Promise.reject(new Error('not asked here')), heatmap: () => Promise.reject(new Error('not asked here')), arms: () => Promise.reject(new Error('not asked here')),
      watch: async () => () => undefined, notify: async () => undefined, choose: async () => null, zoom: async () => undefined,
    });
    const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
    const view = { runs: { query: RATES }, metric: 'knn_top1.best' } as unknown as ExploreView;
    const depends = new Depends(view);
    const end = depends.listen();
    expect(calls).toEqual(['importance']);
    depends.failing = true;
    depends.again();
    depends.again();
    expect(calls).toEqual(['importance', 'importance_stop']);
    open.shift()?.();
    await settle();
    expect([calls, depends.found]).toEqual([['importance', 'importance_stop', 'importance'], null]);
    open.shift()?.();
    await settle();
    expect(depends.found?.failing).toBe(true);
    end();
    expect(calls.at(-1)).toBe('importance_stop');
  });
});
