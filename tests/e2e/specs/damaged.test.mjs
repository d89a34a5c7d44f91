// Journals that are damaged while their run lives: the window goes on drawing what is good, and says what is not, in the log
// of the run and beside its name, in both languages.
import assert from 'node:assert/strict';
import { open as openFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../lib/programs.mjs';
import { rpc } from '../lib/rpc.mjs';
import { behave, queue, standIns } from '../lib/stand-in.mjs';
import { open, workspace } from '../lib/window.mjs';

let stands;
let space;
let window;
let run;
before(async () => {
  stands = await standIns();
  space = await workspace(stands.folder);
  window = await open(space.folder, { programs: stands.folder });
  await behave(space, 'step_ms=20&late_at=40&widen_at=60');
  await queue(space, 1, 1_000_000);
  run = await until('the run to record steps', async () => {
    const [one] = await space.vitals('runs', '--where', 'state = running');
    return one?.progress.step > 100 ? one : null;
  }, 120_000);
});
after(async () => {
  await window?.close();
  await space?.remove();
  await stands?.remove();
});

const text = (id) => window.browser.execute((id) => document.querySelector(`[data-testid="${id}"]`)?.textContent ?? '', id);
const show = (tab) => window.browser.execute((hash) => { location.hash = hash; }, `#/run/${run.id}?tab=${tab}`);
const values = () => window.browser.execute(() => Number(document.querySelector('[data-testid="chart-loss-badge"]')?.dataset.values ?? 0));

const journal = () => join(space.folder, 'runs', run.id, 'attempt-0001', 'journal');

/** Flips a byte of a record that nobody has read yet, `into` bytes behind its beginning: the supervisor stands still meanwhile. */
async function flip(into) {
  const path = journal();
  const { supervisor } = await rpc(window.browser, 'app_info', {});
  process.kill(supervisor.pid, 'SIGSTOP');
  const file = await openFile(path, 'r+');
  try {
    const { size } = await stat(path);
    await until('more records', async () => ((await stat(path)).size > size + 1000 ? true : null));
    const bytes = await file.readFile();
    // Frames: length, its checksum, payload, its checksum.
    let at = 0;
    while (at <= size) at += 16 + Number(bytes.readBigUInt64LE(at));
    await file.write(Buffer.from([bytes[at + into] ^ 0x10]), 0, 1, at + into);
  } finally {
    await file.close();
    process.kill(supervisor.pid, 'SIGCONT');
  }
}

test('rows out of order and a column added midway are drawn, and the first are said', async () => {
  await show('log');
  await until('the log to say it', async () => /rows of `step` came out of order/.test(await text('log')) || null);
  const found = await rpc(window.browser, 'run', { id: run.id });
  assert.ok(found.series.some((one) => one.name === 'grad_norm/blocks.5'), 'the new column is a series');
  await show('curves');
  await until('the loss to be drawn', async () => ((await values()) > 100 ? true : null));
});

for (const [what, into, words] of [
  ['payload', 14, /damaged at byte \d+: a record whose checksum does not hold/],
  ['length', 1, /damaged at byte \d+: a record whose length is damaged/],
]) {
  test(`a flipped byte of a ${what} costs one record, is said in the log, and the curve goes on`, async () => {
    await flip(into);
    await show('log');
    await until('the log to say it', async () => words.test(await text('log')) || null);
    await show('curves');
    const before = await until('the loss to be drawn', async () => (await values()) || null);
    await until('more of it', async () => ((await values()) > before + 20 ? true : null));
  });
}

test('that a journal cannot be read on stands beside the name of the run, which goes on', async () => {
  // Shorter than what was read of it, for a supervisor that has yet to open it.
  const { supervisor } = await rpc(window.browser, 'app_info', {});
  process.kill(supervisor.pid, 'SIGKILL');
  await truncate(journal(), 100);
  await queue(space, 1, 1_000_000);
  for (const [language, words] of [['en', /journal is damaged and cannot be read on; the run goes on/], ['ko', /저널이 손상되어/]]) {
    await rpc(window.browser, 'settings_set', { ...(await rpc(window.browser, 'settings', {})), language });
    await window.browser.refresh();
    await show('curves');
    await until(`the head to say it in ${language}`, async () => words.test(await text('run-evidence')) || null, 60_000);
  }
  await until('what lies before to be drawn', async () => ((await values()) > 100 ? true : null));
  const [now] = await space.vitals('runs', '--where', `id = ${run.id}`);
  assert.equal(now.state, 'running');
});
