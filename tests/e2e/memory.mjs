// What the window costs in memory while runs are live: the sum of PSS over its process tree (shared pages counted once).
// Without arguments, four real runs, on Live and on each run's own screen for some seconds each: the benchmark's line. With
// `--minutes N`, whether it stays flat: eight runs that record five steps a second, on Live, or with `--round` on all their screens in turn.
// There what lies in files is left out: another window anywhere on the machine takes its share of WebKit's code, and this one's falls.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { memory, OWN, total } from './lib/processes.mjs';
import { until } from './lib/programs.mjs';
import { rpc } from './lib/rpc.mjs';
import { behave, queue, standIns } from './lib/stand-in.mjs';
import { applicationOn, open, workspace } from './lib/window.mjs';

const { values: options } = parseArgs({ options: { minutes: { type: 'string' }, stay: { type: 'string', default: '10' }, round: { type: 'boolean', default: false } } });
const minutes = options.minutes === undefined ? null : Number(options.minutes);
const RUNS = minutes === null ? 4 : 8;
/** Seconds on each screen; charts redraw several times a second meanwhile. */
const STAY = Number(options.stay);
/** Until every screen has been seen several times and its code compiled; what is measured for flatness begins after it. */
const WARM_UP_MINUTES = 3;
const SETTLE_MINUTES = 2;
/** Five steps a second, in as many layers as a small ViT has. */
const LIVE = 'step_ms=200&layers=16';
const REAL = `format = 1
name = "Four live runs"
seeds = ${RUNS}

[recipe]
preset = "mocov3_vit_micro"
dataset = "fashion-mnist"
threads = 1
`;

/**
 * Bytes over seconds: range, mean, straight line, and the largest distances from the mean as a share, of a minute's mean and
 * of a single second: memory that is used up and collected again rises and falls within a minute; what is kept does not.
 */
function flatness(samples) {
  const mean = meanOf(samples.map((one) => one.bytes));
  const middle = meanOf(samples.map((one) => one.second));
  const slope = samples.reduce((sum, one) => sum + (one.second - middle) * (one.bytes - mean), 0)
    / samples.reduce((sum, one) => sum + (one.second - middle) ** 2, 0);
  const minutes = [];
  for (const one of samples) (minutes[Math.floor(one.second / 60)] ??= []).push(one);
  const bytes = samples.map((one) => one.bytes);
  return {
    samples: samples.length, minimum: Math.min(...bytes), maximum: Math.max(...bytes), mean: Math.round(mean), slope_bytes_per_minute: Math.round(slope * 60),
    minute: furthest(minutes.filter((minute) => minute.length > 30).map((minute) => meanOf(minute.map((one) => one.bytes))), mean), second: furthest(bytes, mean),
  };
}

const meanOf = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const furthest = (numbers, mean) => Math.round(Math.max(0, ...numbers.map((one) => Math.abs(one - mean))) / mean * 1e4) / 1e4;

/** Each address in turn, for STAY seconds, with a look at the memory every second, of some kinds. */
async function round(browser, root, addresses, look, kinds) {
  for (const address of addresses) {
    await browser.execute((address) => { location.hash = address; }, address);
    for (let second = 0; second < STAY; second += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      look(await memory(root, kinds), address);
    }
  }
}

const stands = minutes === null ? null : await standIns();
const space = await workspace(stands?.folder);
let window;
try {
  window = await open(space.folder, { programs: stands?.folder });
  const { browser } = window;
  const settings = await rpc(browser, 'queue_settings');
  await rpc(browser, 'queue_settings_set', { ...settings, slots: { ...settings.slots, cpu: RUNS } });
  if (minutes === null) {
    const file = join(space.folder, 'four.toml');
    await writeFile(file, REAL);
    await space.vitals('sweep', 'run', file);
  } else {
    await behave(space, LIVE);
    await queue(space, RUNS, 1_000_000);
  }
  const running = () => space.vitals('runs', '--where', 'state = running');
  const live = await until(`${RUNS} runs to record steps`, async () => {
    const runs = await running();
    return runs.length === RUNS && runs.every((run) => run.progress.step > 10) ? runs : null;
  }, 240_000);
  const root = await applicationOn(space.folder);
  const addresses = ['#/live', ...live.map((run) => `#/run/${run.id}`)];
  let most = {};
  let before = null;
  if (minutes === null) {
    await round(browser, root, [...addresses, '#/live'], (now) => {
      before ??= total(now);
      if (total(now) > total(most)) most = now;
    });
    const details = { live_runs: (await running()).length, screens: ['live', `run, ${RUNS} of them`], seconds: STAY * (RUNS + 2), at_first: before, processes: most };
    console.log(JSON.stringify({ name: 'window_memory', value: total(most), unit: 'bytes', higher_is_better: false, details }));
  } else {
    const opened = performance.now();
    while (performance.now() - opened < WARM_UP_MINUTES * 60_000) await round(browser, root, addresses, () => {});
    const shown = options.round ? addresses : ['#/live'];
    // What the screens of the warm-up left behind is collected some time after they are left.
    const settling = performance.now();
    while (performance.now() - settling < SETTLE_MINUTES * 60_000) await round(browser, root, shown, () => {});
    const samples = [];
    const began = performance.now();
    const stepsBefore = (await running()).map((run) => run.progress.step);
    while (performance.now() - began < minutes * 60_000) {
      await round(browser, root, shown, (now, address) => samples.push({ second: (performance.now() - began) / 1000, bytes: total(now), address, parts: now }), OWN);
      const { parts, second } = samples.at(-1);
      if (samples.length % 30 === 0) console.error(`${Math.round(second)} s`, JSON.stringify(flatness(samples)), JSON.stringify(parts));
    }
    const after = await running();
    const seconds = (performance.now() - began) / 1000;
    const perSecond = after.map((run, n) => Math.round((run.progress.step - stepsBefore[n]) / seconds * 100) / 100);
    const details = { live_runs: after.length, steps_per_second: perSecond, seconds: Math.round(seconds), ...flatness(samples) };
    console.log(JSON.stringify({ name: 'window_memory_flatness', value: details.minute, unit: 'share', higher_is_better: false, details }));
  }
} finally {
  await window?.close();
  await space.remove();
  await stands?.remove();
}
