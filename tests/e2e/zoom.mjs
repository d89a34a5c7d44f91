// How many frames a second the window draws while a person zooms and pans ten series of 100,000 steps: turns the wheel over a
// chart of the real window once a frame, as a fast hand does, and counts frames and redraws. Without a GPU WebKit draws in
// software. Prints one line a gesture; fails below 30.
import { parseArgs } from 'node:util';
import { cpuSeconds } from './lib/processes.mjs';
import { until } from './lib/programs.mjs';
import { rpc } from './lib/rpc.mjs';
import { synthesize } from './lib/synthetic.mjs';
import { applicationOn, open, workspace } from './lib/window.mjs';

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '6' }, workspace: { type: 'string' }, steps: { type: 'string', default: '100000' }, tab: { type: 'string', default: 'curves' } } });
const SERIES = 10;
const LEAST = 30;

/** Runs in the page: `gesture` names what each frame does; frames, redraws and the longest frame in milliseconds. */
function drive(browser, gesture, seconds) {
  return browser.executeAsync((gesture, seconds, done) => {
    const plot = document.querySelector('[data-testid="chart-layers-plot"]');
    const box = plot.getBoundingClientRect();
    const painted = () => Number(plot.dataset.painted);
    const turn = (deltaY, shiftKey) => plot.dispatchEvent(new WheelEvent('wheel', {
      deltaY, shiftKey, bubbles: true, cancelable: true, clientX: box.left + box.width * 0.6, clientY: box.top + box.height / 2,
    }));
    const [from, redraws] = [performance.now(), painted()];
    let [frames, last, longest] = [0, from, 0];
    const frame = (now) => {
      if (frames > 0) longest = Math.max(longest, now - last);
      last = now;
      const at = performance.now() - from;
      if (at > seconds * 1000) {
        done({ frames, seconds: at / 1000, redraws: painted() - redraws, longest });
        return;
      }
      frames += 1;
      // In and out again within two seconds; to and fro likewise.
      const forth = Math.floor(at / 1000) % 2 === 0;
      turn(forth ? -100 : 100, gesture === 'pan');
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, gesture, seconds);
}

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
    await drive(browser, gesture, 2);
    const root = await applicationOn(space.folder);
    const before = await cpuSeconds(root);
    const { frames, seconds, redraws, longest } = await drive(browser, gesture, Number(options.seconds));
    const after = await cpuSeconds(root);
    // What a frame takes of the processor says more than the rate where other programs run beside.
    const cpu = Object.fromEntries(Object.entries(after).map(([name, taken]) => [name, Math.round((taken - (before[name] ?? 0)) / frames * 10_000) / 10]));
    const value = Math.round(frames / seconds * 10) / 10;
    if (value < LEAST) process.exitCode = 1;
    console.log(JSON.stringify({
      name: `frames_per_second/${gesture}`, value, unit: '1/s', higher_is_better: true,
      details: { series: chosen.length, steps: run.progress.step, layers_in_heat_map: layers.length, redraws_per_second: Math.round(redraws / seconds * 10) / 10, longest_frame_ms: Math.round(longest), cpu_ms_per_frame: cpu },
    }));
  }
} finally {
  await window?.close();
  await space.remove();
}
