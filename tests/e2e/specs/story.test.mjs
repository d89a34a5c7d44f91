// The main job, as a person does it: a sweep built by clicking and typing, queued, watched live, the window killed and
// opened again, two runs compared. Real images, real training, the real window.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { faults } from '../lib/axe.mjs';
import { canvases, drawn } from '../lib/canvas.mjs';
import { hands } from '../lib/hands.mjs';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { open, workspace } from '../lib/window.mjs';

/** Training on a busy machine; reached only when something hangs. */
const LONG_MS = 240_000;

let space;
let window;
before(async () => {
  space = await workspace();
  window = await open(space.folder);
});
after(async () => {
  await window?.close();
  await space?.remove();
});

const { by, choose, click, type, text, go, visit } = hands(() => window);

const number = async (id) => Number((await text(id)).replace(/[^0-9].*$/, ''));

/** A parameter of the base recipe, found by typing in the list of all. */
async function override(parameter, value) {
  await click('add-override');
  await click(`override-option-${parameter}`);
  await type(`override-input-${parameter}`, value);
  await window.browser.keys('Enter');
}

async function assertDrawn(id) {
  const all = await until(`the canvas of ${id} to be drawn`, async () => {
    const found = await canvases(window.browser, `[data-testid="${id}"]`);
    return found.some(drawn) ? found : null;
  });
  assert.ok(all.some(drawn), JSON.stringify(all));
}

/** The run that is watched, from the window's address. */
let watched;

test('a sweep of two learning rates, frozen and learned, is built by hand and predicts 4 runs', async () => {
  await go('sweeps');
  await click('empty-new-sweep');
  await type('new-sweep-name', 'Two rates');
  await choose('new-sweep-preset', 'mocov3_vit_micro');
  await click('new-sweep-create');
  await by('add-axis').waitForDisplayed({ timeout: 15_000 });
  await by('axis-frozen_patch_projection').waitForDisplayed({ timeout: 15_000 });
  await click('add-axis');
  await click('axis-option-base_learning_rate');
  await type('axis-input-base_learning_rate', '1e-3');
  await window.browser.keys('Enter');
  for (const [parameter, value] of [['max_steps', '250'], ['batch_size', '64'], ['knn_every', '10'], ['checkpoint_every', '25']]) {
    await override(parameter, value);
  }
  await until('4 runs to be predicted', async () => (await number('runs-count')) === 4);
  assert.equal((await window.browser.$$('[data-testid="finding-error"]')).length, 0);
});

test('a mistake is shown while typing and goes when it is mended', async () => {
  await override('patch_size', '7');
  await until('the mistake to be shown', async () => (await window.browser.$$('[data-testid="finding-error"]')).length > 0);
  await type('override-input-patch_size', '8');
  await window.browser.keys('Enter');
  await until('the mistake to be gone', async () => (await window.browser.$$('[data-testid="finding-error"]')).length === 0);
});

test('one click and a confirmation queue the four runs', async () => {
  await click('queue-runs');
  await click('queue-confirm');
  await by('queued-notice').waitForDisplayed({ timeout: 60_000 });
  const runs = await space.vitals('runs');
  assert.equal(runs.length, 4);
});

test('a run opens while it trains, and points arrive in its curves', async () => {
  await go('live');
  const row = window.browser.$('[data-testid="run-row"][data-state="running"]');
  await row.waitForDisplayed({ timeout: LONG_MS });
  watched = await row.getAttribute('data-run');
  await row.$('[data-testid="open-run"]').click();
  await by('run-screen').waitForDisplayed({ timeout: 15_000 });
  await assertDrawn('chart-loss');
  await assertDrawn('chart-heat');
  await assertDrawn('chart-layers');
  const extremes = async () => Number(await by('drawn-extremes').getAttribute('data-drawn'));
  const before = await extremes();
  await until('more points in the curves', async () => (await extremes()) > before, LONG_MS);
});

test('a killed window stops nothing; opened again it shows the same run live', async () => {
  const [at] = await space.vitals('run', 'show', watched);
  assert.equal(at.state, 'running', 'the run is alive when the window dies');
  const address = await window.browser.execute(() => location.hash);
  await window.kill();
  const [later] = await until('training to go on without a window', async () => {
    const shown = await space.vitals('run', 'show', watched);
    return shown[0].progress.step > at.progress.step ? shown : null;
  }, LONG_MS);
  assert.equal(later.attempt, 1);
  window = await open(space.folder);
  await window.browser.execute((hash) => { location.hash = hash; }, address);
  await by('run-screen').waitForDisplayed({ timeout: 15_000 });
  await assertDrawn('chart-loss');
  await until('the run to end', async () => {
    const [run] = await space.vitals('run', 'show', watched);
    return run.state === 'finished' ? true : null;
  }, LONG_MS);
  const [series] = await space.vitals('series', watched, 'loss');
  assert.deepEqual(series.steps, Array.from({ length: 250 }, (_, step) => step), 'no step is missing and none is double');
});

