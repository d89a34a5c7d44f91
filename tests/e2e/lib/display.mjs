// The display of the tests: the user's, or an Xvfb that is started once and ended with the process.
import { existsSync } from 'node:fs';
import { start, until } from './programs.mjs';

let shared = null;

/** The value of DISPLAY. Xvfb picks its own number and says which through a descriptor. */
export async function display({ own = false } = {}) {
  if (!own && process.env.DISPLAY) return process.env.DISPLAY;
  shared ??= launch();
  return shared;
}

async function launch() {
  const xvfb = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let number = '';
  xvfb.child.stdio[3].on('data', (bytes) => { number += bytes; });
  process.once('exit', () => xvfb.child.kill());
  xvfb.child.unref();
  for (const pipe of xvfb.child.stdio) pipe?.unref?.();
  await until('Xvfb to open a display', () => {
    if (xvfb.child.exitCode !== null) throw new Error(xvfb.describe());
    return number.includes('\n') && existsSync(`/tmp/.X11-unix/X${number.trim()}`);
  });
  return `:${number.trim()}`;
}
