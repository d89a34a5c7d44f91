// An open sweep file: checks wait until the typing rests, stale answers are dropped, edits queue up, nothing is lost when
// the file changes on disk.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { provideBackend } from '../src/lib/backend';
import { Latest } from '../src/screens/sweeps/latest';
import { REST_MS, SweepDocument } from '../src/screens/sweeps/document.svelte';
import { changeOnDisk, check, sweepAnswers } from './fixtures/sweeps';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const FILE = 'stability/warmup-length.toml';
let calls: string[] = [];
/** Milliseconds that the host takes for a method. */
let slow: Record<string, number> = {};
function host(): void {
  calls = [];
  slow = {};
  provideBackend({
    rpc: async (method, params) => {
      calls.push(method);
      if (slow[method] !== undefined) await new Promise((resolve) => setTimeout(resolve, slow[method]));
      return (sweepAnswers[method] as (params: unknown) => never)(params);
    },
    series: () => Promise.reject(new Error('not asked here')),
    heatmap: () => Promise.reject(new Error('not asked here')),
    arms: () => Promise.reject(new Error('not asked here')),
    watch: async () => () => undefined,
    notify: async () => undefined,
    choose: async () => null, zoom: async () => undefined,
  });
}
async function opened(): Promise<SweepDocument> {
  host();
  const document = new SweepDocument(FILE);
  await document.load();
  return document;
}

