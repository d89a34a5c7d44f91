// The table of runs in the real window: any name as a column, sorted by it; groups that fold out; words and conditions with what they
// can go on with; views that the workspace keeps; orders that nobody knows. The runs are the stand-in's, whose loss follows from the step
// alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from '../lib/axe.mjs';
import { hands } from '../lib/hands.mjs';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { swept } from '../lib/swept.mjs';

const [SHORT, LONG] = [40, 80];
const SEEDS = 3;
const ALL = 2 * SEEDS;

const { window, browser } = swept({ name: 'Lengths', seeds: SEEDS, axes: { max_steps: [SHORT, LONG] }, runs: ALL });

const { by, click, press, text, type, visit } = hands(window);
const param = (name) => browser().execute((name) => new URLSearchParams(location.hash.split('?')[1] ?? '').get(name), name);
const present = (id) => by(id).isExisting();
const query = (params) => `#/runs?${new URLSearchParams(params)}`;
const table = (params = {}) => visit(query(params), 'runs-table');
const columns = () => browser().execute(() => [...document.querySelectorAll('[data-testid="runs-table"] th[data-testid]')].map((head) => head.dataset.testid.slice('column-'.length)));
/** Runs and groups from top to bottom. */
const rows = () => browser().execute(() => [...document.querySelectorAll('[data-testid="runs-table"] tr[data-entry]')].map((row) => ({ id: row.dataset.entry, group: row.dataset.testid === 'group-row', folded: row.dataset.folded, text: row.textContent })));
const count = (what, wanted) => until(what, async () => (await rows()).length === wanted);
const offers = () => browser().execute(() => [...document.querySelectorAll('[data-testid="offer"]')].map((one) => one.querySelector('span').textContent));
const typed = () => by('runs-query').getValue();
const lengthsIn = (found) => found.map(({ id }) => id);

test('what the sweep varies is a column, and any name becomes one', async () => {
  // Not as an earlier window of this person left the columns.
  await browser().execute(() => localStorage.removeItem('vitals.runs.shown'));
  await table();
  await count('all runs', ALL);
  const before = await columns();
  assert.equal(before[0], 'label');
  assert.ok(before.includes('max_steps') && before.includes('loss.last'), before.join());
  await click('columns');
  await type('show-search', 'weight decay');
  await click('show-weight_decay');
  await until('the column', async () => (await columns()).at(-1) === 'weight_decay');
  await browser().keys('Escape');
  await until('the address to say so', async () => (await param('cols')) === [...before.slice(1), 'weight_decay'].join());
});

test('a metric is a column by the reading that is chosen for it', async () => {
  await click('columns');
  await type('show-search', 'loss');
  await click('reading');
  await press(browser().$('.choice[data-choice="min"]'));
  await click('show-loss.min');
  await until('the column', async () => (await columns()).includes('loss.min'));
  // What is scrolled out of sight has no text of its own for WebDriver.
  assert.match(await browser().execute(() => document.querySelector('[data-testid="column-loss.min"]').textContent), /Loss, lowest/);
  await browser().keys('Escape');
  await click('columns');
  await click('columns-default');
  await until('the columns of the beginning', async () => !(await columns()).includes('loss.min'));
  await browser().keys('Escape');
});

test('a head sorts and turns, and Alt with an arrow key moves its column', async () => {
  await table({ cols: 'max_steps,loss.last,seed' });
  await until('the columns', async () => (await columns()).join() === 'label,max_steps,loss.last,seed');
  await click('sort-loss.last');
  await until('the order', async () => (await by('column-loss.last').getAttribute('aria-sort')) === 'descending');
  const falling = lengthsIn(await rows());
  await click('sort-loss.last');
  await until('the other order', async () => (await by('column-loss.last').getAttribute('aria-sort')) === 'ascending' && lengthsIn(await rows()).join() !== falling.join());
  await browser().execute(() => document.querySelector('[data-testid="sort-seed"]').focus());
  await browser().keys(['Alt', 'ArrowLeft']);
  await until('the column to move', async () => (await columns()).join() === 'label,max_steps,seed,loss.last');
  assert.ok(await browser().execute(() => document.activeElement?.dataset.testid === 'sort-seed'), 'the focus goes along');
});

test('an order that nobody knows is said, and the newest first is one click away', async () => {
  await visit(query({ sort: 'nonsense' }), 'runs-failed');
  assert.match(await text('runs-failed'), /nonsense/);
  await click('runs-reset');
  await until('the message to go', async () => !(await present('runs-failed')));
  await count('all runs', ALL);
});

