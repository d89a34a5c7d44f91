// What the window costs in memory while four real runs are live: the sum of PSS over its process tree (shared pages
// counted once), on Live, then on each run's own screen, for some seconds each. Prints the benchmark's line.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './lib/programs.mjs';
import { rpc } from './lib/rpc.mjs';
import { applicationOn, open, workspace } from './lib/window.mjs';

const RUNS = 4;
/** Seconds on each screen; charts redraw several times a second meanwhile. */
const STAY = 10;
const SWEEP = `format = 1
name = "Four live runs"
seeds = ${RUNS}

[recipe]
preset = "mocov3_vit_micro"
dataset = "fashion-mnist"
threads = 1
`;

/** Every process below one, itself included. */
async function tree(root) {
  const parents = new Map();
  for (const pid of (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))) {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    // The name may hold spaces and brackets; the parent is the second field behind it.
    if (status !== null) parents.set(Number(pid), Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const found = [root];
  for (const pid of found) found.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child));
  return found;
}

/** PSS in bytes, by the name of the process. The supervisor and what it starts are no part of the window. */
async function memory(root) {
  const parts = {};
  for (const pid of await tree(root)) {
    const [name, rollup] = await Promise.all(['comm', 'smaps_rollup'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')));
    const kilobytes = Number(/^Pss: +([0-9]+) kB/m.exec(rollup)?.[1] ?? 0);
    parts[name.trim()] = (parts[name.trim()] ?? 0) + kilobytes * 1024;
  }
  return parts;
}

const total = (parts) => Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);

const space = await workspace();
let window;
try {
  window = await open(space.folder);
  const { browser } = window;
  const settings = await rpc(browser, 'queue_settings');
  await rpc(browser, 'queue_settings_set', { ...settings, slots: { ...settings.slots, cpu: RUNS } });
  const file = join(space.folder, 'four.toml');
  await writeFile(file, SWEEP);
  await space.vitals('sweep', 'run', file);
  const live = await until(`${RUNS} runs to record steps`, async () => {
    const runs = await space.vitals('runs', '--where', 'state = running');
    return runs.length === RUNS && runs.every((run) => run.progress.step > 10) ? runs : null;
  }, 240_000);
  const root = await applicationOn(space.folder);
  let most = {};
  let before = null;
  for (const address of ['#/live', ...live.map((run) => `#/run/${run.id}`), '#/live']) {
    await browser.execute((address) => { location.hash = address; }, address);
    for (let second = 0; second < STAY; second += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const now = await memory(root);
      before ??= total(now);
      if (total(now) > total(most)) most = now;
    }
  }
  const running = (await space.vitals('runs', '--where', 'state = running')).length;
  const details = { live_runs: running, screens: ['live', `run, ${RUNS} of them`], seconds: STAY * (RUNS + 2), at_first: before, processes: most };
  console.log(JSON.stringify({ name: 'window_memory', value: total(most), unit: 'bytes', higher_is_better: false, details }));
} finally {
  await window?.close();
  const living = await space.vitals('runs', '--where', 'state in (queued, starting, running, stalled)');
  if (living.length > 0) await space.vitals('run', 'cancel', ...living.map((run) => run.id));
  await until('no run to be alive', async () => (await space.vitals('runs', '--where', 'state in (queued, starting, running, stalled, pausing)')).length === 0, 120_000);
  await space.remove();
}
