// Explore in the real window, the second face of Runs: lines over what a sweep varies; brushes by drag and by keys, in the address, as
// chips; what they take is what the table finds by the condition that they become; Decide asks about it; rate sensitivity has the host's
// numbers. The runs are the stand-in's, whose loss follows from the step alone: what trains for more steps ends lower, whatever its rate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from '../lib/axe.mjs';
import { canvases, drawn } from '../lib/canvas.mjs';
import { written } from '../lib/figure-form.mjs';
import { hands } from '../lib/hands.mjs';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { swept } from '../lib/swept.mjs';

const RATES = [1e-4, 2e-4, 4e-4];
const [SHORT, LONG] = [40, 80];
const SEEDS = 2;
/** Every rate with every length, frozen and learned. */
const ALL = RATES.length * 2 * 2 * SEEDS;
const WHERE = 'sweep_name = Rates';

const { window, browser } = swept({
  name: 'Rates', seeds: SEEDS, axes: { base_learning_rate: RATES, max_steps: [SHORT, LONG], frozen_patch_projection: [true, false] }, minimised: 'loss', runs: ALL,
});

const { by, click, text, type, visit } = hands(window);
const param = (name) => browser().execute((name) => new URLSearchParams(location.hash.split('?')[1] ?? '').get(name), name);
const present = (id) => by(id).isExisting();
const address = (params = {}) => `#/runs?${new URLSearchParams({ face: 'explore', where: WHERE, ...params })}`;
const explore = (params) => visit(address(params), 'parallel');
/** Lines that are drawn in colour. */
const lines = async () => Number(await by('parallel').getAttribute('data-lines'));
const count = (wanted) => until(`${wanted} lines`, async () => (await present('parallel')) && (await lines()) === wanted);
const brushes = async () => JSON.parse((await param('brush')) ?? '[]');
const focus = (id) => browser().execute((id) => document.querySelector(`[data-testid="${CSS.escape(id)}"]`).focus(), id);
const focused = () => browser().execute(() => document.activeElement?.dataset.testid ?? '');

/** Draws a brush on an axis, from one part of the plot's height to another. */
async function drag(axis, from, to) {
  const [x, top, height] = await browser().execute((axis) => {
    const head = document.querySelector(`[data-testid="${CSS.escape(axis)}"]`).getBoundingClientRect();
    const plot = document.querySelector('[data-testid="parallel-plot"]').getBoundingClientRect();
    return [head.x + head.width / 2, plot.y, plot.height];
  }, `axis-${axis}`);
  const at = (share) => ({ x: Math.round(x), y: Math.round(top + share * height) });
  await browser().action('pointer').move(at(from)).down().move({ ...at((from + to) / 2), duration: 80 }).move({ ...at(to), duration: 80 }).up().perform();
}

test('V turns the table over: an axis for what the sweep varies, a line for each run', async () => {
  await visit(`#/runs?${new URLSearchParams({ where: WHERE })}`, 'runs-table');
  await browser().keys('v');
  await by('parallel').waitForDisplayed({ timeout: 15_000 });
  await count(ALL);
  await until('the address to say so', async () => (await param('face')) === 'explore');
  const axes = await browser().execute(() => [...document.querySelectorAll('[data-testid="parallel"] .heads button[data-testid^="axis-"]')].map((head) => head.dataset.testid.slice('axis-'.length)));
  assert.deepEqual(axes, ['arm', 'base_learning_rate', 'max_steps', 'loss.best']);
  assert.match(await text('strip'), new RegExp(`^${ALL} runs`));
  await until('the lines to be drawn', async () => (await canvases(browser(), '[data-testid="parallel"]')).some(drawn));
  await browser().keys('v');
  await by('runs-table').waitForDisplayed({ timeout: 15_000 });
});

test('a drag on an axis brushes it, a second one combines by and, Esc takes them back', async () => {
  await explore();
  await count(ALL);
  // The upper half of the rates holds the largest alone.
  await drag('base_learning_rate', 0.02, 0.3);
  await count(ALL / RATES.length);
  await until('the address to have the brush', async () => (await brushes()).length === 1);
  const [[name, { range }]] = await brushes();
  assert.equal(name, 'base_learning_rate');
  assert.ok(range[0] > RATES[1] && range[1] >= RATES[2], range.join());
  assert.equal(await present('brush-base_learning_rate'), true);
  await drag('max_steps', 0.02, 0.3);
  await count(ALL / RATES.length / 2);
  assert.match(await text('strip'), new RegExp(`^${ALL / RATES.length / 2} of ${ALL} runs in the brushes`));
  await browser().keys('Escape');
  await count(ALL / RATES.length);
  await click('clear-base_learning_rate');
  await count(ALL);
  await until('the address without brushes', async () => (await param('brush')) === null);
});

