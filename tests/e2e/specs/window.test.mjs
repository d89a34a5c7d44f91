// The window opens on an empty workspace, says who it is, goes through its screens without an error, shows a data set as
// training sees it, and loses no unsaved edit in a reload.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { open, workspace } from '../lib/window.mjs';

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

test('the window has its name and its size', async () => {
  assert.equal(await window.browser.getTitle(), 'Vitals');
  const { width, height } = await window.browser.execute(() => ({ width: innerWidth, height: innerHeight }));
  assert.deepEqual({ width, height }, { width: 1440, height: 900 });
});

test('the page may not fetch anything from outside', async () => {
  const outcome = await window.browser.executeAsync((done) => {
    fetch('https://example.org/').then(() => done('fetched'), (error) => done(`refused: ${error.name}`));
  });
  assert.match(outcome, /^refused/);
  const errors = await window.errors();
  assert.ok(errors.some((text) => text.startsWith('connect-src')), `the policy says so: ${errors}`);
});

test('the page may not write a file that nobody chose', async () => {
  const content = btoa('drawn');
  const elsewhere = join(space.folder, 'elsewhere.csv');
  await assert.rejects(rpc(window.browser, 'file_save', { path: elsewhere, content }), /nobody chose it/);
  await assert.rejects(rpc(window.browser, 'file_save', { path: join(space.folder, 'exports', '..', 'vitals.db'), content }), /nobody chose it/);
  await assert.rejects(readFile(elsewhere), /ENOENT/);
  const exported = join(space.folder, 'exports', 'drawn.csv');
  await rpc(window.browser, 'file_save', { path: exported, content });
  assert.equal(await readFile(exported, 'utf8'), 'drawn');
});

test('the page runs no text as a program, and goes nowhere else', async () => {
  const outcome = await window.browser.executeAsync((done) => {
    const tried = {};
    const attempt = (name, act) => { try { act(); tried[name] = 'done'; } catch (error) { tried[name] = error.name; } };
    attempt('eval', () => { (0, eval)('window.ran = "eval"'); });
    attempt('function', () => { new Function('window.ran = "function"')(); });
    const script = document.createElement('script');
    script.textContent = 'window.ran = "inline"';
    document.body.append(script);
    const holder = document.createElement('div');
    holder.innerHTML = '<img src="x-none" onerror="window.ran = \'handler\'">';
    document.body.append(holder);
    const frame = document.createElement('iframe');
    frame.src = 'https://example.org/';
    document.body.append(frame);
    tried.opened = String(window.open('https://example.org/'));
    location.href = 'https://example.org/';
    setTimeout(() => {
      [script, holder, frame].forEach((element) => element.remove());
      done({ ...tried, ran: String(window.ran), at: location.protocol });
    }, 1000);
  });
  assert.deepEqual(outcome, { eval: 'EvalError', function: 'EvalError', opened: 'null', ran: 'undefined', at: 'tauri:' });
});

test('the page reaches no command of the host but those that are declared', async () => {
  const commands = ['plugin:window|close', 'plugin:window|set_title', 'plugin:webview|create_webview_window', 'plugin:app|version',
    'plugin:path|resolve_directory', 'plugin:event|emit', 'plugin:menu|new', 'plugin:tray|new', 'plugin:fs|read_file', 'plugin:shell|open'];
  const answers = await window.browser.executeAsync((commands, done) => {
    const ask = (command) => window.__TAURI_INTERNALS__.invoke(command, {}).then(() => 'obeyed', (error) => String(error));
    Promise.all(commands.map(ask)).then(done);
  }, commands);
  answers.forEach((answer, n) => assert.match(answer, /not allowed|not found/, commands[n]));
});

