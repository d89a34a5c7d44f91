// The live screen with many runs: names that tell them apart, several waiting runs handled at once, questions that name their run
// and keep off its row, ends in words, and explanations and lists that the window draws itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faults } from '../lib/axe.mjs';
import { hands } from '../lib/hands.mjs';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { behave, standIns } from '../lib/stand-in.mjs';
import { open, workspace } from '../lib/window.mjs';

let stands;
let space;
let window;
before(async () => {
  stands = await standIns();
  space = await workspace(stands.folder);
  window = await open(space.folder, { programs: stands.folder });
  // No desktop hears of alarms here; the message that says so would lie over lists.
  await rpc(window.browser, 'settings_set', { ...(await rpc(window.browser, 'settings')), notifications: false });
});
after(async () => {
  await window?.close();
  await space?.remove();
  await stands?.remove();
});

const { by, click, go, press, row, type, visit } = hands(() => window);
const browser = () => window.browser;
const waiting = () => browser().execute(() => [...document.querySelectorAll('[data-testid="queued-row"]')].map((one) => one.dataset.run));
const queued = (id) => browser().$(`[data-testid="queued-row"][data-run="${id}"]`);
const box = (element) => browser().execute((node) => {
  const { left, top, right, bottom } = node.getBoundingClientRect();
  return { left, top, right, bottom };
}, element);
const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;

/** A sweep whose names differ in the middle only, and are too long for their column. */
async function sweep() {
  const file = join(space.folder, 'live.toml');
  await writeFile(file, `format = 1
name = "Names"
seeds = 2

[recipe]
preset = "mocov3_vit_micro"
dataset = "stand-in"
batch_size = 16
max_steps = 100000
checkpoint_every = 0

[[axis]]
parameter = "base_learning_rate"
values = [1e-3, 2e-3]

[[axis]]
parameter = "optimizer"
values = ["adamw"]

[[axis]]
parameter = "position_embedding"
values = ["sincos"]

[[axis]]
parameter = "frozen_patch_projection"
values = [true, false]
`);
  await space.vitals('sweep', 'run', file);
}

test('names in narrow rows show what tells the runs apart, and whole names are explained', async () => {
  await behave(space, 'step_ms=50');
  await sweep();
  await go('live');
  await until('two runs to run and six to wait', async () => {
    const rows = await browser().$$('[data-testid="run-row"][data-state="running"]').length;
    return rows === 2 && (await waiting()).length === 6;
  }, 60_000);
  for (const width of [1440, 1100]) {
    await browser().setWindowSize(width, width === 1440 ? 900 : 720);
    const names = await browser().execute(() => [...document.querySelectorAll('[data-testid="run-row"], [data-testid="queued-row"]')].map((one) => {
      const link = one.querySelector('[data-testid="open-run"]');
      // A word is readable where it is not cut.
      return { tip: link.dataset.tip, text: link.textContent, read: [...link.querySelectorAll('.el')].filter((part) => part.scrollWidth <= part.clientWidth + 1).map((part) => part.textContent).join('') };
    }));
    assert.ok(names.every(({ tip, text }) => tip === text && text.includes('adamw')), JSON.stringify(names));
    assert.equal(new Set(names.map(({ read }) => read)).size, 8, `${width} px: ${JSON.stringify(names)}`);
  }
  await browser().setWindowSize(1440, 900);
});

