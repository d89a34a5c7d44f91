// The real window under WebDriver: tauri-driver, WebKitWebDriver and the application on a workspace of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remote } from 'webdriverio';
import { display } from './display.mjs';
import { cut, screen } from './picture.mjs';
import { binaries, freePort, program, run, start, until } from './programs.mjs';

/** What a test confirms, and what a page keeps for itself, stands in no record of the person who runs it, nor the other way round.
 * Programs that are started here find it. */
const own = mkdtempSync(join(tmpdir(), 'vitals-own-'));
process.env.XDG_STATE_HOME = join(own, 'state');
process.env.XDG_DATA_HOME = join(own, 'data');
process.once('exit', () => rmSync(own, { recursive: true, force: true }));

/** Of a picture, where something moves all the time. */
const MOST_READINGS = 8;

/** A new empty workspace below the system's folder for temporary files; `programs` is the folder of the binaries. */
export async function workspace(programs = binaries) {
  const folder = await mkdtemp(join(tmpdir(), 'vitals-e2e-'));
  /** `vitals` on it, with `--json`: the parsed lines. */
  const vitals = async (...args) => {
    const answer = await run(program('vitals', programs), ['--workspace', folder, '--json', ...args]);
    return answer.split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line));
  };
  const alive = (...more) => vitals('runs', '--where', `state in (${['starting', 'running', 'stalled', ...more].join(', ')})`);
  return {
    folder,
    vitals,
    /** Cancels what waits and lives, and removes the folder when nothing lives any more. */
    async remove() {
      const left = await alive('queued');
      // One may have ended by itself meanwhile, which is no failure.
      if (left.length > 0) await vitals('run', 'cancel', ...left.map((run) => run.id)).catch(() => {});
      await until('no run to be alive', async () => (await alive('pausing')).length === 0, 120_000);
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** The process of the application on a workspace, by its program and its environment; null where there is none. */
export async function applicationOn(folder) {
  for (const pid of (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))) {
    try {
      const [line, environment] = [await readFile(`/proc/${pid}/cmdline`, 'utf8'), await readFile(`/proc/${pid}/environ`, 'utf8')];
      if (line.split('\0')[0].endsWith('vitals-desktop') && environment.split('\0').includes(`VITALS_WORKSPACE=${folder}`)) return Number(pid);
    } catch {
      // It ended while it was looked at, or is another user's.
    }
  }
  return null;
}

/** Opens the application and resolves once its frame is drawn. `close()` ends everything that was started. */
export async function open(folder, { width = 1440, height = 900, env = {}, programs = binaries } = {}) {
  const [port, nativePort, shown] = [await freePort(), await freePort(), await display()];
  const driver = start(program('tauri-driver'), ['--port', String(port), '--native-port', String(nativePort)], {
    env: { ...process.env, DISPLAY: shown.name, VITALS_WORKSPACE: folder, NO_AT_BRIDGE: '1', GTK_A11Y: 'none', ...env },
  });
  let browser;
  try {
    await until('tauri-driver to answer', () => fetch(`http://127.0.0.1:${port}/status`).then(() => true));
    browser = await remote({
      hostname: '127.0.0.1',
      port,
      logLevel: 'error',
      connectionRetryCount: 0,
      connectionRetryTimeout: 60_000,
      capabilities: {
        browserName: 'wry',
        'wdio:enforceWebDriverClassic': true,
        'tauri:options': { application: program('vitals-desktop', programs) },
      },
    });
  } catch (error) {
    await driver.end();
    throw new Error(`the window did not open\n${driver.describe()}`, { cause: error });
  }
  const close = async () => {
    await browser.deleteSession().catch(() => {});
    await driver.end();
    // On a busy machine the session's end may come too late to reach it.
    const left = await applicationOn(folder);
    if (left !== null) process.kill(left, 'SIGKILL');
  };
  try {
    await browser.setWindowSize(width, height);
    await until('the frame to be drawn', () => browser.execute(() => document.querySelector('#app')?.childElementCount > 0));
  } catch (error) {
    const found = await browser.execute(() => [location.href, document.readyState, ...(window.vitalsErrors ?? [])]).catch(String);
    await close();
    throw new Error(`the window stayed empty: ${found}\n${driver.describe()}`, { cause: error });
  }
  /** What the window shows, from the framebuffer. It is read while it is drawn to: the upper part of a picture may be of one frame and
   *  the lower of the next. What two readings agree on is whole. */
  const picture = async () => {
    const { x, y, width: w, height: h } = await browser.getWindowRect();
    const read = async () => cut(await screen(shown.framebuffer), x, y, w, h);
    let before = await read();
    for (let tries = 0; tries < MOST_READINGS; tries += 1) {
      const now = await read();
      if (now.rgb.equals(before.rgb)) return now;
      before = now;
    }
    return before;
  };
  /** Ends the application with signal 9, as a crash would; the driver goes with it. */
  const kill = async () => {
    const pid = await until('the application to be found', () => applicationOn(folder));
    process.kill(pid, 'SIGKILL');
    await until('the application to be gone', async () => (await applicationOn(folder)) === null || null);
    await driver.end();
  };
  return { browser, driver, close, kill, picture, errors: () => browser.execute(() => [...(window.vitalsErrors ?? ['no page'])]) };
}
