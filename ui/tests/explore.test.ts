// Explore: places of values on axes and at stops, brushes with what they take and the conditions that find the same runs, what the strip
// says, where lines run, and what drags and keys make of a brush.
import { describe, expect, it } from 'vitest';
import type { JsonValue, RunCell, RunColumn, RunTableRow } from '../src/lib/backend';
import { groupText } from '../src/screens/runs/cells';
import { askedFor, columnsOf, lacking, paramsKept } from '../src/screens/runs/explore/asked';
import { ARM, armAxis, axisOf, differing, numberAt, ruled, runsThatDiffer, shownOf, usualArms, usualAxes, type Axis } from '../src/screens/runs/explore/axes';
import { brushOf, conditionOf, formatBrushes, inBrushes, joined, nudged, parseBrushes, withBrush, type Brush } from '../src/screens/runs/explore/brush';
import { clicked, dragged, grip, placeAt, stopAt } from '../src/screens/runs/explore/gesture';
import { apart, axisAt, courseAt, crossings, lineAt, stopY } from '../src/screens/runs/explore/lines';
import { back, placeOf, scaleOf, stopOf, through, ticksOf, tidied, valueAt, type Kind } from '../src/screens/runs/explore/scale';
import { meanOf, stripOf } from '../src/screens/runs/explore/strip';
import { axisText, brushText } from '../src/screens/runs/explore/text';
import { RATE_COLUMNS, rateRuns } from './fixtures/rates';
import { runTable } from './fixtures/run-table';

const column = (name: string, holds: RunColumn['holds'], more: Partial<RunColumn> = {}): RunColumn => ({ name, of: { kind: 'parameter' }, holds, scale: 'linear', ...more });
const RATE = column('base_learning_rate', 'number', { scale: 'log' });
const DECAY = column('weight_decay', 'number', { scale: 'log' });
const BETA = column('beta2', 'number', { scale: 'log_to_one' });
const FROZEN = column('frozen_patch_projection', 'flag');
const OPTIMIZER = column('optimizer', 'text');
const KNN = column('knn_top1.best', 'share', { of: { kind: 'metric', metric: 'knn_top1', reading: 'best' } });
const SPIKES = column('spike.count', 'number', { of: { kind: 'events', event: 'spike' } });

const row = (at: number, cells: (RunCell | null)[], more: Partial<RunTableRow> = {}): RunTableRow => ({
  id: `r${at}`, label: `run ${at}`, sweep: null, sweep_name: null, is_probe: false, state: 'finished', failed: false, evidence_code: { kind: 'records' } as RunTableRow['evidence_code'], step: 1, total_steps: 1, tags: [], events: {}, group: null, cells, ...more,
});
const axis = (of: RunColumn, values: (RunCell | null)[]): Axis => axisOf(of, 0, values.map((value, at) => row(at, [value])));
const near = (found: Iterable<number>, wanted: number[]) => [...found].forEach((one, at) => expect(one).toBeCloseTo(wanted[at] ?? NaN, 9));