test('several waiting runs are chosen by Shift and Ctrl, given a priority, and cancelled after one question', async () => {
  const [first, second, third, , fifth] = await waiting();
  const choose = async (id, key) => {
    const pointer = browser().action('pointer');
    const keys = browser().action('key');
    if (key !== undefined) await keys.down(key).perform(true);
    await pointer.move({ origin: await queued(id).$('[data-testid="queue-position"]') }).down().up().perform();
    if (key !== undefined) await browser().releaseActions();
  };
  await choose(first);
  await choose(third, '\uE008');
  await choose(fifth, '\uE009');
  await until('four to be chosen', async () => /^4 /.test(await by('queue-chosen').getText()));
  await choose(second, '\uE009');
  await until('three to be chosen', async () => /^3 /.test(await by('queue-chosen').getText()));
  await press(by('queue-head').$('[data-testid="priority"]'));
  await type('priority-input', '5');
  await click('priority-save');
  await until('the three to come first', async () => {
    const all = await rpc(browser(), 'queue');
    return all.filter((run) => run.priority === 5).map((run) => run.id).sort().join() === [first, third, fifth].sort().join();
  });
  await click('queue-leave');
  await until('the question to count them', async () => /3 runs/.test(await by('queue-leave-ask').getText()));
  await click('queue-leave-confirm');
  await until('three to be left', async () => (await waiting()).length === 3);
  await click('toast-undo');
  await until('six to wait again', async () => (await waiting()).length === 6);
});

test('the keyboard chooses, too: Space, Shift with arrows, all of the sweep, Esc', async () => {
  const focus = async (id) => browser().execute((node) => node.focus(), await queued(id).$('[data-testid="open-run"]'));
  const chosen = async (n) => until(`${n} to be chosen`, async () => (n === 0 ? !(await by('queue-chosen').isExisting()) : new RegExp(`^${n} `).test(await by('queue-chosen').getText())));
  await focus((await waiting())[0]);
  await browser().keys(' ');
  await chosen(1);
  await browser().keys(['Shift', 'ArrowDown']);
  await chosen(2);
  await click('queue-choose-sweep');
  await chosen(6);
  await focus((await waiting())[0]);
  await browser().keys('Escape');
  await chosen(0);
});

test('a question names its run, stays off its row, and goes with it when the queue moves', async () => {
  const [, id] = await waiting();
  await queued(id).moveTo();
  await press(queued(id).$('[data-testid="run-stop"]'));
  const label = await queued(id).$('[data-testid="open-run"]').getAttribute('data-tip');
  assert.match(await by('run-stop-ask').getText(), new RegExp(label.replaceAll('.', '\\.')));
  const off = async () => apart(await box(await by('run-stop-ask')), await box(await queued(id)));
  assert.ok(await off(), 'the question lies on its row');
  const before = await box(await queued(id));
  await rpc(browser(), 'queue_move', { id, position: 4 });
  await until('the row to have moved', async () => (await box(await queued(id))).top > before.top + 30);
  await until('the question to have followed', async () => {
    const [ask, at] = [await box(await by('run-stop-ask')), await box(await queued(id))];
    return apart(ask, at) && Math.min(Math.abs(ask.top - at.bottom), Math.abs(at.top - ask.bottom)) < 20;
  });
  await browser().keys('Escape');
});

test('buttons of waiting rows are quiet until the row is pointed at or has the focus', async () => {
  const [id, other] = await waiting();
  const seen = async (run) => browser().execute((node) => getComputedStyle(node).opacity, await queued(run).$('.buttons'));
  await queued(id).moveTo();
  await until('the buttons to be shown', async () => (await seen(id)) === '1');
  assert.equal(await seen(other), '0');
});

test('how runs ended is said in words: paused by you with its checkpoint, killed with its signal', async () => {
  const [one, two] = await browser().execute(() => [...document.querySelectorAll('[data-testid="run-row"][data-state="running"]')].map((node) => node.dataset.run));
  await press((await row(one)).$('[data-testid="run-pause"]'));
  const says = (id, words) => until(`${id} to say ${words}`, async () => words.test(await (await row(id)).$('[data-testid="evidence"]').getAttribute('data-tip') ?? ''), 60_000);
  await says(one, /^paused by you, checkpoint at step \d+$/);
  const detail = await rpc(browser(), 'run', { id: two });
  const guard = JSON.parse(await (await import('node:fs/promises')).readFile(join(detail.folder, 'attempt-0001/guard.json'), 'utf8'));
  process.kill(guard.worker.pid, 'SIGKILL');
  await says(two, /^killed \(signal 9\)/);
  // Ended rows say which sweep they are of, below heads of their own.
  assert.equal(await (await row(two)).$('[data-testid="sweep-of"]').getProperty('textContent'), 'Names');
});

