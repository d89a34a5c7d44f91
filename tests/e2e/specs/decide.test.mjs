// Decide in the real window: three pairs are not enough and the button queues exactly the three that are missing; six say that it
// helps; δ changed by hand is told; means have the same question; what differs in more than the change has no pairs; seeds that
// nobody shares are refused in a sentence. The runs are the stand-in's, whose loss follows from the step alone: what trains for more
// steps ends lower, by the same for every seed.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { faults } from '../lib/axe.mjs';
import { canvases, drawn } from '../lib/canvas.mjs';
import { written } from '../lib/figure-form.mjs';
import { hands } from '../lib/hands.mjs';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { behave, standIns } from '../lib/stand-in.mjs';
import { open, workspace } from '../lib/window.mjs';

/** Runs on a busy machine; reached only when something hangs. */
const LONG_MS = 120_000;
const [SHORT, LONG] = [40, 80];

let stands;
let space;
let window;
let question;
before(async () => {
  stands = await standIns();
  space = await workspace(stands.folder);
  await behave(space, 'step_ms=1&layers=4');
  const sweep = await queued('Longer', { steps: [SHORT, LONG], seeds: [0, 1, 2] });
  question = `#/compare?${new URLSearchParams({ mode: 'decide', by: 'max_steps', where: `sweep = "${sweep}"` })}`;
  window = await open(space.folder, { programs: stands.folder });
  await finished('Longer', 6);
});
after(async () => {
  await window?.close();
  await space?.remove();
  await stands?.remove();
});

const { by, choose, click, text, type, visit } = hands(() => window);
/** The figure whose form is open, written. */
const page = (ends) => written(window.browser, { by, click }, ends);
const param = (name) => window.browser.execute((name) => new URLSearchParams(location.hash.split('?')[1] ?? '').get(name), name);
const present = (id) => by(id).isExisting();
const runsOf = (name, more = '') => space.vitals('runs', '--where', `sweep_name = "${name}"${more}`);

/** Queues a sweep over numbers of steps; its id. */
async function queued(name, { steps, seeds, rate = 1e-3 }) {
  const file = join(space.folder, `${name.toLowerCase().replaceAll(' ', '-')}.toml`);
  await writeFile(file, `format = 1
name = "${name}"
seeds = [${seeds.join(', ')}]

[recipe]
preset = "mocov3_vit_micro"
dataset = "stand-in"
batch_size = 16
base_learning_rate = ${rate}
checkpoint_every = 0

[[axis]]
parameter = "max_steps"
values = [${steps.join(', ')}]

[objective]
metric = "loss"
goal = "minimize"

[decide]
smallest_effect = 0.005
looks = [6]
`);
  return (await space.vitals('sweep', 'run', file))[0].sweep;
}

const finished = (name, count) => until(`${count} runs of ${name} to be finished`, async () => (await runsOf(name, ' and state = finished')).length === count, LONG_MS);

async function isDrawn(id) {
  await until(`the canvas of ${id} to be drawn`, async () => (await canvases(window.browser, `[data-testid="${id}"]`)).some(drawn));
}

test('a sweep with arms is one click away from an empty Compare, and three pairs are not enough', async () => {
  await visit('#/compare', 'compare-screen');
  await click('decide-sweep');
  await by('verdict-card').waitForDisplayed({ timeout: 15_000 });
  await until('the address to say so', async () => (await param('mode')) === 'decide');
  assert.equal(await param('by'), 'max_steps');
  assert.equal(await text('verdict'), 'Not enough seeds');
  assert.equal(await by('verdict-card').getAttribute('data-verdict'), 'undecided');
  assert.equal(await text('fact-pairs'), '3');
  assert.match(await text('why'), /^3 of the 6 pairs/);
  assert.equal(await text('failures'), '0 of 3 against 0 of 3');
  assert.equal(await text('look'), 'next look at 6 pairs');
  // 1/(1 + step) over the last ten steps: 0.0286 after 40 and 0.0133 after 80.
  assert.match(await text('difference'), /^−0\.015/);
  assert.equal(await by(`arm-${SHORT}`).getAttribute('data-base'), 'true');
  assert.equal(await by('by-seed-plot').getAttribute('data-pairs'), '3');
  for (const id of ['chart-arms', 'by-seed', 'verdict-card', 'forest']) await isDrawn(id);
});