describe('a scale', () => {
  it.each<[Kind, number]>([['linear', -3], ['linear', 0.2], ['log', 1.5e-4], ['log', 4096], ['log_to_one', 0.999], ['log_to_one', 0]])('%s leads from %d and back', (kind, value) => expect(back(kind, through(kind, value) ?? NaN)).toBeCloseTo(value, 9));
  it('is even by factors where the parameter is', () => {
    const rates = scaleOf('log', [1e-4, 1e-2]);
    near([placeOf(rates, 1e-4), placeOf(rates, 1e-3), placeOf(rates, 1e-2), valueAt(rates, 0.25) * 1e4], [0, 0.5, 1, 10 ** 0.5]);
    const betas = scaleOf('log_to_one', [0.9, 0.999]);
    expect(placeOf(betas, 0.99)).toBeCloseTo(0.5, 9);
    expect(placeOf(scaleOf('linear', [3, 3]), 3)).toBe(0.5);
    expect([valueAt(scaleOf('log', [1024, 4096]), 1), valueAt(scaleOf('log', [1024, 4096]), -0.2)]).toEqual([4096, 1024]);
  });
  it('sends what has no place to a stop', () => {
    expect([stopOf('log', 0), stopOf('log', -1), stopOf('log', 1), stopOf('log_to_one', 1), stopOf('linear', 0), stopOf('linear', Infinity), stopOf('log', NaN), stopOf('log', null)]).toEqual(['end', 'end', null, 'end', null, 'nan', 'nan', 'none']);
    expect(scaleOf('log', [0, NaN, null, 2, 8])).toMatchObject({ low: 2, high: 8 });
  });
  it('is ruled at its few values, else at round ones', () => {
    expect(ticksOf(scaleOf('log', [1024, 4096, 2048, 1024]), 5, 1).map(({ text }) => text)).toEqual(['1,024', '2,048', '4,096']);
    expect(ticksOf(scaleOf('log', [3e-4, 1.5e-4]), 5, 1).map(({ text }) => text)).toEqual(['1.5e−4', '3e−4']);
    const many = Array.from({ length: 40 }, (_, at) => 0.44 + at * 0.007);
    expect(ticksOf(scaleOf('linear', many), 5, 100).map(({ text }) => text)).toEqual(['50', '60', '70']);
    expect(ticksOf(scaleOf('linear', Array.from({ length: 12 }, (_, at) => at)), 5, 1).map(({ text }) => text)).toEqual(['0', '5', '10']);
    expect(ticksOf(scaleOf('log', Array.from({ length: 20 }, (_, at) => 10 ** (-5 + at / 5))), 5, 1).map(({ value }) => value)).toEqual([1e-5, 1e-4, 1e-3, 1e-2]);
    const betas = ticksOf(scaleOf('log_to_one', Array.from({ length: 20 }, (_, at) => 1 - 10 ** (-1 - at / 8))), 5, 1);
    expect(betas.map(({ text }) => text)).toEqual(['0.999', '0.99', '0.9']);
  });
  it('gives a range no more digits than it needs to take the same values', () => {
    expect(tidied([1.0234e-4, 3.0987e-4], [1e-4, 1.5e-4, 3e-4, 6e-4])).toEqual([1.02e-4, 3.1e-4]);
    expect(tidied([0.69994, 0.71], [0.69993, 0.69996, 0.7])).toEqual([0.69994, 0.71]);
    expect(tidied([0, 12], [3])).toEqual([0, 12]);
  });
});

describe('an axis', () => {
  it('has a place or a stop for every run', () => {
    const decay = axis(DECAY, [0.1, 0, 0.001, null, 'NaN', 0]);
    near(decay.places, [1, -1, 0, -1, -1, -1]);
    expect(decay.stops).toEqual([null, 'end', null, 'none', 'nan', 'end']);
    expect(decay.used.map(({ stop, runs, text }) => [stop, runs, text])).toEqual([['end', 2, '0 · 2'], ['nan', 1, '✕ NaN · 1'], ['none', 1, 'none · 1']]);
    expect([decay.note, axis(BETA, [0.9]).note, axis(SPIKES, [1]).note, axis(OPTIMIZER, ['adamw']).note]).toEqual(['log', 'log, distance to 1', 'per run', '']);
  });
  it('of words spreads over its categories', () => {
    const optimizer = axis(OPTIMIZER, ['lamb', 'adamw', null, 'lamb']);
    expect(optimizer.categories.map(({ text }) => text)).toEqual(['adamw', 'lamb']);
    near(optimizer.places, [0.75, 0.25, -1, 0.75]);
    expect(axis(column('tag', 'words', { of: { kind: 'field' } }), [['a', 'b'], [], ['a']]).categories.map(({ text }) => text)).toEqual(['a', 'a, b']);
    expect(ruled(optimizer, 300)).toEqual([]);
  });
  it('takes numbers of other tools for numbers, and times for what they are', () => {
    const config = column('config.lr', 'text', { of: { kind: 'config', key: 'lr' } });
    near(axis(config, [1, 3, 2]).places, [0, 1, 0.5]);
    expect(axis(config, [1, 'x']).categories).toHaveLength(2);
    near(axis(column('created_at', 'time', { of: { kind: 'field' } }), ['2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z', '2026-01-02T00:00:00Z']).places, [0, 1, 0.5]);
  });
  it('says its numbers in the unit of its head', () => {
    expect([shownOf(axis(KNN, [0.5, 0.7]), 0.6123456), shownOf(axis(RATE, [1e-4, 3e-4]), 1.5e-4), shownOf(axis(SPIKES, Array.from({ length: 12 }, (_, at) => at)), 11)]).toEqual(['61.23', '1.5e−4', '11']);
  });
  it('of arms has marks by number, frozen first', () => {
    const rows = [row(0, [false]), row(1, [true]), row(2, [null])];
    const arms = armAxis(['frozen_patch_projection'], [FROZEN], rows);
    expect(arms.categories.map(({ text, slot }) => [text, slot])).toEqual([['learned patch', 2], ['frozen patch', 1]]);
    expect([...arms.values]).toEqual([0, 1, null]);
    const two = armAxis(['frozen_patch_projection', 'optimizer'], [OPTIMIZER, FROZEN], [row(0, ['lamb', true]), row(1, ['lamb', false]), row(2, ['lamb', true])]);
    expect(two.categories.map(({ value }) => value)).toContainEqual({ frozen_patch_projection: true, optimizer: 'lamb' });
    expect(two.values[0]).toBe(two.values[2]);
  });
});

