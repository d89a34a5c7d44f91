// What a decision says: the question of an address, marks and names of arms, pairs, which arm is open, numbers in words.
import { describe, expect, it } from 'vitest';
import type { Arm, ArmComparison, ArmRun, Decision, JsonValue, Run, SheetCell } from '../src/lib/backend';
import { armName, armShort, armsOf, corrections, deltaStep, domain, dropsOf, intervals, isSmall, lacksTheLeast, meanColumns, openArm, pairMeans, pairRows, sharesOrder, slotsOf, sorted, steppedDelta, toQueue, VERDICTS } from '../src/screens/compare/decide';
import { offers, searched, widened } from '../src/screens/compare/decide-add';
import { asked, conditionOf, filterOf, question, scopeOf, written } from '../src/screens/compare/decide-address';
import { withNotes } from '../src/screens/compare/decide-copy';
import { rowAt } from '../src/screens/compare/decide-plots';
import { cellsOf, choices, columnsOf, columnShown, columnTitle, resultRows } from '../src/screens/compare/decide-sheet';
import { changedByHand, chanceShown, correctionName, deltaShown, differText, differenceShown, digitsOf, facts, failuresText, intervalShown, lookText, pShown, readingName, unitOf, valueShown, verdictShort, verdictTitle } from '../src/screens/compare/decide-text';
import { armRuns, decide } from './fixtures/decide';

const runOf = (run: string, seed: number, value: number | null, ended = true): ArmRun => ({ run, seed, state: ended ? 'finished' : 'running', ended, value });
const arm = (value: JsonValue, values: (number | null)[], more: Partial<Arm> = {}): Arm => ({ value, written: written(value), n: values.length, failed: 0, on_the_way: 0, mean: null, std: null, interval: null, runs: values.map((one, seed) => runOf(`${written(value)}-${seed}`, seed, one)), ...more });
const compared = (more: Partial<ArmComparison> = {}): ArmComparison => ({
  arm: true, written: 'true', verdict: 'undecided', why: '', why_told: { kind: '', fields: {}, text: '' }, difference: 0.017, interval: [0.012, 0.022], interval_90: null, interval_corrected: [0.01, 0.024], p: 0.01, p_sign_flip: 0.0078, p_corrected: 0.039, e_value: 31,
  assurance: null, pairs: 8, correction: 'none', missing_pairs: 0, pairs_on_the_way: 0, cost_seconds: null, look: { kind: 'any_time' }, failures: { arm: [0, 8], baseline: [0, 8], p: 1 }, ...more,
});
const percent = unitOf('knn_top1');
const plain = unitOf('loss');

describe('the question', () => {
  it('is what the address says, and what it leaves out the host chooses', () => {
    const one = asked({ by: 'frozen_patch_projection', where: 'sweep = "s"', metric: 'loss.last', delta: '0.02', base: 'true', out: '[0.5]' });
    expect(one).toEqual({ by: ['frozen_patch_projection'], where: 'sweep = "s"', metric: 'loss.last', delta: 0.02, correction: null, base: 'true', arm: null, out: [0.5] });
    expect(question({ ...one, out: [] })).toEqual({ by: one.by, filter: 'sweep = "s"', metric: 'loss.last', smallest_effect: 0.02, baseline: 'true' });
    expect(asked({ delta: 'much', out: 'nonsense' })).toEqual({ by: [], where: '', metric: null, delta: null, correction: null, base: null, arm: null, out: [] });
    expect(question(asked({ by: 'optimizer', correction: 'none' }))).toEqual({ by: ['optimizer'], filter: '', correction: 'none' });
    expect(asked({ correction: 'usual' }).correction).toBeNull();
  });
  it('leaves arms out by a condition, whatever they are the values of', () => {
    expect(filterOf({ by: ['beta2'], where: '', out: [] })).toBe('');
    expect(filterOf({ by: ['beta2'], where: 'a = 1 or b = 2', out: [0.95, 0.9] })).toBe('(a = 1 or b = 2) and beta2 != 0.95 and beta2 != 0.9');
    expect(filterOf({ by: ['optimizer'], where: '', out: ['lamb'] })).toBe('optimizer != "lamb"');
    expect(filterOf({ by: ['depth', 'qk_norm'], where: '', out: [{ depth: 6, qk_norm: true }] })).toBe('(depth != 6 or qk_norm != true)');
  });
  it('is another one by arms, condition and baseline, not by δ', () => {
    const one = asked({ by: 'beta2' });
    expect(scopeOf({ ...one, delta: 1 })).toBe(scopeOf(one));
    expect(scopeOf({ ...one, base: '0.9' })).not.toBe(scopeOf(one));
  });
});