test('two runs are compared and differ in exactly what the sweep varied', async () => {
  const runs = await until('two pairs to have ended', async () => {
    const ended = await space.vitals('runs', '--where', 'state = finished');
    return ended.length >= 2 ? ended : null;
  }, LONG_MS);
  const frozen = (run) => run.parameters.frozen_patch_projection;
  const first = runs[0];
  const second = runs.find((run) => frozen(run) !== frozen(first) && run.parameters.base_learning_rate === first.parameters.base_learning_rate) ?? runs[1];
  await go('runs');
  for (const run of [first, second]) {
    const box = window.browser.$(`[data-testid="run-row-${run.id}"] input[type="checkbox"]`);
    await box.waitForExist({ timeout: 15_000 });
    await box.click();
  }
  await click('compare-runs');
  await by('compare-screen').waitForDisplayed({ timeout: 15_000 });
  const expected = Object.keys(first.parameters)
    .filter((name) => JSON.stringify(first.parameters[name]) !== JSON.stringify(second.parameters[name])).sort();
  assert.ok(expected.length > 0);
  const shown = await until('the differing parameters', async () => {
    const names = await window.browser.execute(() => [...document.querySelectorAll('[data-testid^="differs-"]')]
      .map((element) => element.getAttribute('data-testid').slice('differs-'.length)).sort());
    return names.length > 0 ? names : null;
  });
  assert.deepEqual(shown, expected);
  await until('the charts of both runs', async () => {
    const all = await canvases(window.browser, '[data-testid="compare-screen"]');
    return all.filter(drawn).length >= 2;
  });
});

test('the charts of a run zoom, go back, and count x as epochs, images and time', async () => {
  await visit(`#/run/${watched}`, 'run-screen');
  await assertDrawn('chart-loss');
  const shown = () => window.browser.execute(() => new URLSearchParams(location.hash.split('?')[1] ?? '').get('from'));
  const plot = await by('chart-loss-plot');
  const drag = () => window.browser.action('pointer').move({ origin: plot, x: -80 }).down().move({ origin: plot, x: 0 }).move({ origin: plot, x: 80 }).up().perform();
  await drag();
  const first = await until('a narrower window', shown);
  await drag();
  await until('a narrower one still', async () => Number(await shown()) > Number(first) || null);
  await click('axis-back');
  await until('the window before', async () => (await shown()) === first || null);
  await click('axis-back');
  await until('the whole run again', async () => (await shown()) === null || null);
  for (const kind of ['epoch', 'images', 'elapsed', 'step']) {
    await choose('axis-x', kind);
    await until(`all values on x as ${kind}`, async () => {
      await assertDrawn('chart-loss');
      return (await by('chart-loss-badge').getAttribute('data-values')) === '250' || null;
    });
  }
});

test('what is shown is written as values, and as a figure in every format', async () => {
  await visit(`#/run/${watched}`, 'run-screen');
  await assertDrawn('chart-loss');
  const heads = { csv: /^[a-z]/, svg: /^<svg/, png: /^\x89PNG/, pdf: /^%PDF-/, tex: /^%[^]*\\begin\{tikzpicture\}/ };
  const wanted = [...Object.keys(heads).map((format) => ['export', format, 'shown']), ['chart-loss-export', 'svg', 'loss'], ['chart-loss-export', 'csv', 'loss']];
  for (const [button, format, part] of wanted) {
    const head = heads[format];
    await click(button);
    await window.browser.execute((format) => document.querySelector(`form [data-value="${format}"]`).click(), format);
    const path = await until('the path of the file', async () => {
      const shown = await by('export-path').getValue();
      return shown.endsWith(`-${part}.${format}`) ? shown : null;
    });
    await click('export-write');
    const file = await until(`the ${format} to be there`, () => readFile(path, 'latin1').catch(() => null));
    assert.match(file, head);
    await until('the form to be gone', () => window.browser.execute(() => document.querySelector('[data-testid="export-write"]') === null));
  }
});

test('no screen and no view of a run has a serious fault of access, light or dark', async () => {
  const settings = await rpc(window.browser, 'settings');
  const runs = await space.vitals('runs', '--where', 'state = finished');
  const addresses = [
    ...['sweeps', 'live', 'runs', 'settings'].map((screen) => [`#/${screen}`, `${screen}-screen`]),
    [`#/compare?runs=${runs[0].id},${runs[1].id}`, 'compare-screen'],
    ...['curves', 'gradients', 'optimizer', 'overview', 'config', 'log', 'checkpoints', 'system', 'series'].map((tab) => [`#/run/${watched}?tab=${tab}`, 'run-screen']),
  ];
  const found = [];
  for (const theme of ['light', 'dark']) {
    await rpc(window.browser, 'settings_set', { ...settings, theme });
    await window.browser.refresh();
    for (const [address, ready] of addresses) {
      await visit(address, ready);
      found.push(...(await faults(window.browser)).map((fault) => `${theme} ${address}: ${fault}`));
    }
  }
  await rpc(window.browser, 'settings_set', settings);
  assert.deepEqual(found, []);
});