test('no message lies on a control of the live screen', async () => {
  await browser().execute(() => document.activeElement?.blur());
  await click('queue-pause');
  await by('toast-ok').waitForDisplayed({ timeout: 15_000 });
  const toast = await box(await by('toast-ok'));
  const controls = await browser().execute(() => [...document.querySelectorAll('main button, main a.btn, header button')].filter((node) => node.checkVisibility({ opacityProperty: true })).map((node) => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    return { name: node.textContent.trim() || node.getAttribute('aria-label'), left, top, right, bottom };
  }));
  assert.deepEqual(controls.filter((one) => !apart(one, toast)).map(({ name }) => name), []);
  await browser().keys('Escape');
  await by('toast-ok').waitForExist({ timeout: 15_000, reverse: true });
  await click('queue-pause');
});

test('what is pointed at is explained by the window, beside it and only while it is there', async () => {
  await go('live');
  await by('queue-pause').moveTo();
  await by('nav-alarms').moveTo();
  await by('tip').waitForDisplayed({ timeout: 15_000 });
  assert.match(await by('tip').getText(), /^Alarms \(A\)/);
  assert.ok(apart(await box(await by('tip')), await box(await by('nav-alarms'))));
  await browser().execute(() => { location.hash = '#/runs'; });
  await by('tip').waitForExist({ timeout: 15_000, reverse: true });
  const natives = await browser().execute(() => document.querySelectorAll('[title], select').length);
  assert.equal(natives, 0);
});

test('a list opens, is chosen from by pointer and by letters, and no key of the screen acts meanwhile', async () => {
  await go('settings');
  await click('theme-select');
  await press(browser().$('[role="option"][data-choice="light"]'));
  await until('the light theme', () => browser().execute(() => document.documentElement.dataset.theme === 'light'));
  await browser().execute(() => document.querySelector('[data-testid="theme-select"]').focus());
  await browser().keys('d');
  await until('the dark theme', () => browser().execute(() => document.documentElement.dataset.theme === 'dark'));
  assert.match(await browser().execute(() => location.hash), /settings/);
  assert.equal(await by('theme-select').getAttribute('aria-label'), 'Theme: Dark');
});

test('a data set that is refused is told so at its field', async () => {
  await visit('#/datasets', 'datasets-screen');
  await click('add-dataset');
  await click('dataset-add');
  await until('the missing name to be told', async () => /name/i.test(await by('dataset-name-wrong').getText()));
  await type('dataset-name', 'gone');
  await type('dataset-path', '/nowhere/at/all');
  await click('dataset-add');
  await until('the path to be refused', async () => /\/nowhere\/at\/all/.test(await by('dataset-path-wrong').getText()));
  assert.equal(await by('toast-error').isExisting(), false);
  await browser().keys('Escape');
});

test('a rule keeps an event from being an alarm, and its removal brings it back', async () => {
  const count = async () => (await rpc(browser(), 'alarms', { limit: 1 })).total;
  // The stand-in records values that are not finite.
  const before = await until('an alarm', async () => (await count()) || null, 60_000);
  await go('settings');
  await click('listed-nonfinite');
  await click('save-alarm-rules-form');
  await until('none of that kind to count', async () => (await count()) < before);
  await click('listed-nonfinite');
  await click('save-alarm-rules-form');
  await until('it to count again', async () => (await count()) >= before);
});

