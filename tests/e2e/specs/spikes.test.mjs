// Every spike and every NaN of a run of 100,000 steps × 150 layers is on the canvas: with the whole run in view at two window
// sizes, and zoomed in; in the heat map and in the lines. One step is a hundredth of a pixel there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { heatAt, riseAt, tokens } from '../lib/spikes.mjs';
import { synthesize } from '../lib/synthetic.mjs';
import { open, workspace } from '../lib/window.mjs';

const STEPS = 100_000;
/** Margins of the plots of the gradients tab, in CSS pixels. */
const HEAT = { left: 108, right: 8, top: 8, bottom: 8 };
const LINES = { left: 108, right: 8 };
/** A colour differs to the eye: of 255, in one channel. */
const SEEN = 40;
/** Nothing of noise reaches so high in the lines, in pixels. */
const RISE = 12;

let space;
let window;
let truth;
let layers;
let colours;
before(async () => {
  space = await workspace();
  [truth] = await synthesize(space.folder, { steps: STEPS, layers: 150 });
  assert.equal(truth.spikes.length, 10);
  assert.equal(truth.nan.length, 3);
  window = await open(space.folder);
  ({ layers } = await rpc(window.browser, 'run', { id: truth.run }));
  colours = await tokens(window.browser, ['--ev-nan', '--cat-2', '--cat-3']);
});
after(async () => {
  await window?.close();
  await space?.remove();
});

const rowOf = (layer) => layers.indexOf(layer);

/** Shows a stretch of the run and the lines of some layers; waits for the frames of that stretch. */
async function show(from, to, chosen) {
  const range = from === null ? '' : `&from=${from}&to=${to}`;
  await window.browser.execute((hash) => { location.hash = hash; }, `#/run/${truth.run}?tab=gradients&layers=${chosen.join(',')}${range}`);
  await window.browser.$('[data-testid="chart-heat-plot"] canvas').waitForDisplayed({ timeout: 30_000 });
}

/** What must be seen of the whole run or a stretch of it; asked again until the frames have come. */
async function everythingIsSeen(where, from, to, spikes, nans) {
  const shown = [from ?? 0, to ?? STEPS - 1];
  const marks = [...spikes.flatMap(({ step, layers: moved }) => moved.map((layer) => ({ step, row: rowOf(layer) }))), ...nans.map(({ step, layer }) => ({ step, row: rowOf(layer), nan: true }))];
  assert.ok(marks.every(({ row }) => row >= 0), JSON.stringify(marks));
  await show(from, to, [...new Set(spikes.map(({ layers: moved }) => moved[0]))].slice(0, 10));
  const look = (places) => heatAt(window.browser, '[data-testid="chart-heat-plot"]', { window: shown, rows: layers.length, places, nan: colours['--ev-nan'], area: HEAT });
  let hidden = marks;
  await until(`${where}: every mark in the heat map`, async () => {
    const seen = await look(marks);
    hidden = marks.filter((mark, n) => (mark.nan ? seen[n].nan > SEEN : seen[n].spike < SEEN));
    return hidden.length === 0;
  }, 60_000).catch((error) => { throw new Error(`${where}: not seen in the heat map: ${JSON.stringify(hidden)}`, { cause: error }); });
  // The same look finds nothing where there is nothing: rows that are calm at these steps, away from the frozen row's hatching
  // and from the frame.
  const calm = marks.map(({ step, row }) => ({ step, row: (row + 75) % layers.length }))
    .filter(({ row }) => row > 2 && row < layers.length - 3)
    .filter(({ step, row }) => !marks.some((mark) => mark.row === row && Math.abs(mark.step - step) < (shown[1] - shown[0]) / 20));
  const nothing = await look(calm);
  assert.deepEqual(calm.filter((_, n) => nothing[n].spike >= SEEN || nothing[n].nan <= SEEN), [], `${where}: seen where nothing is`);
}

/** The line of each spike's first layer stands higher at its step than beside it. One layer at a time: a noisier one hides others. */
async function linesRise(where, from, to, spikes) {
  const shown = [from ?? 0, to ?? STEPS - 1];
  for (const layer of new Set(spikes.map(({ layers: moved }) => moved[0]))) {
    await show(from, to, [layer]);
    const colour = colours[layer === 'patch_embed' ? '--cat-2' : '--cat-3'];
    const places = spikes.filter(({ layers: moved }) => moved[0] === layer).map(({ step }) => ({ step, colour }));
    let rises = [];
    await until(`${where}: every spike in the line of ${layer}`, async () => {
      rises = await riseAt(window.browser, '[data-testid="chart-layers-plot"]', { window: shown, places, area: LINES });
      return rises.every((rise) => rise !== null && rise >= RISE);
    }, 60_000).catch((error) => { throw new Error(`${where}: rises of ${layer} in pixels: ${JSON.stringify(rises)} at ${JSON.stringify(places)}`, { cause: error }); });
  }
}

for (const [width, height] of [[1440, 900], [1100, 720]]) {
  test(`the whole run at ${width} pixels shows every spike and every NaN`, async () => {
    await window.browser.setWindowSize(width, height);
    await everythingIsSeen(`${width}`, null, null, truth.spikes, truth.nan);
    await linesRise(`${width}`, null, null, truth.spikes);
  });
}

test('zoomed in, each is still there', async () => {
  await window.browser.setWindowSize(1440, 900);
  for (const width of [20_000, 1000]) {
    for (const spike of truth.spikes) {
      const from = Math.max(0, Math.min(STEPS - 1 - width, spike.step - Math.round(width * 0.4)));
      const inside = ({ step }) => step > from && step < from + width;
      await everythingIsSeen(`${width} steps at ${spike.step}`, from, from + width, truth.spikes.filter(inside), truth.nan.filter(inside));
      await linesRise(`${width} steps at ${spike.step}`, from, from + width, truth.spikes.filter(inside));
    }
    for (const { step, layer } of truth.nan) {
      const from = Math.max(0, Math.min(STEPS - 1 - width, step - Math.round(width * 0.4)));
      const inside = (one) => one.step > from && one.step < from + width;
      await everythingIsSeen(`${width} steps at the NaN of ${layer}`, from, from + width, truth.spikes.filter(inside), truth.nan.filter(inside));
    }
  }
});

test('the look finds it when a spike is not drawn', async () => {
  await window.browser.setWindowSize(1440, 900);
  const { step, layers: [layer] } = truth.spikes.find(({ layers: moved }) => moved[0] !== 'patch_embed');
  await everythingIsSeen('before', null, null, truth.spikes, truth.nan);
  // As a chart that drew means instead of extremes would: the spike's pixels as those beside them.
  await window.browser.execute((step, last, area) => {
    const canvas = document.querySelector('[data-testid="chart-heat-plot"] canvas');
    const ratio = canvas.width / canvas.clientWidth;
    const x = Math.round(area.left * ratio + (step / last) * (canvas.width - (area.left + area.right) * ratio));
    canvas.getContext('2d').putImageData(canvas.getContext('2d').getImageData(x + 20, 0, 9, canvas.height), x - 4, 0);
  }, step, STEPS - 1, HEAT);
  const [seen] = await heatAt(window.browser, '[data-testid="chart-heat-plot"]', { window: [0, STEPS - 1], rows: layers.length, places: [{ step, row: rowOf(layer) }], nan: colours['--ev-nan'], area: HEAT });
  assert.ok(seen.spike < SEEN, JSON.stringify(seen));
});
