// The boundary of stable training in the real window: runs of low rates train to their end and are evaluated on the way, those of high rates
// break. A line lies between them with its band, is said in words, and its next runs are queued in one click.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from '../lib/axe.mjs';
import { hands } from '../lib/hands.mjs';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { swept } from '../lib/swept.mjs';

const [RATES, BATCHES, SEEDS] = [[1e-4, 3e-4, 1e-3, 3e-3, 1e-2], [16, 32], [0, 1]];
const HIGHEST_STABLE = 1e-3;
const RUNS = RATES.length * BATCHES.length * SEEDS.length * 2;

const { window, browser, vitals } = swept({
  name: 'Rates', seeds: SEEDS, runs: RUNS,
  axes: { base_learning_rate: RATES, batch_size: BATCHES, frozen_patch_projection: [false, true] },
  behaviour: `step_ms=1&layers=4&evaluate=10&breaks_above=${HIGHEST_STABLE * 1e6 + 1}`,
  recipe: 'max_steps = 400\nknn_every = 10\nknn_queries = 5000',
});
const { by, click, visit } = hands(window);

test('a line lies between the rates that train and those that break, with its band and in words', async () => {
  await visit('#/map?x=batch_size&y=base_learning_rate', 'map-panel');
  await by('boundary-bar').waitForDisplayed({ timeout: 15_000 });
  const told = await rpc(browser(), 'boundaries', { where: '', across: 'batch_size' });
  assert.equal(told.groups.length, 2);
  for (const { stable, unstable, untold, line } of told.groups) {
    assert.deepEqual([stable, unstable, untold], [12, 8, 0]);
    assert.ok(line.length > 1);
    for (const { rate, low, high } of line) {
      assert.ok((low === null || low <= rate) && (high === null || rate <= high), `${low} ${rate} ${high}`);
      assert.ok(rate > HIGHEST_STABLE * 0.8 && rate < 3e-3 * 1.25, `between the last that trains and the first that breaks: ${rate}`);
    }
  }
  const lines = await browser().execute(() => document.querySelectorAll('[data-testid="boundary-line"] svg path, [data-testid="boundary-line"] path').length);
  assert.ok(lines >= 2, `a band and a line in each panel: ${lines}`);
  // Said to those who do not see it.
  assert.match(await browser().execute(() => document.querySelector('[data-testid="boundary-said"]').textContent), /boundary/i);
  assert.deepEqual(await faults(browser()), []);
});

test('its next runs are shown with their chance and cost, and queued in one click', async () => {
  await vitals('queue', 'pause');
  await visit('#/map?x=batch_size&y=base_learning_rate', 'map-panel');
  await by('next-run').waitForDisplayed({ timeout: 15_000 });
  const proposed = await browser().execute(() => [...document.querySelectorAll('[data-testid="next-run"]')].map((one) => one.textContent.trim()));
  assert.ok(proposed.length > 0 && proposed.every((one) => /%/.test(one)), JSON.stringify(proposed));
  await click('queue-boundary');
  await by('queue-boundary-confirm').waitForDisplayed({ timeout: 5_000 });
  await click('queue-boundary-confirm');
  await until('the runs wait', async () => (await vitals('runs', '--where', 'state = queued')).length === proposed.length);
});
