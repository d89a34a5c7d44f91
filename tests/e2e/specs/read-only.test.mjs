// A workspace on a disk that cannot be written: the window shows what it holds, says that nothing can be changed and why, in
// both languages, and starts no supervisor for the work that waits there.
import assert from 'node:assert/strict';
import { access, constants } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { run, until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { synthesize } from '../lib/synthetic.mjs';
import { open, workspace } from '../lib/window.mjs';

let space;
let window;
let runs;
let skip = false;
before(async () => {
  space = await workspace();
  await synthesize(space.folder, { steps: 2000, layers: 6, runs: 2 });
  runs = await space.vitals('runs');
  try {
    await run('mount', ['--bind', space.folder, space.folder]);
    await run('mount', ['-o', 'remount,bind,ro', space.folder]);
  } catch {
    skip = 'no folder can be mounted to be read only';
    return;
  }
  await assert.rejects(access(space.folder, constants.W_OK));
  window = await open(space.folder);
});
after(async () => {
  await window?.close();
  if (!skip) await run('umount', ['-l', space.folder]);
  await space?.remove();
});

const text = (id) => window.browser.execute((id) => document.querySelector(`[data-testid="${id}"]`)?.textContent ?? '', id);
const go = (hash) => window.browser.execute((hash) => { location.hash = hash; }, hash);

test('runs and their curves are shown, and the reason why nothing can be changed', async (t) => {
  if (skip) return t.skip(skip);
  await until('the notice', async () => /can only be read.*Read-only file system/s.test(await text('read-only')) || null);
  await go('#/runs');
  await until('the runs', async () => (await window.browser.execute(() => document.body.textContent)).includes(runs[0].label) || null);
  await go(`#/run/${runs[0].id}?tab=curves`);
  await until('the loss to be drawn', () => window.browser.execute(() => Number(document.querySelector('[data-testid="chart-loss-badge"]')?.dataset.values ?? 0) > 100));
  const { supervisor } = await rpc(window.browser, 'app_info', {});
  assert.equal(supervisor.connected, false);
});

test('what would change something is refused with the reason', async (t) => {
  if (skip) return t.skip(skip);
  for (const [method, params] of [['run_note', { id: runs[0].id, note: 'a' }], ['supervisor_start', {}], ['settings_set', { ...(await rpc(window.browser, 'settings', {})), language: 'ko' }]]) {
    await assert.rejects(rpc(window.browser, method, params), /cannot be written/, method);
  }
  assert.deepEqual(await window.errors(), []);
});