test('the button queues exactly the pairs that are missing, after it has said what', async () => {
  await rpc(window.browser, 'supervisor_start');
  await space.vitals('queue', 'pause');
  await until('the queue to be paused', async () => (await rpc(window.browser, 'overview')).supervisor.queue_paused);
  await visit(question, 'not-settled');
  await until('what would be queued', async () => /6 new runs/.test(await text('not-settled')));
  assert.match(await text('not-settled'), /3 of 6 pairs[\s\S]*3 more pairs/);
  assert.equal(await text('queue-pairs'), 'Queue 3 pairs…');
  assert.equal((await runsOf('Longer')).length, 6, 'asking queues nothing');
  // The confirmation by its key.
  await window.browser.execute(() => document.activeElement?.blur());
  await window.browser.keys('q');
  await by('queue-pairs-confirm').waitForDisplayed({ timeout: 15_000 });
  assert.match(await text('queue-pairs-ask'), /Queue 6 runs\?[\s\S]*3 with the change, 3 of the baseline[\s\S]*look 1 of 1/);
  await click('queue-pairs-confirm');
  await until('the message', async () => /6 runs queued/.test(await text('toast-ok')));
  const waiting = await runsOf('Longer', ' and state = queued');
  assert.deepEqual(waiting.map((run) => [run.parameters.max_steps, run.seed]).sort((a, b) => a[0] - b[0] || a[1] - b[1]), [[SHORT, 3], [SHORT, 4], [SHORT, 5], [LONG, 3], [LONG, 4], [LONG, 5]]);
  await until('the pairs to be on the way', async () => (await text('open-on-the-way')) === '3 pairs on the way');
  assert.equal(await present('queue-pairs'), false, 'they are not offered again');
  assert.equal(await text('fact-pairs'), '3', 'what has not ended is no pair');
});

test('six pairs with a clear difference say that it helps', async () => {
  await space.vitals('queue', 'resume');
  await finished('Longer', 12);
  await until('the verdict', async () => (await by('verdict-card').getAttribute('data-verdict')) === 'helps', LONG_MS);
  assert.match(await text('verdict'), /helps$/);
  assert.equal(await text('fact-pairs'), '6');
  assert.equal(await text('fact-p'), '0.031');
  assert.equal(await text('look'), 'look 1 of 1, declared');
  assert.equal(await by(`forest-${LONG}`).getAttribute('data-verdict'), 'helps');
  assert.equal(await present('not-settled'), false, 'nothing is open');
});

