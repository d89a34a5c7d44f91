// The stability map in the real window: every cell says its n and its spread, the facet is the trick until another one is chosen, a cell
// leads to its runs and to their twins, the scatter has a mark for every run that keys reach. The runs are the stand-in's, whose loss
// follows from the step alone: seeds differ in nothing, and so few steps have no score.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { faults } from '../lib/axe.mjs';
import { canvases, drawn } from '../lib/canvas.mjs';
import { hands } from '../lib/hands.mjs';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { swept } from '../lib/swept.mjs';

const [STEPS, RATES, SEEDS] = [[40, 60], [1e-3, 2e-3], [0, 1]];
const CELLS = STEPS.length * RATES.length * 2;

const { window, browser, vitals } = swept({
  name: 'Grid', seeds: SEEDS, axes: { base_learning_rate: RATES, max_steps: STEPS, frozen_patch_projection: [false, true] }, minimised: 'loss', runs: CELLS * SEEDS.length,
});

const { by, choose, click, text, visit } = hands(window);
const present = (id) => by(id).isExisting();
const param = (name) => browser().execute((name) => new URLSearchParams(location.hash.split('?')[1] ?? '').get(name), name);
/** What every cell says, with its n; and the titles of the panels. */
const cells = () => browser().execute(() => [...document.querySelectorAll('[data-testid="map-cell"]')].map((cell) => ({ n: cell.dataset.n, said: cell.querySelector('.sr-only').textContent })));
const panels = () => browser().execute(() => [...document.querySelectorAll('[data-testid="map-panel"] h3')].map((title) => title.textContent.trim()));

test('every cell has n and spread, over the values that the sweep varied', async () => {
  await visit('#/map', 'map-panel');
  await until('all cells', async () => (await cells()).length === CELLS);
  for (const { n, said } of await cells()) {
    assert.equal(n, String(SEEDS.length));
    assert.match(said, /^Maximum steps \d+, Base learning rate \de−3: 2 runs, Loss [\d.]+ ± [\d.e−]+, mean of 2 runs, 0 spikes, 0 dips$/);
  }
  assert.deepEqual(await panels(), ['learned patch', 'frozen patch']);
  // What the sweep is after is what the map shows.
  assert.equal(await by('map-metric').getAttribute('data-value'), 'loss.last');
});

test('so short runs tell of no boundary, and a sentence says so wherever the rate is an axis', async () => {
  await visit('#/map', 'map-panel');
  await by('boundary-none').waitForDisplayed({ timeout: 15_000 });
  assert.match(await text('boundary-none'), /No boundary: the boundary needs 6 runs that tell whether training was stable; 0 here\./);
  const told = await rpc(browser(), 'boundaries', { where: '', across: 'max_steps' });
  assert.deepEqual([told.score, told.next, told.groups.length], [0.75, [], 2]);
  for (const { stable, unstable, untold, line } of told.groups) assert.deepEqual([stable, unstable, untold, line], [0, 0, (CELLS * SEEDS.length) / 2, []]);
  await visit('#/map?x=max_steps&y=frozen_patch_projection', 'map-panel');
  await until('no boundary without the rate', async () => !(await by('boundary-none').isExisting()));
});

test('another axis leaves another facet, and all of it stands in the address', async () => {
  await visit('#/map', 'map-panel');
  await choose('map-y', 'frozen_patch_projection');
  await until('the axis in the address', async () => (await param('y')) === 'frozen_patch_projection');
  await until('the facet that is left', async () => (await by('map-facet').getAttribute('data-value')) === 'max_steps');
  assert.deepEqual(await panels(), STEPS.map((steps) => `Maximum steps ${steps}`));
  await browser().refresh();
  await by('map-panel').waitForDisplayed({ timeout: 15_000 });
  assert.deepEqual(await panels(), STEPS.map((steps) => `Maximum steps ${steps}`));
});

test('colours without a value say so', async () => {
  await visit('#/map?show=lead', 'map-panel');
  await until('that no spike has a lead', async () => (await cells()).every(({ n, said }) => n === '0' && said.includes('no spike with a lead')));
  await visit('#/map?show=spikes', 'map-panel');
  await until('the rate of spikes', async () => (await cells()).every(({ said }) => said.includes('Spikes per 1,000 steps 0.00 ± 0.00, mean of 2 runs')));
});

