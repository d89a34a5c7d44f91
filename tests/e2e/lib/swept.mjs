// A window over a workspace with one sweep whose runs have ended: stand-ins train every combination of its axes, quickly. Registers its own
// beginning and end with the test runner; what it gives is there from the first test on.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { until } from './programs.mjs';
import { behave, standIns } from './stand-in.mjs';
import { open, workspace } from './window.mjs';

/** Runs on a busy machine; reached only when something hangs. */
const LONG_MS = 120_000;

/** `seeds`: how many, or which; `axes`: values by parameter; `minimised`: the metric that the sweep is after; `runs`: how many there will be;
 * `behaviour`: of the stand-in; `recipe`: further lines. */
export function swept({ name, seeds, axes, minimised = null, runs, behaviour = 'step_ms=1&layers=4', recipe = '' }) {
  let [stands, space, window] = [null, null, null];
  const list = (values) => `[${values.join(', ')}]`;
  const text = `format = 1
name = "${name}"
seeds = ${Array.isArray(seeds) ? list(seeds) : seeds}

[recipe]
preset = "mocov3_vit_micro"
dataset = "stand-in"
batch_size = 16
checkpoint_every = 0
${recipe}
${Object.entries(axes).map(([parameter, values]) => `\n[[axis]]\nparameter = "${parameter}"\nvalues = ${list(values)}\n`).join('')}${minimised === null ? '' : `\n[objective]\nmetric = "${minimised}"\ngoal = "minimize"\n`}`;
  before(async () => {
    stands = await standIns();
    space = await workspace(stands.folder);
    await behave(space, behaviour);
    const file = join(space.folder, 'sweep.toml');
    await writeFile(file, text);
    await space.vitals('sweep', 'run', file);
    window = await open(space.folder, { programs: stands.folder });
    await until('the runs to be finished', async () => (await space.vitals('runs', '--where', 'state = finished or state = failed')).length === runs, LONG_MS);
  });
  after(async () => {
    await window?.close();
    await space?.remove();
    await stands?.remove();
  });
  return { window: () => window, browser: () => window.browser, vitals: (...words) => space.vitals(...words) };
}