describe('what is shown where nobody chose', () => {
  const columns = [RATE, DECAY, FROZEN, OPTIMIZER, SPIKES, KNN];
  const rows = [row(0, [1e-4, 0.1, true, 'adamw', 0, 0.6]), row(1, [2e-4, 0.1, false, 'lamb', 2, 0.7])];
  it('are switches as arms, else choices, else the number with fewest values; never the rate', () => {
    expect(usualArms(columns, rows)).toEqual(['frozen_patch_projection']);
    expect(usualArms([RATE, DECAY, OPTIMIZER], [row(0, [1, 1, 'a']), row(1, [2, 2, 'b'])])).toEqual(['optimizer']);
    expect(usualArms([RATE, DECAY], [row(0, [1, 1]), row(1, [2, 2])])).toEqual(['weight_decay']);
    expect(usualArms([RATE], [row(0, [1]), row(1, [2])])).toEqual([]);
    // An imported run has no parameter: that it lacks one makes no arm.
    expect(usualArms([RATE, FROZEN], [row(0, [1, true]), row(1, [2, true]), row(2, [null, null])])).toEqual([]);
  });
  it('are no more arms than there are marks', () => {
    const names = ['a', 'b', 'c', 'd'].map((name) => column(name, 'text'));
    const rows = Array.from({ length: 48 }, (_, at) => row(at, [`${at % 2}`, `${at % 3}`, `${at % 4}`, `${Math.floor(at / 4) % 4}`]));
    const by = usualArms(names, rows);
    expect(new Set(rows.map((one) => by.map((name) => one.cells[names.findIndex((of) => of.name === name)]).join())).size).toBeLessThanOrEqual(10);
    expect(by.length).toBeGreaterThan(0);
  });
  it('are the parameters that differ, then spikes', () => {
    expect(usualAxes(columns, rows, ['frozen_patch_projection'])).toEqual(['base_learning_rate', 'optimizer', 'spike.count']);
    expect(differing(columns, rows)).not.toContain('weight_decay');
  });
  it('counts runs that differ in more than their seeds', () => {
    expect(runsThatDiffer(columns, rows)).toBe(2);
    const seed = column('seed', 'number');
    expect([runsThatDiffer([seed, KNN], [row(0, [0, 0.5]), row(1, [1, 0.6])]), runsThatDiffer([seed], [])]).toEqual([1, 0]);
  });
});