test('enlarged to 150 and 200 %, charts have the pixels that they are shown with, and nothing lies on its neighbour', async () => {
  const settings = await rpc(browser(), 'settings');
  const [run] = await space.vitals('runs', '--where', 'step > 10');
  for (const zoom_percent of [150, 200]) {
    await rpc(browser(), 'settings_set', { ...settings, zoom_percent });
    await browser().refresh();
    await visit(`#/run/${run.id}?tab=gradients`, 'run-screen');
    const found = await until(`the charts to be drawn sharp at ${zoom_percent} %`, () => browser().execute((zoom) => {
      const canvas = document.querySelector('main figure canvas');
      // The page is drawn once before the zoom of the settings has come.
      if (canvas === null || canvas.width < 2 || Math.abs(innerWidth * zoom - 1440) > 2) return null;
      const sharp = Math.abs(canvas.width - canvas.clientWidth * devicePixelRatio * zoom) <= 2;
      if (!sharp) return null;
      const boxes = [...document.querySelectorAll('[role="tab"], [data-testid^="axis-"], [data-testid="export"]')].filter((node) => node.checkVisibility()).map((node) => ({ name: node.dataset.testid, box: node.getBoundingClientRect(), list: node.closest('[role="tablist"]')?.getBoundingClientRect() }));
      // Tabs beyond the end of their list are scrolled to.
      const shown = boxes.filter(({ box: { right }, list }) => list === undefined || right <= list.right + 1);
      const on = shown.flatMap((a, i) => shown.slice(i + 1).filter((b) => a.box.left < b.box.right - 1 && b.box.left < a.box.right - 1 && a.box.top < b.box.bottom - 1 && b.box.top < a.box.bottom - 1).map((b) => `${a.name} ${b.name}`));
      return { on };
    }, zoom_percent / 100));
    assert.deepEqual(found.on, [], `${zoom_percent} %`);
  }
  await rpc(browser(), 'settings_set', settings);
  await browser().refresh();
});

test('the search box says whole words at both sizes and in both languages', async () => {
  const settings = await rpc(browser(), 'settings');
  for (const language of ['en', 'ko']) {
    await rpc(browser(), 'settings_set', { ...settings, language });
    await browser().refresh();
    for (const [width, height] of [[1440, 900], [1100, 720]]) {
      await browser().setWindowSize(width, height);
      await by('open-palette').waitForDisplayed({ timeout: 15_000 });
      assert.ok(await browser().execute(() => { const words = document.querySelector('[data-testid="open-palette"] .grow'); return words.scrollWidth <= words.clientWidth; }), `${language} ${width}`);
    }
  }
  await rpc(browser(), 'settings_set', settings);
  await browser().refresh();
});

test('every column of the table of runs stands under its head at both sizes', async () => {
  await go('runs');
  await browser().$('[data-testid^="run-row-"]').waitForDisplayed({ timeout: 15_000 });
  for (const [width, height] of [[1440, 900], [1100, 720]]) {
    await browser().setWindowSize(width, height);
    const [heads, ...rows] = await browser().execute(() => [...document.querySelectorAll('[data-testid="runs-table"] tr:not([aria-hidden])')]
      .map((row) => [...row.children].filter((cell) => cell.checkVisibility()).map((cell) => Math.round(cell.getBoundingClientRect().right))));
    assert.ok(rows.length > 0 && heads.length > 5, `${width} px: ${rows.length} rows of ${heads.length} columns`);
    for (const row of rows) assert.deepEqual(row, heads, `${width} px`);
  }
  await browser().setWindowSize(1440, 900);
});

test('live and settings have no serious fault of access, with rows chosen and a list open', async () => {
  await browser().setWindowSize(1440, 900);
  await go('live');
  await click('queue-choose-all');
  await by('queue-chosen').waitForDisplayed({ timeout: 15_000 });
  const found = await faults(browser());
  await click('queue-choose-none');
  await go('settings');
  await click('theme-select');
  await browser().$('[role="option"]').waitForDisplayed({ timeout: 15_000 });
  found.push(...await faults(browser()));
  await browser().keys('Escape');
  assert.deepEqual(found, []);
});

test('while nobody looks after the runs, a device is not said to be free', async () => {
  await browser().setWindowSize(1440, 900);
  await go('live');
  const { supervisor } = await rpc(browser(), 'app_info');
  process.kill(supervisor.pid, 'SIGKILL');
  await by('disconnected').waitForDisplayed({ timeout: 30_000 });
  assert.match(await by('device-cpu').getText(), /not known/);
  assert.doesNotMatch(await by('device-cpu').getText(), /free|0 \//);
  await click('start-supervisor');
  await by('disconnected').waitForExist({ timeout: 60_000, reverse: true });
});