test('a report of the arms is written as it was proposed but for its title', async () => {
  await visit(question, 'verdict-card');
  await click('report');
  await until('the proposal', async () => /helps: −0\.01/.test(await text('report-shown')));
  await type('report-title', 'Do longer runs end lower?');
  await type('report-paragraph', 'By {difference9}.');
  await until('the unknown field to be told', async () => /difference9/.test(await text('report-unknown')));
  assert.equal(await by('report-write').isEnabled(), false);
  await type('report-paragraph', 'By **{difference1}**, {pairs1} pairs.');
  assert.match(await text('report-shown'), /^By −0\.01\d+, 6 pairs\.$/);
  assert.deepEqual(await faults(window.browser), []);
  const path = await by('report-path').getValue();
  await click('report-write');
  await until('the message', async () => (await text('toast-ok')).includes(path));
  const html = await readFile(path, 'utf8');
  assert.match(html, /<h1>Do longer runs end lower\?<\/h1>/);
  assert.match(html, /By <b>−0\.01\d+<\/b>, 6 pairs\./);
  assert.doesNotMatch(html, /<script| (src|href)="(?!data:)/);
});

test('δ is changed by key and told, and what was declared comes back', async () => {
  await visit(question, 'verdict-card');
  await window.browser.execute(() => document.activeElement?.blur());
  await window.browser.keys(',');
  await until('the focus on δ', () => window.browser.execute(() => document.activeElement?.id === 'decide-delta'));
  // All of it is selected: what is typed takes its place.
  for (const one of '0.5') await window.browser.keys(one);
  await window.browser.keys('Enter');
  await until('δ in the address', async () => (await param('delta')) === '0.5');
  await until('the change to be told', async () => /^δ changed from 0\.005 after looking/.test(await text('delta-changed')));
  await until('the verdict to say how little that is', async () => /helps, by less than 0\.5$/.test(await text('verdict')));
  await click('delta-back');
  await until('the declared δ', async () => !(await present('delta-changed')) && (await by('delta').getValue()) === '0.005');
});

test('the baseline is changed by key, and then the other arm hurts', async () => {
  await visit(question, 'verdict-card');
  await window.browser.execute(() => document.activeElement?.blur());
  await window.browser.keys('b');
  await until('the baseline in the address', async () => (await param('base')) === String(LONG));
  await until('the verdict', async () => (await by('verdict-card').getAttribute('data-verdict')) === 'hurts');
  assert.equal(await by(`arm-${LONG}`).getAttribute('data-base'), 'true');
});

test('a pair opens in Columns from its row', async () => {
  await visit(question, 'verdict-card');
  await window.browser.execute(() => document.querySelector('[data-testid="by-seed-plot"]').focus());
  await window.browser.keys('ArrowDown');
  await until('the second pair', async () => (await by('by-seed-plot').getAttribute('data-seed')) === '1');
  await window.browser.keys('Enter');
  await by('compare-screen').waitForDisplayed({ timeout: 15_000 });
  const ids = (await param('runs')).split(',');
  const shown = await Promise.all(ids.map(async (id) => (await space.vitals('run', 'show', id))[0]));
  assert.deepEqual(shown.map((run) => [run.parameters.max_steps, run.seed]), [[LONG, 1], [SHORT, 1]]);
});

test('means have the same question: curves of the arms with their n, and the values at a step', async () => {
  await visit(question, 'verdict-card');
  await window.browser.$('[data-value="mean"]').click();
  await by('mean-screen').waitForDisplayed({ timeout: 15_000 });
  await until('the address to say so', async () => (await param('mode')) === 'mean');
  assert.deepEqual([await param('by'), await param('where')], ['max_steps', new URLSearchParams(question.split('?')[1]).get('where')]);
  await until('the curves', async () => (await by('mean-screen').getAttribute('data-curves')) === 'true');
  for (const id of ['mean-loss', 'mean-learning_rate', 'mean-grad_norm']) await isDrawn(id);
  assert.match(await text('arm-legend'), new RegExp(`${SHORT}, n 6[\\s\\S]*${LONG}, n 6`));
  // At a step that both have: one value an arm, with the difference to the baseline, and back to the legend.
  await window.browser.execute(() => document.querySelector('[data-testid="mean-loss-plot"]').focus());
  for (let n = 0; n < 5; n += 1) await window.browser.keys('ArrowLeft');
  await by('mean-loss-cross').waitForDisplayed({ timeout: 15_000 });
  for (const value of [SHORT, LONG]) assert.match(await text(`mean-loss-cross-${value}`), /0\.\d+/);
  // The curves as they stand, on a page.
  await click('export');
  await window.browser.execute(() => document.querySelector('form [data-value="pdf"]').click());
  const path = await until('the path of the file', async () => {
    const shown = await by('export-path').getValue();
    return shown.endsWith('-mean.pdf') ? shown : null;
  });
  await click('export-write');
  assert.match(await until('the figure to be there', () => readFile(path, 'latin1').catch(() => null)), /^%PDF-/);
  await window.browser.keys('Escape');
  await until('the legend', () => present('arm-legend'));
  await window.browser.keys('d');
  await by('verdict-card').waitForDisplayed({ timeout: 15_000 });
  await until('the address to say so', async () => (await param('mode')) === 'decide');
  assert.equal(await param('by'), 'max_steps');
});

test('results are the host\'s table, with the columns that were chosen', async () => {
  await visit(question, 'decide-results');
  await until('the table', async () => (await by('decide-results').getAttribute('data-complete')) === 'true');
  assert.match(await text(`result-${LONG}`), /0\.\d+ ± 0[.\d]* \(6\)/);
  assert.match(await text(`result-${SHORT}`), /baseline/);
  assert.match(await text('decide-results'), /Spikes/);
  await click('result-columns');
  await click('column-spike.count');
  await until('the column to go', async () => !/Spikes/.test(await text('decide-results')));
  await until('the address to say so', async () => (await param('cols'))?.split(',').includes('spike.count') === false);
  await window.browser.keys('Escape');
});

test('the verdict goes on a page, whole by its key and each plot alone, with what was changed after looking', async () => {
  await visit(`${question}&delta=0.5`, 'verdict-card');
  await until('the change to be told', async () => (await present('delta-changed')) && /^δ changed from 0\.005/.test(await text('delta-changed')));
  await until('the curves', async () => (await by('decide-screen').getAttribute('data-curves')) === 'true');
  await window.browser.execute(() => document.activeElement?.blur());
  await window.browser.keys('e');
  await type('figure-title', 'Longer is lower');
  const whole = (await page('-decide.svg')).toString();
  for (const word of [/Longer is lower/, /By seed/, /seed 5/, /All arms against the baseline/, /· n 6/, /helps/, /δ changed from 0\.005 after looking/]) assert.match(whole, word);
  for (const [chart, ends, word] of [['chart-arms', '-arms.svg', /band: 95 %/], ['by-seed', '-by-seed.svg', /seed 5/], ['forest', '-forest.svg', /Baseline: .*40/]]) {
    await click(`${chart}-export`);
    const one = (await page(ends)).toString();
    assert.match(one, word);
    assert.match(one, /δ changed from 0\.005 after looking/);
    assert.doesNotMatch(one, /Longer is lower/, 'a title is one figure\'s');
  }
});

test('more runs than columns lie over each other, each named at the crosshair, the highest first', async () => {
  const runs = await runsOf('Longer');
  assert.equal(runs.length, 12);
  await visit(`#/compare?runs=${runs.map((run) => run.id).join(',')}`, 'compare-readout');
  assert.equal(await window.browser.$('[data-value="columns"]').isEnabled(), false);
  assert.equal(await window.browser.$('[data-value="overlay"]').getAttribute('aria-checked'), 'true');
  const rows = () => window.browser.execute(() => [...document.querySelectorAll('[data-testid="compare-readout"] tbody tr')].map((row) => ({ run: row.getAttribute('data-testid').slice('readout-'.length), value: Number(row.cells[1].textContent) })));
  await until('a row a run', async () => (await rows()).length === 12);
  assert.deepEqual((await rows()).map((row) => row.run).sort(), runs.map((run) => run.id).sort());
  await isDrawn('chart-first');
  await window.browser.execute(() => document.querySelector('[data-testid="chart-first-plot"]').focus());
  for (let n = 0; n < 3; n += 1) await window.browser.keys('ArrowLeft');
  await until('the step', async () => (await by('compare-readout').getAttribute('data-step')) !== null);
  const values = (await rows()).map((row) => row.value);
  assert.ok(values.length >= 6 && values.every(Number.isFinite), `${values}`);
  assert.deepEqual(values, [...values].sort((a, b) => b - a));
  // As they lie, on a page.
  await window.browser.execute(() => document.activeElement?.blur());
  await window.browser.keys('e');
  assert.match((await page('-overlay.svg')).toString(), /^<svg/);
  // One is taken out, until six are left and stand beside each other again.
  for (const { run } of (await rows()).slice(0, 6)) {
    await click(`take-out-${run}`);
    await until('one fewer', async () => !(await param('runs')).includes(run));
  }
  await by('differences').waitForDisplayed({ timeout: 15_000 });
  assert.equal(await window.browser.$('[data-value="columns"]').isEnabled(), true);
});

test('an arm is added by a search, and the correction is chosen and told', async () => {
  const sweep = await queued('Three', { steps: [SHORT, 60, LONG], seeds: [0, 1, 2], rate: 5e-3 });
  await finished('Three', 9);
  await visit(`#/compare?${new URLSearchParams({ mode: 'decide', by: 'max_steps', where: `sweep = "${sweep}" and max_steps < 70` })}`, 'verdict-card');
  assert.equal(await present(`arm-${LONG}`), false);
  await click('add-arm');
  await type('arm-search', 'Three');
  await click(`offer-${LONG}`);
  await by(`arm-${LONG}`).waitForDisplayed({ timeout: 15_000 });
  await until('it to be judged', async () => (await present('correction')) && (await window.browser.execute(() => document.querySelector('[data-testid="correction"]').textContent)) === 'p corrected for 2 tests: Bonferroni');
  await choose('correction-choice', 'none');
  await until('the choice in the address', async () => (await param('correction')) === 'none');
  // What may be cut off has no text of its own for WebDriver.
  const rows = () => window.browser.execute((ids) => ids.map((id) => document.querySelector(`[data-testid="${id}"]`)?.textContent ?? ''), [`forest-${LONG}`, 'forest-60']);
  await until('every p to say so', async () => (await rows()).every((row) => /p \S+ uncorrected/.test(row)));
  assert.match(await text('correction-changed'), /^p left uncorrected after looking/);
  await click('correction-back');
  await until('what is usual', async () => !(await present('correction-changed')));
});

test('what differs in more than the change is not comparable: it says in what, and has no pairs', async () => {
  await queued('Apart short', { steps: [SHORT], seeds: [0, 1], rate: 3e-3 });
  await queued('Apart long', { steps: [LONG], seeds: [0, 1], rate: 4e-3 });
  await finished('Apart short', 2);
  await finished('Apart long', 2);
  await visit(`#/compare?${new URLSearchParams({ mode: 'decide', by: 'max_steps', where: 'sweep_name ~ "Apart"' })}`, 'verdict-card');
  await until('the verdict', async () => (await by('verdict-card').getAttribute('data-verdict')) === 'not_comparable');
  // What may be cut off has no text of its own for WebDriver.
  assert.match(await window.browser.execute(() => document.querySelector('[data-testid="differ-too"]').textContent), /Base learning rate differs? too/);
  assert.equal(await present('paired'), false, 'no pairs are claimed');
  assert.match(await text('no-pairs'), /^No pairs/);
  assert.equal(await present('by-seed-plot'), false);
  assert.equal(await text('fact-settings'), '1');
  await until('the table', async () => (await by('decide-results').getAttribute('data-complete')) === 'true');
  assert.match(await text(`result-${LONG}`), /left out: Base learning rate differs too/);
});

test('seeds that nobody shares are refused in a sentence, with the arms in sight', async () => {
  await queued('Unpaired short', { steps: [SHORT], seeds: [0, 1], rate: 2e-3 });
  await queued('Unpaired long', { steps: [LONG], seeds: [7, 8], rate: 2e-3 });
  await finished('Unpaired short', 2);
  await finished('Unpaired long', 2);
  await visit(`#/compare?${new URLSearchParams({ mode: 'decide', by: 'max_steps', where: 'sweep_name ~ "Unpaired"' })}`, 'decide-refused');
  assert.match(await text('decide-refused'), /no seed has ended on both sides of `max_steps`/);
  assert.equal(await present('verdict-card'), false);
  for (const value of [SHORT, LONG]) await by(`arm-${value}`).waitForDisplayed();
});

test('no fault of access, light or dark', async () => {
  const settings = await rpc(window.browser, 'settings');
  const found = [];
  for (const theme of ['light', 'dark']) {
    await rpc(window.browser, 'settings_set', { ...settings, theme });
    await window.browser.refresh();
    await visit(question, 'verdict-card');
    found.push(...(await faults(window.browser)).map((fault) => `${theme}: ${fault}`));
    await visit(question.replace('mode=decide', 'mode=mean'), 'mean-screen');
    await until('the curves', async () => (await by('mean-screen').getAttribute('data-curves')) === 'true');
    found.push(...(await faults(window.browser)).map((fault) => `${theme}, means: ${fault}`));
  }
  await rpc(window.browser, 'settings_set', settings);
  assert.deepEqual(found, []);
  assert.deepEqual(await window.errors(), []);
});
