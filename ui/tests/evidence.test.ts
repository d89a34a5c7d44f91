// What the supervisor says of a run, in the reader's language: where something is to do, that is said in it too, and names,
// numbers and the words of other programs stay as they are.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { messages } from '$lib/i18n/index.svelte';
import { evidenceText } from '$lib/ui/run-state';

const speak = (language: string) => messages.choose(language, language);
beforeAll(() => { vi.stubGlobal('document', { documentElement: {} }); });
afterAll(() => { speak('en'); vi.unstubAllGlobals(); });

/** As the supervisor writes them, with what must be left of each in every language. */
const SAID: [string, string[]][] = [
  ['not started: device cuda:7 does not exist here; this machine has cpu; set device to one of them or to auto', ['cuda:7', 'cpu', 'auto']],
  ['not started: device cuda:0 cannot be used: the driver is too old; set device to auto or cpu', ['cuda:0', 'the driver is too old', 'auto']],
  ['not started: slurm refused it: sbatch: error: invalid partition specified: nowhere; sbatch: error: Batch job submission failed: Invalid partition name specified; change the Slurm settings, then retry', ['sbatch: error: invalid partition specified: nowhere; sbatch: error: Batch job submission failed: Invalid partition name specified']],
  ['not started: failed to lock /runs/x/lock: Read-only file system (os error 30); see that its folder can be written, then retry', ['lock /runs/x/lock: Read-only file system (os error 30)']],
  ['not started: it needs about 12.0 GiB and cuda:0 has 8.0 GiB for runs; make it smaller (batch_size, micro_batch_size), or raise the memory of cuda:0 in the settings', ['12.0 GiB', '8.0 GiB', 'cuda:0', 'batch_size']],
  ['slurm gave no answer: Unable to contact slurm controller', ['Unable to contact slurm controller']],
  ['no run folder can be made in /w/runs: /w/runs: it is no folder: nothing is started before it can', ['/w/runs: /w/runs: it is no folder']],
  ['the disk of /w/runs has 12 MiB left and `low_disk_bytes` asks for 1024 MiB: nothing is started before there is room', ['/w/runs', '12 MiB', '1024 MiB', 'low_disk_bytes']],
  ['journals take 3.0 GiB and `journal_limit_bytes` allows 2.0 GiB: nothing is started; remove runs that nobody needs, or raise the limit', ['3.0 GiB', 'journal_limit_bytes', '2.0 GiB']],
  ['checkpoints take 3.0 GiB and `checkpoint_limit_bytes` allows 2.0 GiB: nothing is started; the last checkpoint of each run stays: remove runs that nobody needs, or raise the limit', ['3.0 GiB', 'checkpoint_limit_bytes', '2.0 GiB']],
  ['nothing is started: the setting `slots` is not understood (expected a map at line 1 column 2); set it again with `vitals settings`', ['slots', 'expected a map at line 1 column 2', 'vitals settings']],
  ['vitals-worker is not in /opt/vitals/bin; build it or put it there', ['vitals-worker', '/opt/vitals/bin']],
  ["exit 0 (journal's end record; no exit.json)", ['exit.json']],
  ["exit 3, stopped by a signal from outside (journal's end record; no exit.json)", ['exit.json']],
  ["exit 6: failed to read the data set: no images in /x (journal's end record; no exit.json)", ['failed to read the data set: no images in /x', 'exit.json']],
  ['exit 4: non-finite loss', []],
  ['exit 5: out of device memory', []],
  ['exit 127: the worker could not be started: libtorch_cpu.so: not found', ['libtorch_cpu.so: not found']],
  ['exit.json names neither code nor signal', ['exit.json']],
  ['requeued after its time limit: it goes on from its checkpoint', []],
];

test.each(SAID)('%s', (said, kept) => {
  speak('en');
  for (const words of kept) expect(evidenceText(said)).toContain(words);
  // In English its own words are good enough.
  if (!/^(slurm|requeued) /.test(said)) expect(evidenceText(said)).toBe(said);
  speak('ko');
  const korean = evidenceText(said);
  for (const words of kept) expect(korean).toContain(words);
  const rest = kept.reduce((text, words) => text.replaceAll(words, ''), korean);
  expect(rest).toMatch(/[가-힣]/);
  // Names of settings and programs, no sentences.
  expect(rest.match(/[A-Za-z_]+ [A-Za-z_]+ [A-Za-z_]+/)).toBeNull();
});

/** The end reasons of the contract. */
test.each(['finished', 'paused', 'cancelled', 'terminated', 'nonfinite', 'error', 'out_of_memory', 'dataset_unreadable', 'checkpoint_unreadable'])('an attempt ended: %s', (reason) => {
  speak('en');
  expect(evidenceText(reason)).not.toContain('_');
  speak('ko');
  expect(evidenceText(reason)).toMatch(/^[가-힣 ]+$/);
});