it.each<[JsonValue, string]>([[true, 'true'], ['lamb', 'lamb'], [0.95, '0.95'], [null, 'null'], [{ depth: 6, qk_norm: true }, 'depth=6,qk_norm=true']])('%j is told apart as %s', (value, text) => expect(written(value)).toBe(text));

describe('arms', () => {
  it('have marks by their values, whoever is the baseline', () => {
    expect(slotsOf(['frozen_patch_projection'], [false, true])).toEqual([2, 1]);
    expect(slotsOf(['beta2'], [0.95, 0.9, 0.99])).toEqual([2, 1, 3]);
    expect(slotsOf(['beta2'], [0.9, 0.95, 0.99])).toEqual([1, 2, 3]);
    expect(slotsOf(['seeded'], Array.from({ length: 12 }, (_, i) => i)).slice(9)).toEqual([10, 0, 0]);
  });
  it('are called by their settings', () => {
    expect([armName(['frozen_patch_projection'], true), armName(['frozen_patch_projection'], false)]).toEqual(['frozen patch', 'learned patch']);
    expect([armName(['beta2'], 0.95), armName(['qk_norm'], true)]).toEqual(['Beta 2 0.95', 'Query and key norm: yes']);
    expect([armShort(['beta2'], 0.95), armShort(['optimizer'], 'lamb'), armShort(['frozen_patch_projection'], true), armShort(['depth', 'beta2'], { depth: 6, beta2: 0.9 })]).toEqual(['0.95', 'lamb', 'frozen patch', 'Depth 6 · Beta 2 0.9']);
    expect(armName(['beta2', 'frozen_patch_projection'], { beta2: 0.9, frozen_patch_projection: true })).toBe('Beta 2 0.9 · frozen patch');
  });
  it('are known from their runs before anything is decided', () => {
    const like = armRuns.filter((run) => run.sweep === 'arms-frozen_patch_projection').slice(0, 9) as Run[];
    const states = ['finished', 'running', 'cancelled', 'lost', 'failed'];
    const found = armsOf(['frozen_patch_projection'], like.map((run, at) => ({ ...run, state: states[at] ?? 'finished' })));
    expect(found.map((one) => [one.value, one.runs.length, one.living])).toEqual([[false, 6, 1], [true, 1, 0]]);
  });
  it('are best first, and what cannot be compared comes last', () => {
    const all = [compared({ arm: 1, difference: -0.1 }), compared({ arm: 2, difference: null }), compared({ arm: 3, difference: 0.2 })];
    expect(sorted({ comparisons: all, higher_is_better: true }).map((one) => one.arm)).toEqual([3, 1, 2]);
    expect(sorted({ comparisons: all, higher_is_better: false }).map((one) => one.arm)).toEqual([1, 3, 2]);
  });
});

describe('pairs', () => {
  it('share the data order unless it is what differs', () => expect([['beta2'], ['batch_size'], ['depth', 'dataset']].map(sharesOrder)).toEqual([true, false, false]));
  const rows = pairRows(arm(true, [0.7, 0.72, null]), { ...arm(false, [0.69, 0.7, 0.6]), runs: [...arm(false, [0.69, 0.7, 0.6]).runs, runOf('x', 7, 0.5), runOf('y', 8, null, false)] });
  it('are runs of one seed; a side that failed or is missing makes no difference, and what lives on both is none yet', () => {
    expect(rows.map((row) => [row.seed, row.arm?.value, row.base?.value, row.difference === null])).toEqual([[0, 0.7, 0.69, false], [1, 0.72, 0.7, false], [2, null, 0.6, true], [7, undefined, 0.5, true]]);
    expect(pairMeans(rows).arm).toBeCloseTo(0.71);
    expect(pairMeans(rows).base).toBeCloseTo(0.695);
    expect(pairMeans([])).toEqual({ arm: null, base: null });
  });
  it('have no interval below three', () => {
    expect(intervals(compared({ pairs: 2 }))).toEqual({ own: null, corrected: null });
    expect(intervals(compared({ pairs: 3 })).own).toEqual([0.012, 0.022]);
    expect(facts(compared({ pairs: 2 }), 1, percent).find((fact) => fact.key === 'interval')?.value).toBe('–');
  });
  it('lie in rows of a picture', () => {
    expect([rowAt(7, 188, 7), rowAt(27, 188, 7), rowAt(160, 188, 7), rowAt(0, 188, 7)]).toEqual([0, 1, null, null]);
  });
  it('share one scale that holds 95 % intervals, single differences and ± δ', () => {
    const decision = { ...decide({ by: ['frozen_patch_projection'] }), smallest_effect: 0.005 } as Decision;
    const [low, high] = domain({ ...decision, comparisons: [compared({ interval: [0.012, 0.022], interval_corrected: [-5, 5] })] });
    expect(low).toBeLessThan(-0.006);
    expect(high).toBeGreaterThan(0.022);
    expect(high).toBeLessThan(0.1);
    const few = decide({ by: ['frozen_patch_projection'] });
    const [, top] = domain({ ...few, smallest_effect: null, comparisons: few.comparisons.map((one) => ({ ...one, pairs: 2, difference: 0 })) });
    expect(top).toBeGreaterThan(0.026);
  });
});

