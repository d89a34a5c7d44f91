// The page of one run: what pointer and keys do to its charts and what the address keeps of it; tags, note and origin in the
// overview; the search of the configuration; the log. The run is the stand-in's, and has ended.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults } from '../lib/axe.mjs';
import { canvases, drawn } from '../lib/canvas.mjs';
import { hands } from '../lib/hands.mjs';
import { until } from '../lib/programs.mjs';
import { behave, queue, standIns } from '../lib/stand-in.mjs';
import { open, workspace } from '../lib/window.mjs';

let stands;
let space;
let window;
let run;
before(async () => {
  stands = await standIns();
  space = await workspace(stands.folder);
  await behave(space, 'step_ms=2&layers=4');
  await queue(space, 1, 300);
  window = await open(space.folder, { programs: stands.folder });
  run = await until('the run to have ended', async () => (await space.vitals('runs', '--where', 'state = finished'))[0], 120_000);
});
after(async () => {
  await window?.close();
  await space?.remove();
  await stands?.remove();
});

const { by, click, text, type, visit } = hands(() => window);
const param = (name) => window.browser.execute((name) => new URLSearchParams(location.hash.split('?')[1] ?? '').get(name), name);
const present = (id) => by(id).isExisting();
const isDrawn = () => until('the loss to be drawn', async () => (await canvases(window.browser, '[data-testid="chart-loss"]')).some(drawn));
const charts = async (more = '') => {
  await visit(`#/run/${run.id}?tab=curves${more}`, 'run-screen');
  await isDrawn();
};
const pointer = () => window.browser.action('pointer');
const plot = () => by('chart-loss-plot').getElement();

test('a drag upwards zooms y and a chart says so; a double click fits the data again', async () => {
  await charts();
  assert.equal(await present('chart-loss-y'), false);
  const at = await plot();
  await pointer().move({ origin: at, y: 20 }).down().move({ origin: at, y: 0 }).move({ origin: at, y: -20 }).up().perform();
  const zoomed = await until('a range of y in the address', () => param('y'));
  assert.match(zoomed, /^chart-loss:[\d.e-]+:[\d.e-]+$/);
  assert.equal(await param('from'), null, 'x stays as it was');
  await by('chart-loss-y').waitForDisplayed();
  assert.match(await by('chart-loss-y').getAttribute('aria-label'), /^y is zoomed to .+ – .+\./);
  // What the address says is what a reload shows.
  await window.browser.refresh();
  await by('chart-loss-y').waitForDisplayed({ timeout: 15_000 });
  await (await plot()).doubleClick();
  await until('y to fit its data', async () => (await param('y')) === null);
  await until('the sign to go', async () => !(await present('chart-loss-y')));
});

test('with Shift a drag zooms y whichever way it goes, and keys zoom the chart with the focus', async () => {
  await charts();
  const at = await plot();
  await window.browser.action('key').down('\uE008').perform(true);
  await pointer().move({ origin: at, x: -30, y: 12 }).down().move({ origin: at, x: 0, y: 0 }).move({ origin: at, x: 60, y: -12 }).up().perform(true);
  await window.browser.action('key').up('\uE008').perform();
  await until('a range of y in the address', () => param('y'));
  await window.browser.keys('0');
  await until('x and y to be fitted', async () => (await param('y')) === null);
  await window.browser.execute(() => document.querySelector('[data-testid="chart-loss-plot"]').focus());
  await window.browser.keys(['Shift', 'ArrowUp']);
  await until('y to be zoomed by key', () => param('y'));
  await click('chart-loss-y');
  await until('the button to fit y again', async () => (await param('y')) === null);
});

test('a click pins the crosshair, which says so and how to free it', async () => {
  await charts();
  const at = await plot();
  const last = await text('cross-step');
  await pointer().move({ origin: at, x: 40 }).perform(true);
  await until('the crosshair under the pointer', async () => (await text('cross-step')) !== last);
  assert.equal(await present('unpin'), false, 'the pointer alone pins nothing');
  await pointer().move({ origin: await by('inspector').getElement() }).perform(true);
  await until('the crosshair to go with the pointer', async () => (await text('cross-step')) === last);
  await pointer().move({ origin: at, x: 40 }).down().up().perform(true);
  await pointer().move({ origin: await by('inspector').getElement() }).perform(true);
  await by('unpin').waitForDisplayed();
  assert.match(await by('unpin').getAttribute('aria-label'), /pinned to step \d+.*Esc/);
  await until('the pin in the address', () => param('at'));
  await window.browser.keys('Escape');
  await until('the pin to be free', async () => !(await present('unpin')) && (await text('cross-step')) === last);
});