test('texts of others are shown as texts', async () => {
  const told = '<img src=x-none onerror="window.ran=1"><script>window.ran=1</script>';
  const file = join(space.folder, `${told.replaceAll('/', '')}.csv`);
  await writeFile(file, `step,loss,${told.replaceAll('"', '').replaceAll(',', '')}\n0,1,2\n1,0.5,3\n`);
  await space.vitals('import', 'csv', file);
  const [run] = await space.vitals('runs');
  await space.vitals('run', 'note', run.id, told);
  await space.vitals('run', 'tag', run.id, told.slice(0, 34));
  const tabs = ['overview', 'curves', 'series', 'log', 'config', 'events'].map((tab) => `#/run/${run.id}?tab=${tab}`);
  for (const address of ['#/live', '#/runs', '#/compare', '#/map', '#/alarms', ...tabs]) {
    await window.browser.execute((hash) => { location.hash = hash; }, address);
    await until(`${address} to be shown`, () => window.browser.execute(() => document.querySelector('#app').textContent.length > 100));
    const found = await window.browser.execute(() => [document.querySelectorAll('img[src="x-none"], #app script').length, String(window.ran)]);
    assert.deepEqual(found, [0, 'undefined'], address);
  }
  await space.vitals('run', 'remove', run.id);
  await until('the run to be gone', async () => (await space.vitals('runs')).length === 0);
});

test('every screen opens on an empty workspace without an error', async () => {
  const before = (await window.errors()).length;
  for (const screen of ['sweeps', 'live', 'runs', 'compare', 'map', 'datasets', 'alarms', 'settings']) {
    await window.browser.$(`[data-testid="nav-${screen}"]`).click();
    await window.browser.$(`[data-testid="${screen}-screen"]`).waitForDisplayed({ timeout: 15_000 });
  }
  assert.deepEqual((await window.errors()).slice(before), []);
});

const by = (id) => window.browser.$(`[data-testid="${id}"]`);

/** Of every image on the page: its address, shortened, and whether it has pixels. */
function pictures() {
  return window.browser.execute(() => [...document.querySelectorAll('[data-testid="samples"] figure')]
    .map((figure) => [...figure.querySelectorAll('img')].map((image) => ({ source: `${image.src.length} ${image.src.slice(-80)}`, drawn: image.naturalWidth > 0 }))));
}

test('a data set shows its images beside both views, which change with the epoch', async () => {
  await by('nav-datasets').click();
  const all = async () => {
    const found = await pictures();
    return found.length === 12 && found.every((three) => three.length === 3 && three.every((one) => one.drawn)) ? found : null;
  };
  const first = await until('twelve images with two views each', all, 60_000);
  for (const [image, one, two] of first) assert.equal(new Set([image.source, one.source, two.source]).size, 3, 'the image and its views differ');
  assert.match(await by('fact-images').getText(), /60,000/);
  assert.match(await by('fact-fingerprint').getProperty('textContent'), /^[0-9a-f]{16,}$/);
  await by('next-epoch').click();
  const second = await until('other views', async () => {
    const found = await all();
    return found !== null && found[0][1].source !== first[0][1].source ? found : null;
  });
  assert.deepEqual(second.map(([image]) => image.source), first.map(([image]) => image.source), 'the images are the same');
  await by('next-page').click();
  await until('the first images of the set', async () => (await by('sample-page').getText()).startsWith('1–12 '));
});

test('unsaved edits of a sweep survive a reload of the window', async () => {
  await by('nav-sweeps').click();
  await by('empty-new-sweep').click();
  await by('new-sweep-name').setValue('Kept edits');
  await by('new-sweep-create').click();
  await by('sweep-name').waitForDisplayed({ timeout: 15_000 });
  await by('sweep-name').setValue('Not saved yet');
  await window.browser.keys('Enter');
  await by('unsaved').waitForDisplayed({ timeout: 15_000 });
  await window.browser.refresh();
  await by('unsaved').waitForDisplayed({ timeout: 15_000 });
  await until('the edited name', async () => (await by('sweep-name').getValue()) === 'Not saved yet');
  await by('save-sweep').click();
  await by('unsaved').waitForExist({ timeout: 15_000, reverse: true });
  await window.browser.refresh();
  await until('the saved name', async () => (await by('sweep-name').getValue()) === 'Not saved yet');
  assert.equal(await by('unsaved').isExisting(), false);
});