describe('what is not settled', () => {
  const open = (name: string, missing: number, cost: number | null, way = 0) => compared({ arm: name, missing_pairs: missing, cost_seconds: cost, pairs_on_the_way: way });
  it('is the selected arm where it is open, else the cheapest', () => {
    const all = [open('dear', 3, 900), open('cheap', 8, 100), open('unknown', 1, null), compared({ verdict: 'helps', arm: 'done' })];
    expect(openArm(all, null)?.arm).toBe('cheap');
    expect(openArm(all, all[0] ?? null)?.arm).toBe('dear');
    expect(openArm(all, all[3] ?? null)?.arm).toBe('cheap');
    expect(openArm([compared({ verdict: 'helps' }), compared({ missing_pairs: null })], null)).toBeNull();
  });
  it('is said as it is where fewer pairs than any test needs are there', () => {
    const few = (pairs: number, missing: number) => compared({ pairs, missing_pairs: missing, why_told: { kind: 'why.few_pairs', fields: { n: pairs, least: 6 }, text: '' } });
    expect([lacksTheLeast(few(3, 3)), lacksTheLeast(few(3, 9)), lacksTheLeast(open('a', 3, 1))]).toEqual([true, false, false]);
    expect([chanceShown(0), chanceShown(0.009), chanceShown(0.01), chanceShown(0.62)]).toEqual(['under 1 %', 'under 1 %', '1 %', '62 %']);
  });
  it('lacks what is not on the way', () => expect([toQueue(open('a', 5, 1, 2)), toQueue(open('a', 2, 1, 3)), toQueue(compared({ missing_pairs: null }))]).toEqual([3, 0, 0]));
});

describe('δ', () => {
  it.each([[0.5, 0.1], [1, 0.1], [0.05, 0.01], [0.4, 0.1], [null, 0.1]])('%s moves by %s', (shown, step) => expect(deltaStep(shown)).toBe(step));
  it('stays above 0, without digits that sums invent', () => {
    expect([steppedDelta(0.5, 1), steppedDelta(0.5, -1), steppedDelta(0.3, -1), steppedDelta(null, 1)]).toEqual([0.6, 0.4, 0.2, 0.1]);
    expect(steppedDelta(0.01, -20)).toBe(0.01);
  });
  it('is shown in the unit of differences', () => expect([deltaShown(0.07, percent), deltaShown(0.01, plain), deltaShown(null, plain)]).toEqual(['7', '0.01', '']));
  it('changed by hand is told, and so is what stands for a run', () => {
    const decision = decide({ by: ['frozen_patch_projection'] });
    const plainly = { metric: null, correction: null };
    expect(changedByHand(decision, percent, plainly)).toEqual({ delta: null, outcome: null, correction: null });
    expect(changedByHand({ ...decision, declared_effect: null, smallest_effect: null, declared_metric: null }, percent, plainly)).toEqual({ delta: null, outcome: null, correction: null });
    expect(changedByHand({ ...decision, declared_metric: null }, percent, { metric: 'knn_top1.mean10', correction: null }).outcome).toBe('Outcome chosen after looking; none is declared');
    expect(changedByHand({ ...decision, smallest_effect: 0.02 }, percent, plainly).delta).toBe('δ changed from 0.5 pt after looking');
    expect(changedByHand({ ...decision, declared_effect: null }, percent, plainly).delta).toBe('δ set after looking; none is declared for it');
    expect(changedByHand({ ...decision, metric: 'loss', smallest_effect: 0.1 }, plain, { metric: 'loss', correction: 'none' })).toEqual({ delta: 'δ set after looking; none is declared for it', outcome: 'Outcome changed from kNN accuracy, mean of the last 10 after looking', correction: 'p left uncorrected after looking' });
  });
  it('makes a difference small that lies within it', () => {
    expect(isSmall(compared({ verdict: 'helps' }), 0.03)).toBe(true);
    expect(isSmall(compared({ verdict: 'helps' }), 0.02)).toBe(false);
    expect(isSmall(compared({ verdict: 'undecided' }), 0.03)).toBe(false);
  });
});