describe('the address', () => {
  it('says everything, and what it does not say is usual', () => {
    expect(askedFor({})).toEqual({ axes: null, metric: null, arms: null, turned: [], colour: 'metric', brushes: [] });
    const asked = askedFor({ axes: 'seed,config.a%2Cb', metric: 'loss.last', arms: 'optimizer', turned: 'seed', colour: 'arm', brush: '[["seed",{"range":[2,1]}]]' });
    expect(asked).toMatchObject({ axes: ['seed', 'config.a,b'], metric: 'loss.last', arms: ['optimizer'], turned: ['seed'], colour: 'arm' });
    expect(asked.brushes[0]?.range).toEqual([1, 2]);
    expect(askedFor({ colour: 'nonsense' }).colour).toBe('metric');
  });
  it('asks the host for what is shown', () => {
    expect(columnsOf(askedFor({ metric: 'loss.last' }))).toEqual([]);
    expect(columnsOf(askedFor({ axes: 'seed', metric: 'loss.last', arms: 'optimizer,seed' }))).toEqual(['optimizer', 'seed', 'loss.last', 'stability']);
    expect(lacking(askedFor({ metric: 'loss.min', arms: 'beta2' }), [BETA])).toEqual(['loss.min']);
  });
  it('keeps the face when another view is chosen', () => expect(paramsKept({ where: 'x', sort: 'y', face: 'explore', brush: 'b', sel: 's' })).toEqual({ face: 'explore', brush: 'b' }));
  it('holds brushes, whatever stands in it', () => {
    const brushes = [brushOf('base_learning_rate', { range: [1e-4, 3e-4] }), brushOf('optimizer', { values: ['lamb', true, { a: 1 }], stops: ['nan', 'none'] })];
    expect(parseBrushes(formatBrushes(brushes) ?? '')).toEqual(brushes);
    expect(formatBrushes([brushOf('a', {})])).toBe(null);
    for (const broken of [undefined, '', '{', '3', '[3]', '[["a"]]', '[["a",null]]', '[["a",{"range":[1]}]]', '[["a",{"range":["x",2],"stops":["odd"]}]]', '[[1,{"range":[1,2]}]]']) expect(parseBrushes(broken)).toEqual([]);
    expect(parseBrushes('[["a",{"range":[1,2]}],["a",{"range":[3,4]}]]')).toHaveLength(1);
  });
});