test('groups fold out, stay open while the table is asked anew, and select their runs', async () => {
  await table({ cols: 'max_steps,loss.last,step' });
  await click('group');
  await type('group-by-search', 'maximum');
  await click('group-by-max_steps');
  await browser().keys('Escape');
  await count('two groups', 2);
  await until('the address to say so', async () => (await param('group')) === 'max_steps');
  assert.match((await rows())[0].text, /n = 3/);
  assert.match((await rows())[0].text, /± /);
  await browser().execute(() => document.querySelector('[data-testid="group-row"] button').focus());
  await browser().keys('ArrowRight');
  await count('one open group', 2 + SEEDS);
  await click('sort-step');
  await until('the order', async () => (await by('column-step').getAttribute('aria-sort')) === 'descending');
  assert.equal((await rows()).filter((row) => row.folded === 'false').length, 1);
  await browser().execute(() => document.querySelector('[data-testid="group-row"] input').click());
  await until('its runs to be selected', async () => /3 runs/.test(await text('selection-bar')));
  await click('clear-selection');
  await click('fold-all');
  await count('folded groups', 2);
  await click('fold-all');
  await count('open groups', 2 + ALL);
  await click('ungroup-max_steps');
  await count('no groups', ALL);
});

test('words find runs, and say so', async () => {
  await table({ where: 'lengths finished' });
  await by('words-note').waitForDisplayed({ timeout: 15_000 });
  await count('all runs', ALL);
  await type('runs-query', 'nosuchword');
  await by('runs-empty').waitForDisplayed({ timeout: 15_000 });
  await type('runs-query', `max_steps = ${LONG}`);
  await count('the longer runs', SEEDS);
  assert.equal(await present('words-note'), false);
});

test('a condition is completed by name, operator and value; Enter without a mark sends it', async () => {
  await table();
  await click('runs-query');
  await type('runs-query', 'max_st');
  await until('the name', async () => (await offers()).includes('max_steps'));
  await browser().keys('ArrowDown');
  await browser().keys('Tab');
  await until('the operators', async () => (await typed()) === 'max_steps ' && (await offers()).includes('>='));
  await browser().keys('ArrowDown');
  await browser().keys('Enter');
  await until('the values', async () => (await typed()) === 'max_steps = ' && (await offers()).includes(String(SHORT)));
  await browser().keys('Escape');
  await until('the list to close', async () => (await offers()).length === 0);
  await browser().keys(String(SHORT));
  await browser().keys('Enter');
  await until('the address', async () => (await param('where')) === `max_steps = ${SHORT}`);
  await count('the shorter runs', SEEDS);
});

test('a view is kept, shown, replaced, removed and brought back', async () => {
  await table({ where: `max_steps = ${LONG}`, sort: 'seed', cols: 'seed,loss.last', group: 'state' });
  await click('views');
  await type('view-name', 'Long ones');
  await click('view-save');
  await until('the view to be kept', async () => (await rpc(browser(), 'run_views')).some((view) => view.name === 'Long ones'));
  await table({ group: 'max_steps' });
  await click('views');
  await click('view-Long ones');
  await until('the address of the view', async () => (await param('where')) === `max_steps = ${LONG}` && (await param('sort')) === 'seed' && (await param('cols')) === 'seed,loss.last' && (await param('group')) === 'state');
  await browser().back();
  await until('what was shown before', async () => (await param('group')) === 'max_steps');
  await click('views');
  await type('view-name', 'Long ones');
  await until('that it is replaced', async () => /Takes the place/.test(await text('view-note')));
  await click('remove-view-Long ones');
  await until('the view to go', async () => (await rpc(browser(), 'run_views')).length === 0);
  await click('toast-undo');
  await until('the view to be back', async () => (await rpc(browser(), 'run_views')).length === 1);
});

test('Decide asks for whole runs of what the table shows', async () => {
  await table({ where: 'sweep_name = Lengths' });
  await count('all runs', ALL);
  await click('decide-query');
  await by('decide-screen').waitForDisplayed({ timeout: 30_000 });
  assert.equal(await param('by'), 'max_steps');
});

test('the table has no serious fault of access, with groups open and a list below the query', async () => {
  const found = [];
  await table({ group: 'max_steps' });
  await count('two groups', 2);
  await click('fold-all');
  found.push(...await faults(browser()));
  await click('runs-query');
  await type('runs-query', 'state = running and st');
  await until('the list', async () => (await offers()).length > 0);
  found.push(...await faults(browser()));
  await browser().keys('Escape');
  await table();
  await click('columns');
  await by('show-search').waitForDisplayed({ timeout: 15_000 });
  found.push(...await faults(browser()));
  assert.deepEqual(found, []);
});
