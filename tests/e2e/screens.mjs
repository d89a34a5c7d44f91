// Makes the pictures in docs/screens: ten screens, two languages, light and dark, from the real window on the demo's
// workspace (`cargo xtask demo --headless` fills it). With `--check` also at the smallest size, into a folder for temporary
// files, and fails on words that are cut off.
import { existsSync, lstatSync, rmSync, symlinkSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { canvases, drawn } from './lib/canvas.mjs';
import { png } from './lib/picture.mjs';
import { program, repository, run, until } from './lib/programs.mjs';
import { rpc } from './lib/rpc.mjs';
import { open } from './lib/window.mjs';

const { values: options } = parseArgs({
  options: {
    workspace: { type: 'string', default: join(repository, 'target/demo-workspace') },
    out: { type: 'string' },
    only: { type: 'string', default: '' },
    check: { type: 'boolean', default: false },
  },
});
const SWEEP = 'fashion-mnist-frozen-patch.toml';
/** Something to see on Live: two runs that take a minute. */
const LIVE = join(repository, 'experiments/fashion-mnist-shock.toml');
const out = options.out ?? (options.check ? join(tmpdir(), 'vitals-screens') : join(repository, 'docs/screens'));
const SIZES = options.check ? [[1440, 900], [1100, 720]] : [[1440, 900]];

/** Pictures show where the workspace is: by a name that says nothing about this machine. A link that an earlier run left
 * is replaced; anything else of that name is somebody's. */
const shown = join(tmpdir(), 'vitals-demo');
if (lstatSync(shown, { throwIfNoEntry: false })?.isSymbolicLink() === false) {
  throw new Error(`${shown} is in the way: the pictures show the workspace under that name; move it elsewhere`);
}
rmSync(shown, { force: true });
symlinkSync(options.workspace, shown);
process.once('exit', () => rmSync(shown, { force: true }));

async function vitals(...args) {
  const answer = await run(program('vitals'), ['--workspace', shown, '--json', ...args]);
  return answer.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** The tabs of a run beside its curves: of the twin, which is no other picture's. */
const TABS = ['gradients', 'optimizer', 'overview', 'config', 'checkpoints', 'probes', 'system', 'log'];

/** Means of arms: the question of Decide's picture. */
const QUESTION = { by: 'frozen_patch_projection', where: 'sweep_name ~ "Frozen or learned"' };
const MEANS = { name: 'means', address: `#/compare?${new URLSearchParams({ mode: 'mean', ...QUESTION })}`, ready: '[data-testid="mean-screen"][data-curves="true"]', charts: true };

/** All runs over each other. */
const overlay = (runs) => ({ name: 'overlay', address: `#/compare?${new URLSearchParams({ mode: 'overlay', runs: runs.map((run) => run.id).join(',') })}`, ready: '[data-testid="compare-screen"]', charts: true });

/** The other face of Runs; the demo has too few runs for it, which it says. */
const EXPLORE = { name: 'explore', address: '#/runs?face=explore', ready: '[data-testid="parallel"], [data-testid="explore-few"]' };

function tabOf(run, tab) {
  return { name: `run-${tab}`, address: `#/run/${run.id}?tab=${tab}`, ready: `[data-testid="tab-${tab}"][aria-selected="true"]` };
}

/** The screens: the address, and what has to be there before the picture is taken. */
function screens(runs) {
  const [first, second] = runs;
  return [
    { name: 'sweeps', address: `#/sweeps/${encodeURIComponent(SWEEP)}`, ready: '[data-testid="sweeps-screen"]' },
    { name: 'live', address: '#/live', ready: '[data-testid="live-screen"]', sparks: true },
    { name: 'run', address: `#/run/${first.id}`, ready: '[data-testid="run-screen"]', charts: true },
    { name: 'runs', address: '#/runs', ready: '[data-testid="runs-table"]' },
    { name: 'compare', address: `#/compare?runs=${first.id},${second.id}`, ready: '[data-testid="compare-screen"]', charts: true },
    { name: 'decide', address: `#/compare?${new URLSearchParams({ mode: 'decide', ...QUESTION })}`, ready: '[data-testid="decide-screen"][data-curves="true"]', charts: true },
    { name: 'map', address: '#/map', ready: '[data-testid="map-panel"], [data-testid="map-empty"]' },
    ...(options.check ? [{ name: 'map-scatter', address: '#/map?face=scatter', ready: '[data-testid="map-scatter"], [data-testid="map-empty"]' }] : []),
    { name: 'alarms', address: '#/alarms', ready: '[data-testid="alarms-table"], [data-testid="alarms-empty"]' },
    { name: 'datasets', address: '#/datasets', ready: '[data-testid^="sample-"] img' },
    { name: 'settings', address: '#/settings', ready: '[data-testid="settings-screen"]' },
    ...(options.check ? [...TABS.map((tab) => tabOf(second, tab)), MEANS, overlay(runs), EXPLORE] : []),
  ].filter((screen) => options.only === '' || options.only.split(',').includes(screen.name));
}

async function show(browser, screen) {
  await browser.execute((address) => { location.hash = address; }, screen.address);
  await browser.$(screen.ready).waitForDisplayed({ timeout: 20_000 });
  if (screen.charts || screen.sparks) {
    // A curve of a row's height has fewer pixels than a chart's frame.
    const done = screen.sparks ? (canvas) => canvas.painted > 0 : drawn;
    await until(`the charts of ${screen.name}`, async () => {
      const all = await canvases(browser, 'main, .app');
      // Rows get their curves a few at a time.
      return screen.sparks ? all.length > 0 && all.every(done) : all.some(done);
    });
  }
  // Two frames after the last change: what is painted is what is shown.
  await browser.executeAsync((done) => document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Elements whose text is cut off although nothing scrolls there. */
function clipped(browser) {
  return browser.execute(() => [...document.querySelectorAll('button, th, dt, h1, h2, h3, label')]
    // What is for screen readers alone has no size.
    .filter((element) => !element.classList.contains('sr-only'))
    .filter((element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== 'visible')
    .map((element) => element.textContent.trim().slice(0, 60)));
}

const finished = await vitals('runs', '--where', 'state = finished', '--sort', 'created_at');
if (finished.length < 2) {
  throw new Error(`${options.workspace} has ${finished.length} finished runs; \`cargo xtask demo --headless\` makes them`);
}
const frozen = (run) => run.parameters.frozen_patch_projection;
const twin = finished.find((run) => run.seed === finished[0].seed && frozen(run) !== frozen(finished[0])) ?? finished[1];
if (existsSync(LIVE)) {
  // Twice as many pictures take longer than the runs do: theirs get more steps.
  const sweep = options.check ? join(tmpdir(), 'vitals-screens-live.toml') : LIVE;
  if (options.check) await writeFile(sweep, (await readFile(LIVE, 'utf8')).replace('[recipe]\n', '[recipe]\nmax_steps = 9000\n'));
  await vitals('sweep', 'run', sweep);
  const stopped = await vitals('runs', '--where', 'state = cancelled');
  if (stopped.length > 0) await vitals('run', 'retry', ...stopped.map((run) => run.id));
}

const window = await open(shown);
const { browser } = window;
let problems = 0;
try {
  const settings = await rpc(browser, 'settings');
  await mkdir(out, { recursive: true });
  for (const [width, height] of SIZES) {
    await browser.setWindowSize(width, height);
    for (const language of ['en', 'ko']) {
      for (const theme of ['light', 'dark']) {
        await rpc(browser, 'settings_set', { ...settings, language, theme });
        await browser.refresh();
        for (const screen of screens([finished[0], twin])) {
          await show(browser, screen);
          const name = `${screen.name}-${language}-${theme}${width === 1440 ? '' : '-small'}.png`;
          await writeFile(join(out, name), png(await window.picture()));
          if (options.check) {
            const cut = await clipped(browser);
            const errors = await window.errors();
            problems += cut.length + errors.length;
            console.log(`${cut.length + errors.length === 0 ? 'ok ' : '-- '} ${name}`, ...cut, ...errors);
          } else {
            console.log(`ok  ${name}`);
          }
        }
      }
    }
  }
  await rpc(browser, 'settings_set', settings);
} finally {
  await window.close();
  const live = await vitals('runs', '--where', 'state in (queued, starting, running)');
  if (live.length > 0) await vitals('run', 'cancel', ...live.map((run) => run.id));
}
if (problems > 0) process.exitCode = 1;