describe('in words', () => {
  it('accuracies are percent and their differences points; others stay as they are', () => {
    expect([valueShown(0.7081, percent), differenceShown(0.017, percent, 1), intervalShown([0.012, 0.022], percent, 1)]).toEqual(['70.8', '+1.7', '1.2 to 2.2']);
    expect([valueShown(2.6817, plain), differenceShown(-0.0312, plain, 3), differenceShown(0, plain, 1)]).toEqual(['2.682', '−0.031', '±0.0']);
    expect(intervalShown([-0.001, 0.003], percent, 1)).toBe('−0.1 to 0.3');
    expect([digitsOf(compared(), percent), digitsOf(compared({ interval: [0.0005, 0.0017] }), percent), digitsOf(compared(), plain)]).toEqual([1, 2, 3]);
  });
  it.each<[number | null, string]>([[0.0078125, '0.0078'], [0.039, '0.039'], [0.27, '0.27'], [1, '1'], [3e-6, '< 0.0001'], [null, '–']])('p %s is %s', (p, text) => expect(pShown(p)).toBe(text));
  it('a verdict has its sign, its word and its colour', () => {
    expect(Object.entries(VERDICTS).filter(([, verdict]) => verdict.tone === 'ok' || verdict.tone === 'err').map(([key]) => key)).toEqual(['helps', 'hurts']);
    expect(verdictTitle(compared({ verdict: 'helps' }), 'frozen patch', 0.005, percent)).toBe('frozen patch helps');
    expect(verdictTitle(compared({ verdict: 'hurts' }), 'frozen patch', 0.03, percent)).toBe('frozen patch hurts, by less than 3');
    expect(verdictTitle(compared({ verdict: 'no_difference' }), 'x', 0.005, percent)).toBe('No difference larger than 0.5');
    expect(verdictTitle(compared(), 'x', null, percent)).toBe('Not enough seeds');
    expect(verdictShort(compared({ pairs: 5, missing_pairs: 10 }))).toBe('5 of 15 pairs');
    expect(verdictShort(compared({ verdict: 'not_comparable', why_told: { kind: 'why.other_settings', fields: { names: ['a', 'b'] }, text: '' } }))).toBe('2 settings differ too');
    const not = (...names: string[]) => compared({ verdict: 'not_comparable', why_told: { kind: 'why.other_settings', fields: { names }, text: '' } });
    expect([differText(not('depth', 'beta2')), differText(not('depth'))]).toEqual(['Depth, Beta 2 differ too', 'Depth differs too']);
    expect(facts(not('depth', 'beta2'), 1, percent)[0]).toEqual({ key: 'settings', name: 'Other settings that differ', value: '2' });
  });
  it('looks and corrections are named', () => {
    expect(lookText(compared({ look: { kind: 'declared', number: 1, of: 4 } }))).toBe('look 1 of 4, declared');
    expect([lookText(compared({ look: { kind: 'between', next: 9 } })), lookText(compared({ look: { kind: 'between', next: null } }))]).toEqual(['next look at 9 pairs', 'after the last declared look']);
    // The host has none of what cannot be compared.
    expect(lookText(compared({ verdict: 'not_comparable', look: null }))).toBe('');
    expect([correctionName({ correction: 'none' }, 1), correctionName({ correction: 'holm' }, 5)]).toEqual([null, 'after Holm, 5 arms']);
    expect(facts(compared(), 1, percent).map((fact) => [fact.key, fact.value])).toEqual([['interval', '1.2 to 2.2'], ['pairs', '8'], ['p', '0.0078'], ['e', '31']]);
    expect(facts(compared({ correction: 'holm', look: { kind: 'once' } }), 5, percent).at(-1)).toEqual({ key: 'corrected', name: 'after Holm, 5 arms', value: '0.039' });
  });
  it('failures have a test once a side has any', () => {
    expect(failuresText(compared())).toBe('0 of 8 against 0 of 8');
    expect(failuresText(compared({ failures: { arm: [2, 8], baseline: [0, 8], p: 0.5 } }))).toBe('2 of 8 against 0 of 8 · exact p 0.50');
  });
  it('readings are named', () => expect(['last', 'best', 'mean10', 'max'].map(readingName)).toEqual(['last', 'best', 'mean of the last 10', 'highest']));
});