describe('Latest', () => {
  it('asks once when the typing rests, with the last input', async () => {
    const asked: string[] = [];
    const taken: string[] = [];
    const latest = new Latest<string, string>(async (text) => (asked.push(text), text), (answer) => taken.push(answer), () => undefined, 150);
    for (const text of ['a', 'ab', 'abc']) {
      latest.soon(text);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(60);
    expect([asked, taken]).toEqual([['abc'], ['abc']]);
  });

  it('drops an answer and a failure that come after a newer question', async () => {
    const taken: number[] = [];
    const failed: unknown[] = [];
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const latest = new Latest<number, number>(
      async (ms) => {
        await wait(ms);
        if (ms === 300) throw new Error('late');
        return ms;
      },
      (answer) => taken.push(answer), (reason) => failed.push(reason), 0,
    );
    void latest.now(500);
    void latest.now(300);
    void latest.now(50);
    await vi.advanceTimersByTimeAsync(1000);
    expect([taken, failed]).toEqual([[50], []]);
    void latest.now(400);
    latest.drop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(taken).toEqual([50]);
  });
});

describe('SweepDocument', () => {
  it('mends a text that never was a form', async () => {
    host();
    changeOnDisk('never.toml', 'format = 1\nname = x\n');
    const document = new SweepDocument('never.toml');
    await document.load();
    expect([document.form, document.formValid]).toEqual([null, false]);
    document.mend({ op: 'replace_text', at: 18, old: 'x', new: '"x"' });
    await vi.advanceTimersByTimeAsync(0);
    expect([document.form?.name, document.undoable]).toEqual(['x', true]);
  });

  it('checks typed text after the rest, and says meanwhile that the check is of an older text', async () => {
    const document = await opened();
    const asked = () => calls.filter((one) => one === 'sweep_check').length;
    expect([document.check?.runs, document.fresh, asked()]).toEqual([12, true, 1]);
    document.write(document.text.replace('[0, 2, 5, 10]', '[0, 2]'));
    await vi.advanceTimersByTimeAsync(REST_MS - 10);
    expect([document.check?.runs, document.fresh, document.dirty, asked()]).toEqual([12, false, true, 1]);
    await vi.advanceTimersByTimeAsync(20);
    expect([document.check?.runs, document.fresh, asked()]).toEqual([6, true, 2]);
  });

  it('counts the fields that hold what it could not take, until they are mended or gone', async () => {
    const document = await opened();
    const before = document.errors;
    document.wrong.add('batch_size');
    document.wrong.add('batch_size');
    document.wrong.add('seeds');
    expect(document.errors).toBe(before + 2);
    document.wrong.delete('batch_size');
    document.wrong.delete('seeds');
    expect(document.errors).toBe(before);
  });

  it('keeps the last form while the text is no TOML', async () => {
    const document = await opened();
    document.write('name = ');
    await vi.advanceTimersByTimeAsync(REST_MS);
    expect([document.formValid, document.form?.name, document.check?.errors[0]?.line]).toEqual([false, 'Warm-up length', 1]);
  });

  it('makes edits one after another, each from the form that the one before left', async () => {
    const document = await opened();
    slow['sweep_edit'] = 100;
    for (const seed of [7, 8, 9]) document.edit((form) => [{ op: 'set_seeds', value: [...form.seeds, seed] }]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(document.form?.seeds).toEqual([0, 1, 2, 7, 8, 9]);
    document.undo();
    await vi.advanceTimersByTimeAsync(10);
    expect(document.form?.seeds).toEqual([0, 1, 2, 7, 8]);
    document.redo();
    await vi.advanceTimersByTimeAsync(10);
    expect(document.form?.seeds).toEqual([0, 1, 2, 7, 8, 9]);
  });

  it('applies an edit to the text as typed meanwhile', async () => {
    const document = await opened();
    slow['sweep_edit'] = 100;
    document.edit(() => [{ op: 'set_description', value: 'described' }]);
    await vi.advanceTimersByTimeAsync(50);
    document.write(document.text.replace('Warm-up length', 'Renamed'));
    await vi.advanceTimersByTimeAsync(1000);
    expect([document.form?.name, document.form?.description]).toEqual(['Renamed', 'described']);
  });

  it('follows the disk while untouched, and shows both versions over unsaved edits', async () => {
    const document = await opened();
    const first = document.text;
    changeOnDisk(FILE, first.replace('Warm-up length', 'On disk'));
    await document.lookAtDisk();
    expect([document.dirty, document.conflict, document.text.includes('On disk')]).toEqual([false, null, true]);

    const mine = document.text.replace('On disk', 'Mine');
    document.write(mine);
    changeOnDisk(FILE, first.replace('Warm-up length', 'Theirs'));
    expect(await document.save()).toBe(false);
    expect([document.text, document.conflict?.text.includes('Theirs')]).toEqual([mine, true]);

    document.takeTheirs();
    expect([document.text.includes('Theirs'), document.dirty, document.conflict]).toEqual([true, false, null]);
    document.undo();
    expect(document.text).toBe(mine);

    expect(await document.save()).toBe(true);
    expect(document.dirty).toBe(false);
    changeOnDisk(FILE, first);
    document.write(mine.replace('Mine', 'Mine again'));
    await document.lookAtDisk();
    document.keepMine();
    expect([await document.save(), document.dirty, document.text.includes('Mine again')]).toEqual([true, false, true]);
    changeOnDisk(FILE, first);
  });

  it('writes nothing when there is nothing to save', async () => {
    const document = await opened();
    expect(await document.save()).toBe(true);
    expect(calls).not.toContain('sweep_write');
  });
});

describe('a fix', () => {
  it('is applied as an edit by the host, can be undone, and leaves the rest of the text alone', async () => {
    const document = await opened();
    const sound = document.text;
    const broken = sound.replace('"warmup_epochs"', '"batchsize"');
    document.write(broken);
    await document.validate();
    const fix = document.check?.errors[0]?.fix ?? null;
    expect(fix).toEqual({ op: 'replace_text', at: broken.indexOf('"batchsize"'), old: '"batchsize"', new: '"batch_size"' });
    if (fix !== null) document.edit(() => [fix]);
    await vi.waitFor(() => expect(document.text).toBe(sound.replace('"warmup_epochs"', '"batch_size"')));
    expect(calls).toContain('sweep_edit');
    expect(document.check?.errors).toEqual([]);
    document.undo();
    expect(document.text).toBe(broken);
  });
});

describe('the fixture host', () => {
  it('expands, excludes and finds a misspelt name', () => {
    const text = 'name = "x"\nseeds = 2\n[recipe]\npreset = "p"\n[[axis]]\nparameter = "batch_size"\nvalues = [256, 512]\n[[exclude]]\nbatch_size = 512\n';
    expect([check(text).runs, check(text).excluded]).toEqual([2, 1]);
    expect(check(text.replaceAll('batch_size', 'batchsize')).errors[0]).toMatchObject({ line: 6, column: 13, hint: 'did you mean `batch_size`?' });
  });
});