test('keys go from axis to axis, move a brush and its lower end, turn an axis over and clear it', async () => {
  await explore();
  await count(ALL);
  await focus('axis-arm');
  await browser().keys('ArrowRight');
  assert.equal(await focused(), 'axis-base_learning_rate');
  await browser().keys('ArrowUp');
  await count((ALL * 2) / 3);
  await browser().keys('Enter');
  await until('the axis to be turned', async () => (await param('turned')) === 'base_learning_rate');
  assert.equal(await by('axis-base_learning_rate').getAttribute('data-turned'), 'true');
  await browser().keys('Delete');
  await count(ALL);
  await browser().keys(['Alt', 'ArrowRight']);
  await until('the axis to move', async () => (await param('axes')) === 'max_steps,base_learning_rate' && (await param('arms')) === 'frozen_patch_projection' && (await param('metric')) === 'loss.best');
  assert.equal(await focused(), 'axis-base_learning_rate', 'the focus goes along');
});

test('a brush in the address is shown again, and the table finds what it takes', async () => {
  const brush = JSON.stringify([['base_learning_rate', { range: [1.5e-4, 4e-4] }], ['arm', { values: [true] }]]);
  await explore({ brush });
  const wanted = 2 * 2 * SEEDS;
  await count(wanted);
  await click('strip-table');
  await by('runs-table').waitForDisplayed({ timeout: 15_000 });
  await until('as many rows', async () => (await browser().execute(() => document.querySelectorAll('[data-testid="runs-table"] tr[data-entry]').length)) === wanted);
  assert.equal(await param('where'), `${WHERE} and base_learning_rate >= 0.00015 and base_learning_rate <= 0.0004 and frozen_patch_projection = true`);
  await browser().back();
  await count(wanted);
});

test('Decide is asked about what is brushed', async () => {
  await explore({ brush: JSON.stringify([['base_learning_rate', { range: [1e-4, 1e-4] }], ['max_steps', { range: [LONG, LONG] }]]) });
  await count(2 * SEEDS);
  await click('strip-decide');
  await by('decide-screen').waitForDisplayed({ timeout: 30_000 });
  assert.equal(await param('by'), 'frozen_patch_projection');
  assert.match(await param('where'), /base_learning_rate = 0.0001 and max_steps = 80/);
});

test('rate sensitivity has the numbers of the host, and says what it holds', async () => {
  await explore();
  await until('the arms', async () => (await by('rate-sensitivity').getAttribute('data-arms')) === '2');
  assert.equal(await by('rate-sensitivity').getAttribute('data-rates'), String(RATES.length));
  const told = await rpc(browser(), 'sensitivity', { where: WHERE, by: ['frozen_patch_projection'], metric: 'loss.best' });
  assert.deepEqual([told.rates, told.arms.length, told.higher_is_better, told.held_out], [RATES, 2, false, ALL / 2]);
  // No rate makes a difference to the stand-in, and all of the sweep can be used.
  for (const arm of told.arms) assert.deepEqual([arm.sensitivity, arm.seeds, arm.usable_reaches_end], [0, SEEDS, true]);
  assert.match(await text('rate-arm-true'), /≥ 4\.0 ×/);
  assert.match(await text('rates-left'), new RegExp(`${ALL / 2} runs of other values`));
  await until('the picture to be drawn', async () => (await canvases(browser(), '[data-testid="rates"]')).some(drawn));
  await focus('rates-plot');
  await browser().keys('ArrowRight');
  await until('the rate under the cursor', async () => /At 1e−4/.test(await text('rate-numbers')));
  await click('rates-table');
  await until('the table', async () => (await browser().execute(() => document.querySelectorAll('[data-testid="rates"] tbody tr').length)) === RATES.length);
});