describe('mean curves', () => {
  const of = (...values: number[]) => Float64Array.from(values);
  const curve = { arm: 0, name: 'knn_top1', unit: '', relative: false, smoothing: 0, runs: 3, values: 12, step: of(0, 10, 20, 30), n: of(3, 3, 2, 1), mean: of(1, 2, 3, 4), low: of(0, 1, NaN, NaN), high: of(2, 3, NaN, NaN), min: of(0, 1, 2, 4), max: of(2, 3, 4, 4), nonfinite: of(0, 0, 0, 0) };
  it('are lines through the mean with the interval as their band', () => {
    const { mean, band } = meanColumns(curve);
    expect([[...mean.min], [...mean.last], [...band.min], [...band.max], mean.values]).toEqual([[1, 2, 3, 4], [1, 2, 3, 4], [0, 1, NaN, NaN], [2, 3, NaN, NaN], 12]);
  });
  it('say where seeds end', () => expect(dropsOf(curve)).toEqual([{ step: 20, n: 2 }, { step: 30, n: 1 }]));
});

describe('results', () => {
  const decision = decide({ by: ['beta2'] });
  it('have the columns that the decision asks for, and others that were chosen', () => {
    expect(columnsOf(decision, undefined)).toEqual(['knn_top1.mean10', 'knn_top1.best', 'loss.last', 'spike.count', 'dip.count']);
    expect(columnsOf({ metric: 'loss', value: 'best' }, undefined)).toEqual(['loss.best', 'spike.count', 'dip.count']);
    expect(columnsOf(decision, 'dip.count,knn_top1.mean10,dip.count')).toEqual(['knn_top1.mean10', 'dip.count']);
    expect(columnsOf(decision, '')).toEqual(['knn_top1.mean10']);
    expect(choices({ metric: 'loss', value: 'last' }, ['loss'])).toEqual(['loss.best', 'spike.count', 'dip.count']);
    expect(['knn_top1.mean10', 'loss.last', 'spike.count', 'odd'].map(columnTitle)).toEqual(['kNN accuracy, mean of the last 10, %', 'Loss, last', 'Spikes', 'odd']);
  });
  it('are in the order of the forest, the baseline at no difference', () => {
    expect(resultRows(decision).map(({ arm, judged }) => [arm.written, judged === null])).toEqual([['0.9', false], ['0.98', false], ['0.99', false], ['0.95', true], ['0.995', false], ['0.999', false], ['0.9999', false]]);
    expect(resultRows({ ...decision, higher_is_better: false }).map(({ arm }) => arm.written).slice(0, 3)).toEqual(['0.999', '0.95', '0.995']);
  });
  it('find the row of an arm by its value', () => {
    const mean = (value: number) => ({ kind: 'mean' as const, mean: value, std: null, n: 1, best: false, tied: false });
    const rows: SheetCell[][] = [[{ kind: 'text', text: 'true' }, { kind: 'number', value: 6 }, mean(1)], [{ kind: 'text', text: 'lamb' }, { kind: 'nothing' }, mean(2)]];
    expect(cellsOf({ rows }, ['qk_norm', 'depth'], { depth: 6, qk_norm: true })).toEqual([mean(1)]);
    expect(cellsOf({ rows }, ['optimizer'], 'lamb')?.at(-1)).toEqual(mean(2));
    expect(cellsOf({ rows }, ['optimizer'], 'sgd')).toBeNull();
    expect(cellsOf({ rows: [[{ kind: 'nothing' }, mean(3)]] }, ['depth'], null)).toEqual([mean(3)]);
  });
  it('have as many decimals as their deviations', () => {
    const mean = (value: number, std: number | null, more = {}): SheetCell => ({ kind: 'mean', mean: value, std, n: 8, best: false, tied: false, ...more });
    expect(columnShown('knn_top1.last', [mean(0.7081, 0.0031, { best: true }), mean(0.69, 0.004, { tied: true }), { kind: 'nothing' }, null])).toEqual([
      { mean: '70.8', std: '0.3', n: '8', best: true, tied: false }, { mean: '69.0', std: '0.4', n: '8', best: false, tied: true }, { mean: '–', std: '', n: '', best: false, tied: false }, { mean: '–', std: '', n: '', best: false, tied: false },
    ]);
    expect(columnShown('spike.count', [mean(2.125, 1.1), mean(0, null)]).map(({ mean, std }) => [mean, std])).toEqual([['2.1', '1.1'], ['0.0', '']]);
  });
  it('are copied with what was changed after looking as a comment', () => {
    expect(withNotes('a table', 'latex', ['δ changed', 'and\nmore'])).toBe('% δ changed\n% and more\na table');
    expect(withNotes('a table', 'markdown', ['a --> b'])).toBe('<!-- a - -> b -->\na table');
    expect([withNotes('a,b', 'csv', ['δ changed']), withNotes('a table', 'latex', [])]).toEqual(['a,b', 'a table']);
  });
});

