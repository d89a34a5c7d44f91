// GPUs in the window, by a counterfeit of CUDA (tests/counterfeit): two that work, and two whose driver is too old, which is said wherever a
// run that left the choice of its device could be missed.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hands } from './../lib/hands.mjs';
import { binaries, until } from './../lib/programs.mjs';
import { open, workspace } from './../lib/window.mjs';

/** The newest that cargo has built beside the programs. */
function counterfeit() {
  const build = join(binaries, 'build');
  const built = readdirSync(build).filter((name) => name.startsWith('vitals-counterfeit-')).map((name) => join(build, name, 'out', 'libraries'));
  const age = (folder) => statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = built.toSorted((a, b) => age(b) - age(a))[0];
  assert.ok(newest !== undefined && age(newest) > 0, `${build} has no counterfeit of CUDA: \`cargo build --workspace --tests\` makes it`);
  return newest;
}

const SWEEP = `format = 1
name = "cards"
seeds = [1, 2]

[recipe]
preset = "mocov3_vit_micro"
dataset = "fashion-mnist"
max_steps = 4000
knn_every = 0
`;

process.env.LD_LIBRARY_PATH = counterfeit();
const ends = [];
after(async () => { for (const end of ends.toReversed()) await end(); });

/** A window on a workspace of its own whose two runs have begun, on a machine with such cards. */
async function shown(cards) {
  process.env.VITALS_COUNTERFEIT = cards;
  const space = await workspace();
  ends.push(() => space.remove());
  await writeFile(join(space.folder, 'cards.toml'), SWEEP);
  await space.vitals('sweep', 'run', join(space.folder, 'cards.toml'));
  const runs = await until('a run that records', async () => {
    const found = await space.vitals('runs');
    return found.some((run) => run.state === 'running') ? found.filter((run) => run.state === 'running') : null;
  });
  const window = await open(space.folder);
  ends.push(() => window.close());
  // What is cut off where the window is narrow is there all the same.
  const words = (id) => window.browser.execute((of) => document.querySelector(`[data-testid="${of}"]`).textContent, id);
  return { space, window, runs, words, ...hands(() => window) };
}

test('runs that leave the choice go to the cards, and a card takes as many as it is told to', async () => {
  const { click, go, type, words, space, window, runs } = await shown('devices=2');
  assert.ok(runs.every((run) => run.device.startsWith('cuda:')), JSON.stringify(runs.map((run) => run.device)));
  await go('live');
  for (const device of ['cuda:0', 'cuda:1']) assert.match(await words(`device-${device}`), /Counterfeit GPU/);
  await go('settings');
  await type('slots-cuda:1', '2');
  await click('save-devices');
  await until('two slots on the second card', async () => (await space.vitals('settings'))[0].slots?.['cuda:1'] === 2);
  assert.deepEqual(await window.errors(), []);
});

test('a driver that is too old is said under Live, in Settings and on the run that is on the CPU for it', async () => {
  const { go, visit, words, window, runs } = await shown('devices=2,driver=12.2');
  assert.deepEqual([...new Set(runs.map((run) => run.device))], ['cpu']);
  const why = /The driver runs CUDA 12\.2 at most, and this libtorch needs CUDA 13\.0 \(driver 580\)\./;
  const remedy = /Install NVIDIA's driver 580 or newer/;
  await go('live');
  const card = await words('device-cuda:1');
  assert.match(card, why);
  assert.match(card, remedy);
  await go('settings');
  const devices = await words('devices');
  assert.match(devices, why);
  assert.match(devices, remedy);
  await visit(`#/run/${runs[0].id}?tab=overview`, 'origin');
  assert.match(await words('origin-no-gpu'), why);
  assert.deepEqual(await window.errors(), []);
});
