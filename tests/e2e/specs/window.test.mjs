// The window opens on an empty workspace, says who it is and goes through its screens without an error.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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

test('every screen opens on an empty workspace without an error', async () => {
  const before = (await window.errors()).length;
  for (const screen of ['sweeps', 'live', 'runs', 'compare', 'settings']) {
    await window.browser.$(`[data-testid="nav-${screen}"]`).click();
    await window.browser.$(`[data-testid="${screen}-screen"]`).waitForDisplayed({ timeout: 15_000 });
  }
  assert.deepEqual((await window.errors()).slice(before), []);
});
