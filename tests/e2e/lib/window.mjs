// The real window under WebDriver: tauri-driver, WebKitWebDriver and the application on a workspace of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remote } from 'webdriverio';
import { display } from './display.mjs';
import { cut, screen } from './picture.mjs';
import { freePort, program, run, start, until } from './programs.mjs';

/** A new empty workspace below the system's folder for temporary files. */
export async function workspace() {
  const folder = await mkdtemp(join(tmpdir(), 'vitals-e2e-'));
  return {
    folder,
    /** `vitals` on it, with `--json`: the parsed lines. */
    async vitals(...args) {
      const answer = await run(program('vitals'), ['--workspace', folder, '--json', ...args]);
      return answer.split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line));
    },
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

/** Opens the application and resolves once its frame is drawn. `close()` ends everything that was started. */
export async function open(folder, { width = 1440, height = 900, env = {} } = {}) {
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
        'tauri:options': { application: program('vitals-desktop') },
      },
    });
  } catch (error) {
    await driver.end();
    throw new Error(`the window did not open\n${driver.describe()}`, { cause: error });
  }
  const close = async () => {
    await browser.deleteSession().catch(() => {});
    await driver.end();
  };
  try {
    await browser.setWindowSize(width, height);
    await until('the frame to be drawn', () => browser.execute(() => document.querySelector('#app')?.childElementCount > 0));
  } catch (error) {
    const found = await browser.execute(() => [location.href, document.readyState, ...(window.vitalsErrors ?? [])]).catch(String);
    await close();
    throw new Error(`the window stayed empty: ${found}\n${driver.describe()}`, { cause: error });
  }
  /** What the window shows, from the framebuffer. */
  const picture = async () => {
    const { x, y, width: w, height: h } = await browser.getWindowRect();
    return cut(await screen(shown.framebuffer), x, y, w, h);
  };
  return { browser, driver, close, picture, errors: () => browser.execute(() => [...(window.vitalsErrors ?? ['no page'])]) };
}