describe('arms that could be added', () => {
  const like = armRuns[0] as Run;
  const run = (id: string, beta2: JsonValue, more: Partial<Run> = {}): Run => ({ ...like, id, seed: 1, state: 'finished', sweep: 's1', sweep_name: 'first', tags: [], probed: null, source: null, parameters: { ...like.parameters, beta2 }, ...more });
  const all = [
    run('a', 0.9), run('b', 0.99), run('c', 0.99, { seed: 2 }), run('d', 0.99, { sweep: 's2', sweep_name: 'second', tags: ['paper'] }), run('e', 0.999, { sweep: null, sweep_name: null }),
    run('f', 0.8, { state: 'cancelled' }), run('g', 0.7, { source: { kind: 'csv', tool: null, version: null, path: null } }), run('h', null),
  ];
  const found = offers(all, ['beta2'], [0.9, 0.95]);

  it('are other values, by where their runs are from; what is gone, imported or has no value is none', () => {
    expect(found.map((one) => [one.value, one.from?.kind ?? null, one.from?.name ?? null, one.runs, one.seeds, one.condition])).toEqual([
      [0.99, 'sweep', 'first', 2, 2, 'sweep = "s1" and beta2 = 0.99'], [0.99, 'sweep', 'second', 1, 1, 'sweep = "s2" and beta2 = 0.99'],
      [0.99, 'tag', 'paper', 1, 1, 'tag = "paper" and beta2 = 0.99'], [0.999, null, null, 1, 1, 'id in ("e")'],
    ]);
    expect(conditionOf(['depth', 'optimizer'], { depth: 6, optimizer: 'lamb' })).toBe('depth = 6 and optimizer = "lamb"');
  });
  it('are found by setting, tag or sweep', () => {
    expect(searched(found, ' 0.99 SECOND').map((one) => one.from?.name)).toEqual(['second']);
    expect(searched(found, 'paper')).toHaveLength(1);
    expect(searched(found, '')).toHaveLength(4);
    expect(searched(found, 'lamb')).toEqual([]);
  });
  it('widen the question, which leaves out what it left out', () => {
    const where = widened('sweep = "s" and seed < 6', { condition: 'sweep = "t" and beta2 = 0.99' });
    expect(where).toBe('sweep = "s" and seed < 6 or (sweep = "t" and beta2 = 0.99)');
    expect(filterOf({ by: ['beta2'], where, out: [0.9] })).toBe(`(${where}) and beta2 != 0.9`);
    expect(widened('', { condition: 'seed = 1' })).toBe('');
  });
});

describe('several arms', () => {
  it('have no other correction than by level, where looks are declared', () => expect([corrections([]), corrections([6])]).toEqual([['usual', 'holm', 'none'], ['usual', 'none']]));
  it('without a correction say so beside the deciding p', () => {
    expect(facts(compared({ look: { kind: 'once' } }), 3, percent).map((one) => [one.key, one.value])).toContainEqual(['uncorrected', '0.010']);
    expect(facts(compared({ look: { kind: 'once' } }), 1, percent).map((one) => one.key)).not.toContain('uncorrected');
  });
});
