// How many frames a second the window draws while a person zooms and pans ten series of 100,000 steps: turns the wheel over a
// chart of the real window once a frame, as a fast hand does, and counts frames and redraws. Without a GPU WebKit draws in
// software. Prints one line a gesture; fails below 30.
import { parseArgs } from 'node:util';
import { framesOf } from './lib/frames.mjs';
import { until } from './lib/programs.mjs';
import { rpc } from './lib/rpc.mjs';
import { synthesize } from './lib/synthetic.mjs';
import { open, workspace } from './lib/window.mjs';

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '6' }, workspace: { type: 'string' }, steps: { type: 'string', default: '100000' }, tab: { type: 'string', default: 'curves' } } });
const SERIES = 10;
const LEAST = 30;

const space = options.workspace === undefined ? await workspace() : { folder: options.workspace, remove: async () => {} };
let window;
try {
  if (options.workspace === undefined) await synthesize(space.folder, { steps: Number(options.steps) });
  window = await open(space.folder);
  const { browser } = window;
  const [run] = (await rpc(browser, 'runs', {})).runs;
  const { layers } = await rpc(browser, 'run', { id: run.id });
  const chosen = layers.filter((_, n) => n % Math.ceil(layers.length / SERIES) === 0).slice(0, SERIES);
  const show = async (window) => {
    await browser.execute((hash) => { location.hash = hash; }, `#/run/${run.id}?tab=${options.tab}&layers=${chosen.join(',')}${window}`);
    await until('the charts to have all values', () => browser.execute((least) => Number(document.querySelector('[data-testid="chart-layers-badge"]')?.dataset.values ?? 0) >= least, chosen.length * 100), 60_000);
  };
  for (const [gesture, from] of [['zoom', ''], ['pan', '&from=40000&to=60000']]) {
    await show(from);
    const { value, details } = await framesOf(browser, space.folder, 'chart-layers-plot', gesture, Number(options.seconds));
    if (value < LEAST) process.exitCode = 1;
    console.log(JSON.stringify({
      name: `frames_per_second/${gesture}`, value, unit: '1/s', higher_is_better: true,
      details: { series: chosen.length, steps: run.progress.step, layers_in_heat_map: layers.length, ...details },
    }));
  }
} finally {
  await window?.close();
  await space.remove();
}
