// What cannot be obeyed is said where a person looks, with what to do, and the queue goes on with the rest: settings in the
// form, runs on the live screen. Then a whole sweep is stopped, and a run goes back to a checkpoint.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hands } from '../lib/hands.mjs';
import { program, run, until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { open, workspace } from '../lib/window.mjs';

/** Training on a busy machine; reached only when something hangs. */
const LONG_MS = 240_000;

let space;
let tools;
let window;
before(async () => {
  space = await workspace();
  tools = await cluster();
  window = await open(space.folder, { env: { PATH: `${tools}:${process.env.PATH}` } });
  // No desktop hears of alarms here; the message that says so would lie over buttons.
  await rpc(window.browser, 'settings_set', { ...(await rpc(window.browser, 'settings')), notifications: false });
});
after(async () => {
  await window?.close();
  await space?.remove();
  if (tools !== undefined) await rm(tools, { recursive: true });
});

const { by, press, click, type, go, visit, row } = hands(() => window);

/** Slurm's `sbatch` as far as a refusal goes, in its own words; crates/supervisor/tests/slurm asks the real one. */
async function cluster() {
  const folder = await mkdtemp(join(tmpdir(), 'vitals-sbatch-'));
  const refusal = `#!/bin/sh
echo 'sbatch: error: invalid partition specified: nowhere' >&2
echo 'sbatch: error: Batch job submission failed: Invalid partition name specified' >&2
exit 1
`;
  await writeFile(join(folder, 'sbatch'), refusal, { mode: 0o755 });
  return folder;
}

/** A sweep of small runs as a file of the workspace. */
async function sweep(name, recipe, rates = [1e-3]) {
  const text = `format = 1\nname = "${name}"\nseeds = [0]\n\n[recipe]\npreset = "mocov3_vit_micro"\ndataset = "fashion-mnist"\nimage_size = 16\npatch_size = 8\nembed_dim = 16\ndepth = 2\nnum_heads = 2\nhead_hidden_dim = 32\nhead_out_dim = 16\nbatch_size = 32\nwarmup_epochs = 0.01\nknn_every = 10\nknn_bank_size = 256\nknn_queries = 100\nthreads = 1\nloader_threads = 1\n${recipe}\n\n[[axis]]\nparameter = "base_learning_rate"\nvalues = [${rates.join(', ')}]\n`;
  await mkdir(join(space.folder, 'experiments'), { recursive: true });
  const file = join(space.folder, 'experiments', `${name}.toml`);
  await writeFile(file, text);
  return (await space.vitals('sweep', 'run', file))[0].sweep;
}

/** The run of a sweep of one, once it is in a state. */
function become(name, state) {
  return until(`${name} to be ${state}`, async () => (await runsOf(name)).find((run) => run.state === state), LONG_MS);
}

/** What the live screen says of a run: whole in the column of those that need someone, and on the row's tip. */
async function says(run, words) {
  await go('live');
  assert.match(await (await row(run.id)).$('[data-testid="evidence"]').getAttribute('data-tip'), words);
  await until(`the live screen to say ${words}`, async () => words.test(await by('attention').getText()));
}

const retry = (run) => press(window.browser.$(`[data-testid="run-row"][data-run="${run}"] [data-testid="run-retry"]`));

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

test('runs that cannot start say so on the live screen with what to do, and the rest goes on', async () => {
  await space.vitals('queue', 'pause');
  await sweep('away', 'max_steps = 5\ndevice = "cuda:7"');
  await sweep('barred', 'max_steps = 5', [2e-3]);
  await sweep('good', 'max_steps = 5', [3e-3]);
  const [barred] = await runsOf('barred');
  // A file where the folder would be: no permission can help, not even root's.
  await mkdir(join(space.folder, 'runs'), { recursive: true });
  const folder = join(space.folder, 'runs', barred.id);
  await writeFile(folder, '');
  await space.vitals('queue', 'resume');
  await become('good', 'finished');
  await says(await become('away', 'failed'), /device cuda:7 does not exist here.*set device to/);
  await says(await become('barred', 'failed'), /failed to create .*; make sure that its folder is writable, then retry/);
  await rm(folder);
  await retry(barred.id);
  await become('barred', 'finished');
});

test('a cluster that somebody else set up is sent nothing before it is confirmed, as it is shown', async () => {
  const others = { env: { ...process.env, XDG_STATE_HOME: join(tools, 'somebody') } };
  const written = (partition) =>
    run(program('vitals'), ['--workspace', space.folder, 'settings', 'slurm.enabled=true', `slurm.partition=${partition}`], others);
  await written('theirs');
  await sweep('sent', 'max_steps = 5', [7e-3]);
  await go('live');
  await until('the live screen to say why nothing starts', async () => /slurm.partition = theirs.*confirm it under Settings/.test(await by('queue-problem').getText()), 60_000);
  await go('settings');
  await until('the settings to say so', async () => /theirs/.test(await by('slurm-unconfirmed').getText()));
  // What changed behind the window is not what was looked at.
  await written('others');
  await click('slurm-confirm');
  await until('what stands there now to be shown', async () => /others/.test(await by('slurm-unconfirmed').getText()));
  assert.equal((await runsOf('sent'))[0].state, 'queued');
  await click('slurm-confirm');
  await until('it to be confirmed', async () => !(await by('slurm-unconfirmed').isExisting()));
  await become('sent', 'failed');
  await click('slurm-enabled');
  await click('save-slurm');
  await until('it to be off', async () => (await rpc(window.browser, 'queue_settings')).slurm.enabled === false);
});

test('a partition that Slurm refuses is said with what to do; changed and retried, the run goes on', async () => {
  await go('settings');
  await click('slurm-enabled');
  await type('slurm-partition', 'nowhere');
  await click('save-slurm');
  await until('it to be stored', async () => (await rpc(window.browser, 'queue_settings')).slurm.partition === 'nowhere');
  await sweep('clustered', 'max_steps = 5', [6e-3]);
  const run = await become('clustered', 'failed');
  await go('live');
  await says(run, /slurm refused it: .*invalid partition specified: nowhere.*; change the settings of slurm, then retry/);
  await go('settings');
  await click('slurm-enabled');
  await click('save-slurm');
  await until('it to be stored', async () => (await rpc(window.browser, 'queue_settings')).slurm.enabled === false);
  await go('live');
  await retry(run.id);
  await become('clustered', 'finished');
});

test('a whole sweep is stopped from the live screen after one question', async () => {
  const id = await sweep('long', 'max_steps = 5000', [1e-3, 2e-3, 4e-3]);
  await go('live');
  await press(window.browser.$(`[data-testid="sweep-row"][data-sweep="${id}"] [data-testid="sweep-stop"]`));
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
  await visit(`#/run/${run.id}?tab=checkpoints`, 'run-screen');
  await click('rewind-20');
  await click('rewind-20-confirm');
  await until('the second attempt to end', async () => {
    const [now] = await runsOf('back');
    return now.attempt === 2 && now.state === 'finished';
  }, LONG_MS);
  const [series] = await space.vitals('series', run.id, 'loss', '--superseded');
  assert.equal(series.steps.length, 100, '60 steps in force and 40 superseded');
});