describe('brushes', () => {
  const axes = [axis(RATE, [1e-4, 2e-4, 4e-4, null]), { ...axis(OPTIMIZER, ['adamw', 'lamb', 'adamw', 'lamb']) }, axis(KNN, [0.5, 'NaN', 0.7, 0.6])];
  const taken = (...brushes: Brush[]) => [...inBrushes(brushes, axes, 4)].flatMap((one, at) => (one === 1 ? [at] : []));
  it('take what lies in all of them, ends included', () => {
    expect(taken()).toEqual([0, 1, 2, 3]);
    expect(taken(brushOf('base_learning_rate', { range: [1e-4, 2e-4] }))).toEqual([0, 1]);
    expect(taken(brushOf('base_learning_rate', { range: [1e-4, 4e-4] }), brushOf('optimizer', { values: ['adamw'] }))).toEqual([0, 2]);
    expect(taken(brushOf('optimizer', { values: ['adamw', 'lamb'] }), brushOf('knn_top1.best', { range: [0.55, 0.7], stops: ['nan'] }))).toEqual([1, 2, 3]);
    expect(taken(brushOf('base_learning_rate', { stops: ['none'] }))).toEqual([3]);
    expect(taken(brushOf('gone', { range: [0, 1] }))).toEqual([0, 1, 2, 3]);
  });
  it('are one to an axis, and an empty one is none', () => {
    const [a, b] = [brushOf('a', { range: [0, 1] }), brushOf('b', { range: [0, 1] })];
    const again = brushOf('a', { range: [2, 3] });
    expect(withBrush([a, b], again)).toEqual([again, b]);
    expect(withBrush([a, b], brushOf('a', {}))).toEqual([b]);
    expect(withBrush([a], b)).toEqual([a, b]);
  });
  it('are conditions of the filter language, as far as it has words for them', () => {
    const condition = (...brushes: Brush[]) => conditionOf(brushes, [...axes, armAxis(['frozen_patch_projection'], [FROZEN], [row(0, [true]), row(1, [false])]), axis(DECAY, [0, 0.1])], ['frozen_patch_projection']);
    expect(condition(brushOf('base_learning_rate', { range: [1e-4, 3e-4] }), brushOf('optimizer', { values: ['lamb'] }))).toBe('base_learning_rate >= 0.0001 and base_learning_rate <= 0.0003 and optimizer = "lamb"');
    expect(condition(brushOf('optimizer', { values: ['lamb', 'adamw'] }))).toBe('(optimizer = "lamb" or optimizer = "adamw")');
    expect(condition(brushOf('knn_top1.best', { range: [0.5, 0.6], stops: ['nan'] }))).toBe('((knn_top1.best >= 0.5 and knn_top1.best <= 0.6) or knn_top1.best = nan)');
    expect(condition(brushOf('weight_decay', { stops: ['end'] }))).toBe('weight_decay <= 0');
    expect(condition(brushOf(ARM, { values: [true] }))).toBe('frozen_patch_projection = true');
    expect(condition(brushOf('base_learning_rate', { stops: ['none'] }))).toBe(null);
    expect(condition(brushOf(ARM, { values: [null] }))).toBe(null);
    expect(condition()).toBe('');
    const arms = armAxis(['a', 'b'], [column('a', 'flag'), column('b', 'text')], [row(0, [true, 'x'])]);
    const both: JsonValue = { a: true, b: 'x' };
    expect(conditionOf([brushOf(ARM, { values: [both, { a: false, b: 'y' }] })], [arms], ['a', 'b'])).toBe('((a = true and b = "x") or (a = false and b = "y"))');
  });
  it('join a query without changing what it means', () => {
    expect([joined('', 'a = 1'), joined('a = 1', ''), joined('a = 1', 'b = 2'), joined('a = 1 or c = 3', 'b = 2')]).toEqual(['a = 1', 'a = 1', 'a = 1 and b = 2', '(a = 1 or c = 3) and b = 2']);
  });
  it('find in the table what they take here', () => {
    const where = 'sweep_name ~ rate-trick';
    const table = runTable({ where, sort: '', columns: RATE_COLUMNS, group: [] });
    const all = table.columns.map((one, at) => axisOf(one, at, table.rows));
    for (const brushes of [
      [brushOf('base_learning_rate', { range: [1e-4, 3.1e-4] }), brushOf('knn_top1.best', { range: [0.69, 0.72] })], [brushOf('optimizer', { values: ['lamb'] }), brushOf('spike.count', { range: [0, 1] })],
      [brushOf('weight_decay', { stops: ['end'] })],
    ]) {
      const inside = inBrushes(brushes, all, table.rows.length);
      const ids = table.rows.flatMap((one, at) => (inside[at] === 1 ? [one.id] : []));
      expect(ids.length).toBeGreaterThan(0);
      expect(runTable({ where: joined(where, conditionOf(brushes, all, []) ?? ''), sort: '', columns: ['seed'], group: [] }).rows.map((one) => one.id)).toEqual(ids);
    }
  });
  it('are said in words', () => {
    expect(brushText(axis(RATE, [1e-4, 3e-4]), brushOf('base_learning_rate', { range: [1e-4, 3e-4], stops: ['nan'] }))).toBe('1e−4 – 3e−4, NaN');
    expect(brushText(axis(OPTIMIZER, ['lamb', 'adamw']), brushOf('optimizer', { values: ['lamb', 'gone'] }))).toBe('lamb');
    expect(axisText(axis(RATE, [1e-4, 3e-4]), brushOf('base_learning_rate', { range: [1e-4, 2e-4] }), true)).toBe('Base learning rate; log; 1e−4 – 3e−4; turned over; brushed: 1e−4 – 2e−4');
  });
});

describe('keys', () => {
  const press = (of: Axis, brush: Brush | null, by: 1 | -1, lower: boolean, turned = false) => nudged(of, brush, by, lower, turned, { place: (value) => placeOf(of.scale, value), value: (place) => numberAt(of, place) });
  const spikes = axis(SPIKES, [0, 100]);
  it('move a range, its lower end alone with Shift, and stop at the ends', () => {
    const brush = brushOf('spike.count', { range: [40, 60] });
    near(press(spikes, brush, 1, false).range ?? [], [42, 62]);
    near(press(spikes, brush, -1, true).range ?? [], [38, 60]);
    near(press(spikes, brush, 1, true, true).range ?? [], [40, 58]);
    near(press(spikes, brush, 1, false, true).range ?? [], [38, 58]);
    near(press(spikes, brushOf('spike.count', { range: [90, 100] }), 1, false).range ?? [], [92, 100]);
    near(press(spikes, null, 1, false).range ?? [], [2, 100]);
    near(press(spikes, null, -1, false).range ?? [], [0, 98]);
  });
  it('go from category to category', () => {
    const optimizer = axis(OPTIMIZER, ['adamw', 'lamb', 'sgd']);
    const on = (...values: string[]) => brushOf('optimizer', { values });
    expect(press(optimizer, null, 1, false).values).toEqual(['adamw']);
    expect(press(optimizer, null, -1, false).values).toEqual(['sgd']);
    expect(press(optimizer, on('adamw'), 1, false).values).toEqual(['lamb']);
    expect(press(optimizer, on('sgd'), 1, false).values).toEqual(['sgd']);
    expect(press(optimizer, on('lamb'), -1, true).values).toEqual(['adamw', 'lamb']);
    expect(press(optimizer, on('lamb'), -1, false, true).values).toEqual(['sgd']);
  });
});

