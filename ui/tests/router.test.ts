// What stands in the address when the window's own change of it and a person's way to another screen fall together. A browser tells of a
// new address a little after it stands there: here that moment is the test's.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

type Router = typeof import('../src/lib/state/router.svelte').router;

const LATER_MS = 1000;
const page = { hash: '#/map', tell: () => {} };
let router: Router;
let leave: () => void;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('location', page);
  vi.stubGlobal('history', { replaceState: (_state: unknown, _title: string, hash: string) => { page.hash = hash; } });
  vi.stubGlobal('addEventListener', (_name: string, read: () => void) => { page.tell = read; });
  vi.stubGlobal('removeEventListener', () => { page.tell = () => {}; });
  page.hash = '#/map';
  vi.resetModules();
  router = (await import('../src/lib/state/router.svelte')).router;
  leave = router.listen();
});

afterEach(() => {
  leave();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it('a change is written a little later, and the next one, too', () => {
  router.patch({ cell: '3' });
  expect(page.hash).toBe('#/map');
  vi.advanceTimersByTime(LATER_MS);
  expect(page.hash).toBe('#/map?cell=3');
  router.patch({ cell: '4', face: 'scatter' });
  vi.advanceTimersByTime(LATER_MS);
  expect(page.hash).toBe('#/map?cell=4&face=scatter');
});

it('whoever follows a link while a change waits stays where the link leads', () => {
  router.patch({ cell: '3' });
  page.hash = '#/runs?sel=a';
  vi.advanceTimersByTime(LATER_MS);
  expect(page.hash).toBe('#/runs?sel=a');
  page.tell();
  expect(router.route).toEqual({ screen: 'runs', arg: '', params: { sel: 'a' } });
  router.patch({ sort: 'name' });
  vi.advanceTimersByTime(LATER_MS);
  expect(page.hash).toBe('#/runs?sel=a&sort=name');
});

it('a change that waits is written into the place that is left by `go`', () => {
  const written: string[] = [];
  vi.stubGlobal('history', { replaceState: (_state: unknown, _title: string, hash: string) => { written.push(hash); page.hash = hash; } });
  router.patch({ cell: '3' });
  router.go('runs', '', { sel: 'a' });
  expect(written).toEqual(['#/map?cell=3']);
  vi.advanceTimersByTime(LATER_MS);
  page.tell();
  expect([page.hash, router.route.screen]).toEqual(['#/runs?sel=a', 'runs']);
});
