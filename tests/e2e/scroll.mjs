// How many frames a second the window draws while a person scrolls through a table of many runs: turns the table of the real window on
// once a frame, slowly and fast, flat and in open groups, and counts frames. Without a GPU WebKit draws in software. Prints one line
// each; judges nothing.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measured } from './lib/frames.mjs';
import { until } from './lib/programs.mjs';
import { open, workspace } from './lib/window.mjs';

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '6' }, runs: { type: 'string', default: '10000' } } });
const runs = Number(options.runs);
/** Ten points of so many seeds each. */
const POINTS = 10;

/** Runs that wait and never start: a paused queue of one sweep. */
async function fill(space) {
  const file = join(space.folder, 'many.toml');
  const rates = Array.from({ length: POINTS }, (_, n) => `${n + 1}e-4`);
  await writeFile(file, `format = 1
name = "Many"
seeds = ${Math.ceil(runs / POINTS)}

[recipe]
preset = "mocov3_vit_micro"
max_steps = 100

[[axis]]
parameter = "base_learning_rate"
values = [${rates.join(', ')}]
`);
  await space.vitals('queue', 'pause');
  await space.vitals('sweep', 'run', file);
}

/** Runs in the page: frames and the longest of them in milliseconds, while the table moves on by so many pixels a frame. */
function drive(browser, pixels, seconds) {
  return browser.executeAsync((pixels, seconds, done) => {
    const table = document.querySelector('[data-testid="runs-table"]');
    table.scrollTop = 0;
    const from = performance.now();
    let [frames, last, longest] = [0, from, 0];
    const frame = (now) => {
      if (frames > 0) longest = Math.max(longest, now - last);
      last = now;
      const at = performance.now() - from;
      if (at > seconds * 1000) {
        done({ frames, seconds: at / 1000, longest });
        return;
      }
      frames += 1;
      table.scrollTop = (table.scrollTop + pixels) % (table.scrollHeight - table.clientHeight);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, pixels, seconds);
}

const space = await workspace();
let window;
try {
  await fill(space);
  window = await open(space.folder);
  const { browser } = window;
  const seconds = Number(options.seconds);
  await browser.setTimeout({ script: 1000 * seconds + 60_000 });
  for (const [shown, address] of [['flat', '#/runs'], ['grouped', '#/runs?group=base_learning_rate']]) {
    await browser.execute((hash) => { location.hash = hash; }, address);
    await until('the table to have all rows', () => browser.execute((least) => Number(document.querySelector('[data-testid="runs-table"] table')?.getAttribute('aria-rowcount') ?? 0) > least, shown === 'flat' ? runs : 1), 120_000);
    if (shown === 'grouped') {
      await browser.$('[data-testid="fold-all"]').click();
      await until('the groups to open', () => browser.execute((least) => Number(document.querySelector('[data-testid="runs-table"] table').getAttribute('aria-rowcount')) > least, runs));
    }
    for (const [speed, pixels] of [['slow', 60], ['fast', 600]]) {
      await drive(browser, pixels, 1);
      const { value, details } = await measured(space.folder, () => drive(browser, pixels, seconds));
      console.log(JSON.stringify({
        name: `frames_per_second/scroll/${shown}/${speed}`, value, unit: '1/s', higher_is_better: true,
        details: { runs, pixels_a_frame: pixels, ...details },
      }));
    }
  }
} finally {
  await window?.close();
  await space.remove();
}