describe('the strip', () => {
  it('leaves failed and endless runs out of the mean and says how many failed', () => {
    const rows = [row(0, [0.6, true], { events: { spike: 2 } }), row(1, [0.7, true]), row(2, [0.9, false], { failed: true }), row(3, ['NaN', false])];
    const strip = stripOf(rows, [0, 1, 2, 3], axisOf(KNN, 0, rows), armAxis(['frozen_patch_projection'], [KNN, FROZEN], rows));
    expect(strip).toMatchObject({ n: 4, of: 4, failed: 1, spikes: 0.5 });
    expect(strip.mean?.mean).toBeCloseTo(0.65, 12);
    expect([strip.mean?.std, strip.mean?.n]).toEqual([expect.closeTo(Math.sqrt(0.005), 12), 2]);
    expect(strip.arms.map(({ arm, n }) => [arm.text, n])).toEqual([['frozen patch', 2], ['learned patch', 2]]);
    expect(stripOf(rows, [2], axisOf(KNN, 0, rows), null)).toMatchObject({ n: 1, mean: null, arms: [] });
    expect(stripOf([], [], null, null)).toEqual({ n: 0, of: 0, mean: null, failed: 0, spikes: 0, arms: [] });
    expect(meanOf([3])).toEqual({ mean: 3, std: null, n: 1 });
    // Rounding is no spread.
    expect(meanOf(Array<number>(36).fill(0.0025))).toEqual({ mean: 0.0025, std: 0, n: 36 });
  });
  it('says what a group of the table says', () => {
    const table = runTable({ where: 'sweep_name ~ rate-trick', sort: '', columns: ['knn_top1.best', 'frozen_patch_projection'], group: ['frozen_patch_projection'] });
    const group = table.groups[0];
    const chosen = table.rows.flatMap((one, at) => (one.group === 0 ? [at] : []));
    const strip = stripOf(table.rows, chosen, axisOf(table.columns[0] as RunColumn, 0, table.rows), null);
    expect(strip.failed).toBe(group?.failed);
    expect(strip.mean === null ? null : groupText(table.columns[0] as RunColumn, { kind: 'mean', ...strip.mean }, new Date(0))).toEqual(groupText(table.columns[0] as RunColumn, group?.cells[0] ?? { kind: 'nothing' }, new Date(0)));
    expect(rateRuns().length).toBe(table.rows.length);
  });
});