test('E puts both pictures on a page, with brushes, counts and numbers; each goes alone too', async () => {
  await explore({ brush: JSON.stringify([['base_learning_rate', { range: [1e-4, 2e-4] }]]) });
  await count((ALL * 2) / 3);
  await until('the arms', async () => (await by('rate-sensitivity').getAttribute('data-arms')) === '2');
  await browser().execute(() => document.activeElement?.blur());
  await browser().keys('e');
  const page = (ends) => written(browser(), { by, click }, ends);
  // The values of the rates stand in their picture's place: the page has the other one.
  assert.equal(await by('rates-table').getAttribute('aria-pressed'), 'true');
  assert.doesNotMatch((await page('-explore.svg')).toString(), /Rate sensitivity/);
  await click('rates-table');
  await browser().execute(() => document.activeElement?.blur());
  await browser().keys('e');
  const whole = (await page('-explore.svg')).toString();
  for (const word of [/Parallel coordinates/, new RegExp(`>\\s*${(ALL * 2) / 3} of ${ALL} runs in the brushes`), /Brushed: Base learning rate 1e−4 – 2e−4/, /Rate sensitivity/, /frozen patch: sensitivity 0[.\d]*/, /usable ≥ 4\.0 ×/]) assert.match(whole, word);
  // A line for every run, in colour or as a ghost.
  assert.equal([...whole.matchAll(/<path d="([^"]*)"/g)].reduce((sum, [, path]) => sum + path.split('M').length - 1, 0), ALL);
  await click('rates-export');
  const rates = (await page('-rates.svg')).toString();
  assert.match(rates, /usable ≥ 4\.0 ×/);
  assert.doesNotMatch(rates, /Parallel coordinates/);
  for (const [ends, begins] of [['-explore.pdf', '%PDF-'], ['-explore.png', '\u0089PNG'], ['-explore.tex', '%']]) {
    await browser().execute(() => document.activeElement?.blur());
    await browser().keys('e');
    assert.ok((await page(ends)).toString('latin1').startsWith(begins), ends);
  }
});

test('what it depends on needs more runs than these, of the metric and of failing', async () => {
  await explore();
  await by('depends-none').waitForDisplayed({ timeout: 30_000 });
  assert.match(await text('depends-none'), new RegExp(`needs 30 runs that have it; ${ALL} here`));
  const asked = { where: WHERE, metric: 'loss.last', failing: false };
  const told = await rpc(browser(), 'importance', asked);
  assert.deepEqual([told.runs, told.failed, told.unended, told.shares, told.why.kind], [ALL, 0, 0, [], 'unranked.few_runs']);
  // Nobody waits for it any more: the next question is answered all the same.
  await rpc(browser(), 'importance_stop', {});
  assert.equal((await rpc(browser(), 'importance', { ...asked, failing: true })).failing, true);
});

test('two rates are not enough, and a sentence says so', async () => {
  await explore({ where: `${WHERE} and base_learning_rate < 3e-4` });
  await by('rates-none').waitForDisplayed({ timeout: 30_000 });
  assert.match(await text('rates-none'), /^Rate sensitivity needs 3 rates that every arm has; 2 here/);
});

test('too few runs are said, with the table one click away; a broken query leaves the last picture', async () => {
  await visit(address({ where: `${WHERE} and base_learning_rate = 1e-4 and max_steps = ${LONG}` }), 'explore-few');
  assert.match(await text('explore-few'), new RegExp(`needs 8 runs that differ; ${2 * SEEDS} here`));
  await browser().$('[data-testid="explore-few"] button').click();
  await by('runs-table').waitForDisplayed({ timeout: 15_000 });
  await explore();
  await count(ALL);
  await type('runs-query', 'base_learning_rate >');
  await by('query-error').waitForDisplayed({ timeout: 15_000 });
  assert.equal(await lines(), ALL);
});

test('Explore has no serious fault of access, with a brush and with its axes to choose from', async () => {
  await explore({ brush: JSON.stringify([['base_learning_rate', { range: [1e-4, 2e-4] }]]) });
  await count((ALL * 2) / 3);
  await until('the arms', async () => (await by('rate-sensitivity').getAttribute('data-arms')) === '2');
  const found = await faults(browser());
  await click('axes');
  await by('axis-of-search').waitForDisplayed({ timeout: 15_000 });
  found.push(...await faults(browser()));
  assert.deepEqual(found, []);
});
