// Alarms of live runs: in the window's list with run, layer and step, on the way to their place in the run, read and filtered;
// and as notifications of the desktop, until they are switched off.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults } from '../lib/axe.mjs';
import { desktopBus } from '../lib/desktop-bus.mjs';
import { hands } from '../lib/hands.mjs';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { behave, queue, standIns } from '../lib/stand-in.mjs';
import { open, workspace } from '../lib/window.mjs';

let stands;
let space;
let bus;
let window;
before(async () => {
  stands = await standIns();
  space = await workspace(stands.folder);
  bus = await desktopBus();
  window = await open(space.folder, { programs: stands.folder, env: { DBUS_SESSION_BUS_ADDRESS: bus.address } });
});
after(async () => {
  await window?.close();
  await space?.remove();
  await bus?.end();
  await stands?.remove();
});

const { by, click, go, visit } = hands(() => window);
const rows = () => window.browser.execute(() => [...document.querySelectorAll('[data-testid="alarms-table"] tbody tr')].map((row) => ({ kind: row.dataset.kind, unread: row.dataset.unread, text: row.textContent })));

test('without alarms the screen says what it will hold', async () => {
  await go('alarms');
  await by('alarms-empty').waitForDisplayed({ timeout: 15_000 });
});

test('a value that is not finite becomes an alarm, and one notification of its run', async () => {
  // The stand-in records NaN and infinity in two of its layers, from its first step on.
  await behave(space, 'step_ms=200');
  await queue(space, 2, 100_000);
  const listed = await until('an alarm of each run', async () => {
    const found = (await rows()).filter(({ kind }) => kind === 'nonfinite');
    return found.length >= 2 ? found : null;
  }, 120_000);
  for (const { text, unread } of listed) {
    assert.equal(unread, 'true');
    assert.match(text, /Block [12]/);
  }
  const runs = await space.vitals('runs');
  const heard = await until('a notification of each run', () => {
    const all = bus.heard();
    return runs.every((run) => all.some((one) => one.includes(run.label))) ? all : null;
  });
  assert.ok(heard.every((one) => /string "NaN or Inf: .*"/.test(one) && /Block [12] · step 0/.test(one)), heard.join('\n'));
  assert.equal(heard.length, 2, `one for each run:\n${heard.join('\n')}`);
});

test('an alarm leads to its step in the run, and back', async () => {
  await click('open-alarm');
  await by('run-screen').waitForDisplayed({ timeout: 15_000 });
  await until('the crosshair to stand at the step', async () => (await by('cross-step').getText()).trim() === '0' || null);
  await window.browser.execute(() => history.back());
  await by('alarms-screen').waitForDisplayed({ timeout: 15_000 });
});

test('kinds and words filter, and what was read is no longer new', async () => {
  await visit('#/alarms?kind=dip', 'alarms-empty');
  await visit('#/alarms', 'alarms-table');
  await by('alarm-text').setValue('no such run');
  await by('alarms-empty').waitForDisplayed({ timeout: 15_000 });
  await visit('#/alarms', 'unread-alarms');
  await click('mark-read');
  await by('unread-alarms').waitForExist({ timeout: 15_000, reverse: true });
  assert.ok((await rows()).every(({ unread }) => unread === 'false'));
});

test('switched off, no notification is sent; the switch is remembered', async () => {
  await go('settings');
  await click('notifications');
  await until('the setting to be kept', async () => (await rpc(window.browser, 'settings')).notifications === false || null);
  const before = bus.heard().length;
  // The first two hold a place each until the end.
  await space.vitals('settings', 'slots.cpu=3');
  await queue(space, 3, 100_000);
  // The badge counts what the page has heard of: the third run's alarm.
  await by('unread-alarms').waitForDisplayed({ timeout: 60_000 });
  assert.equal(bus.heard().length, before);
  await window.browser.refresh();
  await by('notifications').waitForDisplayed({ timeout: 15_000 });
  assert.equal(await by('notifications').isSelected(), false);
});

test('alarms and map have no serious fault of access, light or dark, English or Korean', async () => {
  const settings = await rpc(window.browser, 'settings');
  const found = [];
  for (const [theme, language] of [['light', 'en'], ['dark', 'ko']]) {
    await rpc(window.browser, 'settings_set', { ...settings, theme, language });
    await window.browser.refresh();
    for (const screen of ['alarms', 'map']) {
      await visit(`#/${screen}`, `${screen}-screen`);
      found.push(...(await faults(window.browser)).map((fault) => `${theme} ${language} ${screen}: ${fault}`));
    }
  }
  await rpc(window.browser, 'settings_set', settings);
  assert.deepEqual(found, []);
});