test('a cell leads to its runs and to their twins', async () => {
  await visit('#/map', 'map-panel');
  await until('all cells', async () => (await cells()).length === CELLS);
  await click('map-cell');
  await by('cell-runs').waitForDisplayed({ timeout: 15_000 });
  assert.equal(await text('cell-facet'), 'learned patch');
  assert.match(await text('cell-means'), /mean of 2 runs/);
  await until('the cell in the address', async () => (await param('cell')) !== null);
  await browser().keys('Escape');
  await until('the runs to be gone', async () => !(await by('cell-runs').isExisting()));
  await click('map-cell');
  await click('cell-twin');
  await by('compare-screen').waitForDisplayed({ timeout: 15_000 });
  const ids = (await param('runs')).split(',');
  const shown = await Promise.all(ids.map(async (id) => (await vitals('run', 'show', id))[0]));
  assert.deepEqual(shown.map((run) => run.parameters.frozen_patch_projection), [false, true]);
  assert.equal(shown[0].seed, shown[1].seed);
});

test('the scatter has every run, by pointer and by keys', async () => {
  await visit('#/map', 'map-panel');
  await browser().execute(() => document.activeElement?.blur());
  await browser().keys('v');
  await by('map-scatter-plot').waitForDisplayed({ timeout: 15_000 });
  await until('the face in the address', async () => (await param('face')) === 'scatter');
  await until('the marks to be drawn', async () => (await canvases(browser(), '[data-testid="map-scatter"]')).some(drawn));
  await browser().execute(() => document.querySelector('[data-testid="map-scatter-plot"]').focus());
  await browser().keys('ArrowRight');
  await until('a run to be named', async () => /seed \d · Loss [\d.]+ · no score/.test(await text('map-scatter-told')));
  await browser().keys(' ');
  await by('cell-runs').waitForDisplayed({ timeout: 15_000 });
  const run = await until('the run in the address', () => param('run'));
  await browser().keys('Enter');
  await by('run-screen').waitForDisplayed({ timeout: 15_000 });
  assert.ok((await browser().execute(() => location.hash)).includes(run));
  await visit('#/map?face=scatter', 'map-scatter');
  await click('map-scatter-table');
  const rows = await until('the table', () => browser().execute(() => document.querySelectorAll('[data-testid="map-scatter"] tbody tr').length));
  assert.equal(rows, CELLS * SEEDS.length);
});

/** Writes what the open form offers as SVG; what is in the file. */
async function written(ends) {
  await browser().execute(() => document.querySelector('form [data-value="svg"]').click());
  const path = await until(`a path that ends in ${ends}`, async () => {
    const shown = await by('export-path').getValue();
    return shown.endsWith(ends) ? shown : null;
  });
  await click('export-write');
  const file = await until(`${path} to be there`, () => readFile(path, 'utf8').catch(() => null));
  await until('the form to be gone', async () => !(await present('export-write')));
  return file;
}

test('E puts the face that is shown on a page, and the cells are a table', async () => {
  await visit('#/map', 'map-panel');
  await until('all cells', async () => (await cells()).length === CELLS);
  await browser().execute(() => document.activeElement?.blur());
  await browser().keys('e');
  const map = await written('-map.svg');
  for (const word of [/learned patch/, /frozen patch/, new RegExp(`n = ${CELLS * SEEDS.length} runs, of which 0 failed`), /In a cell: mean ±/, /Base learning rate/]) assert.match(map, word);
  assert.equal([...map.matchAll(/±[^<]* n 2\s*</g)].length, CELLS);
  await visit('#/map?face=scatter', 'map-scatter');
  await by('map-scatter-plot').waitForDisplayed({ timeout: 15_000 });
  await click('map-scatter-export');
  assert.match(await written('-map-scatter.svg'), new RegExp(`no score: ${CELLS * SEEDS.length}`));
  const { text: csv } = await rpc(browser(), 'map_text', { of: { where: '', leads: false }, format: 'csv' });
  assert.equal(csv.trim().split('\n').length, 1 + CELLS);
});

test('no run and a broken condition are said', async () => {
  await visit('#/map?where=seed+%3D+99', 'map-empty');
  await visit('#/map?where=seed+%3D', 'map-error');
});

test('no fault of access, light or dark', async () => {
  const settings = await rpc(browser(), 'settings');
  const found = [];
  for (const theme of ['light', 'dark']) {
    await rpc(browser(), 'settings_set', { ...settings, theme });
    await browser().refresh();
    await visit('#/map', 'map-panel');
    await click('map-cell');
    await by('cell-runs').waitForDisplayed({ timeout: 15_000 });
    found.push(...(await faults(browser())).map((fault) => `${theme}: ${fault}`));
    await visit('#/map?face=scatter', 'map-scatter');
    found.push(...(await faults(browser())).map((fault) => `${theme}, scatter: ${fault}`));
  }
  await rpc(browser(), 'settings_set', settings);
  assert.deepEqual(found, []);
  assert.deepEqual(await window().errors(), []);
});