test('the loss band is an option, smoothing has a length, and Follow rests on a run that has ended', async () => {
  await charts();
  assert.equal(await by('band-toggle').getAttribute('aria-pressed'), 'false');
  await click('band-toggle');
  await until('the band in the address', async () => (await param('band')) === '1');
  assert.equal(await by('axis-follow').getAttribute('disabled') !== null, true);
  assert.equal(await by('axis-follow').getAttribute('aria-pressed'), 'false');
  await click('axis-smoothing');
  await by('smoothing-length').waitForDisplayed();
  await window.browser.execute(() => document.querySelector('[data-testid="smoothing-length"]').focus());
  const before = await text('smoothing-steps');
  await window.browser.keys(['ArrowRight', 'ArrowRight', 'ArrowRight']);
  const longer = await until('a longer average', async () => (Number(await text('smoothing-steps')) > Number(before) ? param('smooth') : null));
  assert.equal(String(longer), await text('smoothing-steps'));
});

test('tensors that are open under Gradients stay there', async () => {
  const rows = () => window.browser.execute(() => document.querySelectorAll('[data-testid^="layer-"]').length);
  const layers = (await space.vitals('run', 'show', run.id))[0].layers;
  await visit(`#/run/${run.id}?open=${layers.join(',')}&heat=grad_max&cell=absolute`, 'run-screen');
  await until('the rows of layers alone', async () => (await rows()) === layers.length);
});

test('tags and note are written in the overview, and can be had back', async () => {
  await visit(`#/run/${run.id}?tab=overview`, 'overview');
  const stored = async () => (await space.vitals('run', 'show', run.id))[0];
  await type('new-tag', 'paper figure-4');
  await click('add-tag');
  await by('tag-figure-4').waitForDisplayed();
  assert.deepEqual((await stored()).tags.sort(), ['figure-4', 'paper']);
  await click('untag-paper');
  await until('the tag to be gone', async () => !(await present('tag-paper')));
  // Two messages have an undo; the newest is the last.
  await window.browser.execute(() => [...document.querySelectorAll('[data-testid="toast-undo"]')].at(-1).click());
  await by('tag-paper').waitForDisplayed();
  await type('note', 'Loss band looks right.');
  await until('the note to be stored', async () => (await stored()).note === 'Loss band looks right.');
  await until('the window to say so', async () => (await text('note-state')) === 'Saved');
  await click('note-undo');
  await until('the note before', async () => (await stored()).note === '');
  // Written elsewhere, it comes in.
  await space.vitals('run', 'note', run.id, 'from the command line');
  await until('the note from elsewhere', async () => (await by('note').getValue()) === 'from the command line');
});

test('the overview says where the numbers come from, and what nobody wrote down', async () => {
  await visit(`#/run/${run.id}?tab=overview`, 'overview');
  const [shown] = await space.vitals('run', 'show', run.id);
  await until('the version', async () => (await text('origin-version')) === shown.origin.versions.vitals);
  assert.match(await text('origin-device'), /cpu/);
  assert.ok((await text('origin-folder')).includes(shown.folder));
  // The stand-in is no worker of a commit.
  assert.match(await text('origin-commit'), /Not recorded/);
  assert.match(await text('again-file'), /^format = 1/);
  assert.match(await text('again-command'), /^vitals sweep run .+\.toml$/);
});

test('the configuration has what acts in the run, the rest on request, and a search', async () => {
  await visit(`#/run/${run.id}?tab=config`, 'config');
  await by('parameter-optimizer').waitForDisplayed();
  await until('parameters of other methods to be hidden', async () => !(await present('parameter-prototypes')));
  await type('config-search', 'proto');
  await by('config-none').waitForDisplayed();
  assert.match(await text('config-hidden'), /\d+ more/);
  await click('config-all');
  await by('parameter-prototypes').waitForDisplayed();
  await type('config-search', 'beta');
  await until('the two that match', async () => (await window.browser.execute(() => document.querySelectorAll('[data-testid^="parameter-"]').length)) === 2);
});

test('the log has the states of the run between its lines, and says where the rest is', async () => {
  await visit(`#/run/${run.id}?tab=log`, 'log');
  await by('log-about').waitForDisplayed();
  assert.ok((await window.browser.execute(() => document.querySelectorAll('[data-testid="log-state"]').length)) >= 2);
  assert.match(await text('log-about'), /attempt-0001\/worker\.log/);
});

test('the strip of the whole run counts x as the charts do', async () => {
  await charts('&x=images');
  await until('the strip in images', async () => /images/.test((await param('x')) ?? ''));
  await isDrawn();
});

test('the new views have no serious fault of access', async () => {
  const found = [];
  for (const tab of ['overview', 'config', 'log', 'curves']) {
    await visit(`#/run/${run.id}?tab=${tab}&smooth=20`, 'run-screen');
    found.push(...(await faults(window.browser)).map((fault) => `${tab}: ${fault}`));
  }
  assert.deepEqual(found, []);
});
