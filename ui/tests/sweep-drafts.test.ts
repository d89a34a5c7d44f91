// Unsaved edits outlive the page: a document that is opened again takes them up, unless they were saved or taken back.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { provideBackend } from '../src/lib/backend';
import { SweepDocument } from '../src/screens/sweeps/document.svelte';
import { Drafts, type Drawer } from '../src/screens/sweeps/drafts';
import { changeOnDisk, sweepAnswers } from './fixtures/sweeps';

const FILE = 'stability/warmup-length.toml';
let stored: Map<string, string>;
let gone = false;
const drawer = (): Drawer => ({ getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => void stored.set(key, value), removeItem: (key) => void stored.delete(key) });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  stored = new Map();
  gone = false;
  provideBackend({
    rpc: async (method, params) => {
      if (gone && method === 'sweep_read') throw { code: 'not_found', message: 'no such file', hints: [] };
      return (sweepAnswers[method] as (params: unknown) => never)(params);
    },
    series: () => Promise.reject(new Error('not asked here')),
    heatmap: () => Promise.reject(new Error('not asked here')),
    arms: () => Promise.reject(new Error('not asked here')),
    watch: async () => () => undefined,
    notify: async () => undefined,
    choose: async () => null, zoom: async () => undefined,
  });
});
afterEach(() => void vi.useRealTimers());

async function opened(storage: Drawer = drawer(), workspace = '/w'): Promise<SweepDocument> {
  const document = new SweepDocument(FILE);
  await document.load(new Drafts(storage, workspace));
  return document;
}

describe('unsaved edits', () => {
  it('of the text and of the form are there after a reload, and undo leads back to the disk', async () => {
    const before = await opened();
    const disk = before.text;
    before.write(disk.replace('Warm-up length', 'Mine'));
    before.edit(() => [{ op: 'set_description', value: 'described' }]);
    await vi.advanceTimersByTimeAsync(500);
    const after = await opened();
    expect([after.text, after.dirty, after.conflict, after.form?.name, after.form?.description]).toEqual([before.text, true, null, 'Mine', 'described']);
    after.undo();
    expect([after.text, after.dirty]).toEqual([disk, false]);
    expect((await opened()).dirty).toBe(false);
  });

  it('are of one workspace', async () => {
    (await opened()).write('name = "other"');
    expect((await opened(drawer(), '/elsewhere')).dirty).toBe(false);
  });

  it('are gone once they are saved, and once they are taken back', async () => {
    const document = await opened();
    const disk = document.text;
    document.write(disk.replace('Warm-up length', 'Saved'));
    expect([stored.size, await document.save(), stored.size]).toEqual([1, true, 0]);
    document.write(disk);
    document.revert();
    expect(stored.size).toBe(0);
    changeOnDisk(FILE, disk);
  });

  it('over a file that changed meanwhile are a conflict, not a loss of either', async () => {
    const document = await opened();
    const disk = document.text;
    const mine = disk.replace('Warm-up length', 'Mine');
    document.write(mine);
    changeOnDisk(FILE, disk.replace('Warm-up length', 'Theirs'));
    const after = await opened();
    expect([after.text, after.conflict?.text.includes('Theirs')]).toEqual([mine, true]);
    after.takeTheirs();
    expect([after.text.includes('Theirs'), stored.size]).toEqual([true, 0]);
    changeOnDisk(FILE, disk);
  });

  it('outlive their file', async () => {
    const document = await opened();
    const mine = document.text.replace('Warm-up length', 'Mine');
    document.write(mine);
    gone = true;
    const after = await opened();
    expect([after.text, after.removed, after.dirty, after.error]).toEqual([mine, true, true, null]);
  });

  it('are not in the way where storage is full or holds something else', async () => {
    const full: Drawer = { ...drawer(), setItem: () => { throw new Error('full'); } };
    const document = await opened(full);
    document.write('name = "kept in memory"');
    expect(document.text).toBe('name = "kept in memory"');
    for (const text of ['', 'no json', '3', '{"text":5}']) {
      stored.set(`vitals.draft /w ${FILE}`, text);
      expect((await opened()).dirty).toBe(false);
    }
  });
});
