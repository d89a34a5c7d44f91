// What cannot be obeyed is said where a person looks, with what to do, and the queue goes on with the rest: settings in the
// form, runs on the live screen. Then a whole sweep is stopped, and a run goes back to a checkpoint.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  if (space === undefined) return;
  const living = await space.vitals('runs', '--where', 'state in (queued, starting, running, stalled)').catch(() => []);
  if (living.length > 0) await space.vitals('run', 'cancel', ...living.map((run) => run.id)).catch(() => {});
  await until('no run to be alive', async () => (await space.vitals('runs', '--where', 'state in (starting, running, stalled, pausing)')).length === 0, LONG_MS).catch(() => {});
  await space.remove();
});

const by = (id) => window.browser.$(`[data-testid="${id}"]`);

async function click(id) {
  const element = by(id);
  await element.waitForClickable({ timeout: 15_000 });
  await element.click();
}

async function type(id, text) {
  const element = by(id);
  await element.waitForDisplayed({ timeout: 15_000 });
  await element.setValue(text);
}

async function go(screen) {
  await click(`nav-${screen}`);
  await by(`${screen}-screen`).waitForDisplayed({ timeout: 15_000 });
}

/** A sweep of small runs as a file of the workspace. */
async function sweep(name, recipe, rates = [1e-3]) {
  const text = `format = 1\nname = "${name}"\nseeds = [0]\n\n[recipe]\npreset = "mocov3_vit_micro"\ndataset = "fashion-mnist"\nimage_size = 16\npatch_size = 8\nembed_dim = 16\ndepth = 2\nnum_heads = 2\nhead_hidden_dim = 32\nhead_out_dim = 16\nbatch_size = 32\nwarmup_epochs = 0.01\nknn_every = 10\nknn_bank_size = 256\nknn_queries = 100\nthreads = 1\nloader_threads = 1\n${recipe}\n\n[[axis]]\nparameter = "base_learning_rate"\nvalues = [${rates.join(', ')}]\n`;
  await mkdir(join(space.folder, 'experiments'), { recursive: true });
  const file = join(space.folder, 'experiments', `${name}.toml`);
  await writeFile(file, text);
  return (await space.vitals('sweep', 'run', file))[0].sweep;
}

const runsOf = (name) => space.vitals('runs', '--where', `sweep_name = "${name}"`);

test('settings that cannot be obeyed are said beside their fields and nothing is stored', async () => {
  await rpc(window.browser, 'supervisor_start');
  await go('settings');
  const before = await rpc(window.browser, 'queue_settings');
  await type('slots-cpu', '0');
  await until('zero slots to be refused', async () => /1 to 64/.test(await by('devices-wrong').getText()));
  assert.equal(await by('save-devices').isEnabled(), false);
  await click('slurm-enabled');
  await type('slurm-time', '12h');
  await until('a time that is none to be refused', async () => /no time limit/.test(await by('slurm-wrong').getText()));
  // What only the host can tell: the file of a cluster that is not there.
  await type('slurm-time', '12:00:00');
  await type('slurm-conf', '/nowhere/slurm.conf');
  await click('save-slurm');
  await until('the host to refuse it', async () => /no such file/.test(await by('slurm-wrong').getText()));
  assert.deepEqual(await rpc(window.browser, 'queue_settings'), before);
});

test('settings that can be obeyed are stored and obeyed by the living supervisor', async () => {
  await window.browser.refresh();
  await by('settings-screen').waitForDisplayed({ timeout: 15_000 });
  await type('slots-cpu', '1');
  await click('save-devices');
  await type('retry-times', '2');
  await click('save-retry');
  // More room than any disk has.
  await type('low_disk_bytes', '8000000');
  await click('save-limits');
  const stored = await until('all of it to be stored', async () => {
    const now = await rpc(window.browser, 'queue_settings');
    return now.low_disk_bytes > 2 ** 50 && now.retry.times === 2 && now.slots.cpu === 1 ? now : null;
  });
  assert.equal(stored.slurm.enabled, false);
  await sweep('waits', 'max_steps = 5');
  await go('live');
  await until('the live screen to say why nothing starts', async () => /low_disk_bytes/.test(await by('queue-problem').getText()), 60_000);
  assert.equal((await runsOf('waits'))[0].state, 'queued');
  await go('settings');
  await type('low_disk_bytes', '0');
  await click('save-limits');
  await until('the run to go on', async () => (await runsOf('waits'))[0].state === 'finished', LONG_MS);
});

test('a run that cannot start says so on the live screen, and the rest goes on', async () => {
  await sweep('away', 'max_steps = 5\ndevice = "cuda:7"');
  await sweep('good', 'max_steps = 5', [3e-3]);
  await until('the good run to end well', async () => (await runsOf('good'))[0].state === 'finished', LONG_MS);
  const [away] = await until('the other to have failed', async () => {
    const runs = await runsOf('away');
    return runs[0].state === 'failed' ? runs : null;
  }, LONG_MS);
  await go('live');
  const row = window.browser.$(`[data-testid="run-row"][data-run="${away.id}"]`);
  await row.waitForDisplayed({ timeout: 15_000 });
  const evidence = await row.$('[data-testid="evidence"]').getAttribute('title');
  assert.match(evidence, /device cuda:7 does not exist here.*set device to/);
});

test('a whole sweep is stopped from the live screen after one question', async () => {
  const id = await sweep('long', 'max_steps = 5000', [1e-3, 2e-3, 4e-3]);
  await go('live');
  const row = window.browser.$(`[data-testid="sweep-row"][data-sweep="${id}"]`);
  await row.waitForDisplayed({ timeout: 15_000 });
  const stop = row.$('[data-testid="sweep-stop"]');
  await stop.waitForClickable({ timeout: 15_000 });
  await stop.click();
  await click('sweep-stop-confirm');
  await until('all three to be cancelled', async () => {
    const runs = await runsOf('long');
    return runs.length === 3 && runs.every((run) => run.state === 'cancelled');
  }, LONG_MS);
});

test('a run goes back to a kept checkpoint, and its old tail stays', async () => {
  await sweep('back', 'max_steps = 60\ncheckpoint_every = 20\nkeep_checkpoints = 3', [5e-3]);
  const [run] = await until('the run to end', async () => {
    const runs = await runsOf('back');
    return runs[0].state === 'finished' ? runs : null;
  }, LONG_MS);
  await window.browser.execute((hash) => { location.hash = hash; }, `#/run/${run.id}?tab=checkpoints`);
  await click('rewind-20');
  await click('rewind-20-confirm');
  await until('the second attempt to end', async () => {
    const [now] = await runsOf('back');
    return now.attempt === 2 && now.state === 'finished';
  }, LONG_MS);
  const [series] = await space.vitals('series', run.id, 'loss', '--superseded');
  assert.equal(series.steps.length, 100, '60 steps in force and 40 superseded');
});
