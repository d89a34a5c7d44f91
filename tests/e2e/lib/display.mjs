// The display of the tests: an Xvfb of our own, started once, whose framebuffer can be read. It does not disturb the
// user's screen, and the window has the same size everywhere.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, until } from './programs.mjs';

let shared = null;

/** `name` for DISPLAY, and `framebuffer`, the file that holds what is shown. Xvfb picks its own number. */
export function display() {
  shared ??= launch();
  return shared;
}

async function launch() {
  const folder = mkdtempSync(join(tmpdir(), 'vitals-display-'));
  const xvfb = start(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp', '-fbdir', folder],
    { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
  );
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  let number = '';
  xvfb.child.stdio[3].on('data', (bytes) => { number += bytes; });
  xvfb.letGo();
  await until('Xvfb to open a display', () => {
    if (xvfb.child.exitCode !== null) throw new Error(xvfb.describe());
    return number.includes('\n') && existsSync(`/tmp/.X11-unix/X${number.trim()}`);
  });
  return { name: `:${number.trim()}`, framebuffer: join(folder, 'Xvfb_screen0') };
}