describe('lines', () => {
  const room = { top: 10, bottom: 110 };
  it('cross axes at their values, spread in a category and stay near a stop', () => {
    const rate = axis(RATE, [1e-4, 1e-2, 1e-3]);
    near(crossings(rate, false, room), [110, 10, 60]);
    near(crossings(rate, true, room), [10, 110, 60]);
    const optimizer = axis(OPTIMIZER, Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? 'adamw' : 'lamb')));
    const found = crossings(optimizer, false, room);
    expect(Math.min(...found.filter((_, at) => at % 2 === 0))).toBeGreaterThan(60);
    expect(Math.max(...found.filter((_, at) => at % 2 === 1))).toBeLessThan(60);
    expect(new Set(found).size).toBe(50);
    const broken = axis(KNN, [0.5, 'NaN', null]);
    expect(Math.abs((crossings(broken, false, room)[1] ?? 0) - stopY(broken, 'nan', 110))).toBeLessThan(4);
    expect(stopY(broken, 'none', 110)).toBeGreaterThan(stopY(broken, 'nan', 110));
    expect([apart(0), apart(7) === apart(7), Math.abs(apart(12_345)) <= 0.5]).toEqual([-0.5, true, true]);
  });
  it('rise from one axis to the next and never turn back', () => {
    const course = Array.from({ length: 21 }, (_, at) => courseAt(at / 20));
    near([course[0] ?? 1, course[10] ?? 0, course[20] ?? 0], [0, 0.5, 1]);
    expect(course.every((one, at) => at === 0 || one > (course[at - 1] ?? 1))).toBe(true);
  });
  it('are found under the pointer', () => {
    const layout = { xs: [0, 100, 200] };
    const ys = [Float32Array.of(0, 100, 50), Float32Array.of(100, 0, 50), Float32Array.of(0, 0, 50)];
    expect(lineAt(50, 51, layout, ys, [2], 6)).toBe(2);
    expect(lineAt(3, 1, layout, ys, [0, 1, 2], 6)).toBe(0);
    expect(lineAt(97, 2, layout, ys, [0, 1, 2], 6)).toBe(1);
    expect(lineAt(150, 52, layout, ys, [0, 2], 6)).toBe(0);
    expect(lineAt(180, 30, layout, ys, [0, 1, 2], 6)).toBe(null);
    expect(lineAt(250, 50, layout, ys, [0, 1, 2], 6)).toBe(null);
    expect([axisAt(95, layout.xs, 14), axisAt(150, layout.xs, 14), axisAt(5, [], 14)]).toEqual([1, null, null]);
  });
});

describe('a drag', () => {
  const room = { top: 0, bottom: 100 };
  const spikes = axis(SPIKES, [0, 100, 'NaN']);
  const held = (y: number, brush: Brush | null = null, turned = false) => grip(spikes, turned, y, brush, room);
  it('draws a range where there is none, from wherever it begins', () => {
    near(dragged(held(20), 60, room)?.range ?? [], [40, 80]);
    near(dragged(held(60), 20, room)?.range ?? [], [40, 80]);
    near(dragged(held(20, null, true), 60, room)?.range ?? [], [20, 60]);
    near(dragged(held(-30), 300, room)?.range ?? [], [0, 100]);
  });
  it('moves a brush that it begins in, and one end that it begins at', () => {
    const brush = brushOf('spike.count', { range: [40, 60], stops: ['nan'] });
    expect([held(50, brush).kind, held(41, brush).kind, held(59, brush).kind, held(90, brush).kind]).toEqual(['move', 'high', 'low', 'new']);
    const moved = dragged(held(50, brush), 30, room);
    near(moved?.range ?? [], [60, 80]);
    expect(moved?.stops).toEqual(['nan']);
    near(dragged(held(50, brush), -500, room)?.range ?? [], [80, 100]);
    near(dragged(held(41, brush), 20, room)?.range ?? [], [40, 80]);
    near(dragged(held(59, brush), 10, room)?.range ?? [], [60, 90]);
  });
  it('takes whole categories', () => {
    const optimizer = axis(OPTIMIZER, ['a', 'b', 'c', 'd']);
    expect(dragged(grip(optimizer, false, 10, null, room), 40, room)?.values).toEqual(['c', 'd']);
    expect(clicked(grip(optimizer, false, 10, null, room), room).values).toEqual(['d']);
    expect(clicked(grip(optimizer, true, 10, brushOf('optimizer', { values: ['a', 'b'] }), room), room).values).toEqual(['b']);
  });
  it('and a click on a stop takes it or leaves it, and one on numbers clears', () => {
    const y = stopY(spikes, 'nan', 100);
    expect([stopAt(spikes, y, 100), stopAt(spikes, y + 40, 100)]).toEqual(['nan', null]);
    const taken = clicked(held(y), room);
    expect(taken.stops).toEqual(['nan']);
    expect(clicked(held(y, taken), room).stops).toEqual([]);
    expect(dragged(held(y), 20, room)).toBe(null);
    expect(clicked(held(50, brushOf('spike.count', { range: [40, 60] })), room)).toEqual(brushOf('spike.count', {}));
    expect([placeAt(0, false, room), placeAt(0, true, room), placeAt(25, false, room)]).toEqual([1, 0, 0.75]);
  });
});
