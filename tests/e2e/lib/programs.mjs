// Where the built programs are, and how a child process is started and ended. Fails in words where a program is missing.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../..', import.meta.url));

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'vitals');

/** Folder with `vitals`, `vitals-worker` and `vitals-desktop`. */
export const binaries = process.env.VITALS_BINARIES ?? join(repository, 'target/debug');

/** The path of a program, or an error that says how to get it. */
export function program(name, folder = binaries) {
  const path = name === 'tauri-driver'
    ? (process.env.VITALS_TAURI_DRIVER ?? join(cache, 'tools/bin/tauri-driver'))
    : join(folder, name);
  if (!existsSync(path)) throw new Error(`${path} is missing; \`cargo xtask test\` builds it`);
  return path;
}

const living = new Set();
process.once('exit', () => living.forEach((child) => child.kill('SIGKILL')));

/** Starts a program; it does not outlive this process. Its output is kept and shown only by `describe()`; `end()` stops it and waits. */
export function start(path, args, options = {}) {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  living.add(child);
  child.once('exit', () => living.delete(child));
  let output = '';
  const keep = (bytes) => { output = (output + bytes).slice(-20_000); };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => { keep(`${error}\n`); resolve(); });
    child.once('exit', resolve);
  });
  return {
    child,
    ended,
    /** Lets this process end although the other still runs. */
    letGo() {
      child.unref();
      for (const pipe of child.stdio) pipe?.unref?.();
    },
    describe: () => `${path} said:\n${output}`,
    async end(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
    },
  };
}

/** Runs a program to its end and returns its stdout; fails with its stderr. */
export async function run(path, args, options = {}) {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (bytes) => { stdout += bytes; });
  child.stderr.on('data', (bytes) => { stderr += bytes; });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${path} ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** A port of this machine that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Asks again until the answer is neither false, null nor undefined. The limit only bounds a failing test. */
export async function until(what, ask, limitMs = 30_000) {
  const end = performance.now() + limitMs;
  let last;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== null && answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited ${limitMs / 1000} s for ${what}`, { cause: last });
}
