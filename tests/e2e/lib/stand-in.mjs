// Live runs that cost next to nothing: the real window, supervisor, guard and ingest, and in place of the worker the
// stand-in of the supervisor's tests, which records a step every so many milliseconds and trains nothing.
import { copyFile, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { png } from './picture.mjs';
import { program } from './programs.mjs';

/** A folder of programs whose worker is the stand-in. */
export async function standIns() {
  const folder = await mkdtemp(join(tmpdir(), 'vitals-stand-in-'));
  // Copies, not links: the programs look for each other beside the file they were started from.
  const names = { vitals: 'vitals', 'vitals-desktop': 'vitals-desktop', 'vitals-worker': 'examples/stand_in' };
  for (const [name, from] of Object.entries(names)) await copyFile(program(from), join(folder, name), constants.COPYFILE_FICLONE);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A data set whose runs behave as told, `step_ms=200&layers=12`: the stand-in reads it from the path. */
export async function behave(space, behaviour) {
  const images = join(space.folder, `stand-in?${behaviour}`);
  await mkdir(images, { recursive: true });
  for (let n = 0; n < 32; n += 1) await writeFile(join(images, `${n}.png`), png({ width: 8, height: 8, rgb: Buffer.alloc(192, 8 * n) }));
  await space.vitals('dataset', 'add', 'stand-in', images);
}

/** Queues `count` runs of so many steps; those that an earlier call has queued are among them. */
export async function queue(space, count, steps) {
  const file = join(space.folder, 'live.toml');
  await writeFile(file, `format = 1
name = "Live"
seeds = ${count}

[recipe]
preset = "mocov3_vit_micro"
dataset = "stand-in"
batch_size = 16
max_steps = ${steps}
checkpoint_every = 0
`);
  await space.vitals('sweep', 'run', file);
}
