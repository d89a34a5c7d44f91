// The drawing surface: whole pixels at any ratio, one redraw a frame, and charts that put every extreme on it. The canvas is a
// stand-in that writes down what it is told.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { drawLines } from '../src/lib/charts/line-plot';
import { drawOverview } from '../src/lib/charts/overview';
import { geometryOf, type View } from '../src/lib/charts/plot-view';
import { drawSpark } from '../src/lib/charts/sparkline';
import { pixelRatio, zoomed } from '../src/lib/charts/pixels.svelte';
import { redraw, Surface, surfaceOf } from '../src/lib/charts/surface';
import { XScale } from '../src/lib/charts/x-scale';
import type { Columns } from '../src/lib/backend/frame';
import type { Tokens } from '../src/lib/theme/tokens.svelte';

type Call = [string, ...unknown[]];

function stand(ratio = 1): { surface: Surface; calls: Call[] } {
  const calls: Call[] = [];
  const ctx = new Proxy({} as Record<string, unknown>, {
    get: (state, name: string) => state[name] ?? ((...values: unknown[]) => void calls.push([name, ...values])),
    set: (state, name: string, value) => {
      state[name] = value;
      return true;
    },
  });
  const tokens = { categories: ['#c1'], dashes: [[]], tx2: '#t2', tx3: '#t3', axis: '#ax', grid: '#gr', nan: '#na', line1: '#l1', font: 'x' } as unknown as Tokens;
  return { surface: new Surface(ctx as unknown as CanvasRenderingContext2D, 208, 116, ratio, tokens), calls };
}

function columns(values: number[]): Columns {
  const all = Float64Array.from(values);
  return { run: 'r', name: 'loss', unit: '', relative: false, smoothing: 0, values: values.length, step: Float64Array.from(values, (_, i) => i), min: all, max: all, mean: all, first: all, last: all, nonfinite: Float64Array.from(values, (value) => (Number.isFinite(value) ? 0 : 1)), x: null, superseded: null };
}

describe('pixels', () => {
  it.each([[1, 10.4, 10, 10.5], [2, 10.4, 10.5, 10.75], [1.5, 10.4, 16 / 1.5, 16.5 / 1.5]])('at ratio %d', (ratio, at, whole, middle) => {
    const { surface } = stand(ratio);
    expect([surface.whole(at), surface.middle(at)]).toEqual([whole, middle]);
  });
  it('move lines of odd width by half a pixel', () => {
    expect([stand(1).surface.nudge(1), stand(1).surface.nudge(2), stand(2).surface.nudge(1)]).toEqual([0.5, 0, 0]);
  });
});

describe('zoom', () => {
  afterEach(() => { zoomed(1); vi.unstubAllGlobals(); });

  it('gives a canvas the pixels that it is shown with', () => {
    vi.stubGlobal('devicePixelRatio', 2);
    zoomed(1.5);
    expect(pixelRatio()).toBe(3);
    const ctx = new Proxy({}, { get: () => () => undefined, set: () => true });
    const canvas = { width: 0, height: 0, getContext: () => ctx } as unknown as HTMLCanvasElement;
    expect(surfaceOf(canvas, 200, 100, {} as Tokens)?.ratio).toBe(3);
    expect([canvas.width, canvas.height]).toEqual([600, 300]);
  });
});

describe('a line chart', () => {
  const values = [3, 1, NaN, 9, 2];
  const view: View = { lines: [{ key: 'loss', label: 'loss', slot: 1, columns: columns(values) }], window: [0, 4], scale: new XScale('step'), y: [0, 10], log: false, band: null, marks: [], format: null, times: 1, showX: false, xTitle: 'step', left: 100 };

  it('has every value at its place, and a cross where one is not finite', () => {
    const { surface, calls } = stand();
    expect(drawLines(surface, view)).toEqual({ drawn: 4, of: 4 });
    const at = geometryOf(view, 208, 116);
    expect([at.left, at.top, at.width, at.height]).toEqual([100, 8, 100, 100]);
    const points = calls.filter(([name]) => name === 'moveTo' || name === 'lineTo').map(([, x, y]) => `${String(x)} ${String(y)}`);
    for (const [step, value] of values.entries()) if (Number.isFinite(value)) expect(points).toContain(`${at.x(step)} ${at.y(value)}`);
    expect(points).toContain(`${at.x(2) - 2.6} ${at.top + at.height - 5 - 2.6}`);
  });

  it('counts as drawn only what y shows', () => {
    expect(drawLines(stand().surface, { ...view, y: [0, 5] })).toEqual({ drawn: 3, of: 4 });
  });

  it('shows of a band that y does not hold what lies there, without shading', () => {
    const band = { low: 2, high: 50, lowLabel: 'floor', highLabel: 'start', whole: false };
    const { surface, calls } = stand();
    drawLines(surface, { ...view, band });
    expect(calls.filter(([name]) => name === 'fillText').map(([, text]) => text)).toEqual(expect.arrayContaining(['floor']));
    expect(calls.some(([name, text]) => name === 'fillText' && text === 'start')).toBe(false);
  });

  it('breaks where a logarithmic scale has no place', () => {
    const { surface } = stand();
    expect(drawLines(surface, { ...view, log: true, y: [1, 10], lines: [{ key: 'loss', label: 'loss', slot: 1, columns: columns([1, 0, 10]) }] })).toEqual({ drawn: 2, of: 3 });
    expect(geometryOf({ ...view, log: true, y: [1, 100] }, 208, 116).y(10)).toBe(58);
  });
});

describe('the strip of the whole run', () => {
  const x = Float64Array.from([0, 2, 20, 30, 40]);
  const texts = (calls: Call[]) => calls.filter(([name]) => name === 'fillText').map(([, text]) => String(text));
  const strip = (kind: 'step' | 'elapsed', word: string) => {
    const { surface, calls } = stand();
    const curve = { ...columns([1, 2, 3, 4, 5]), x };
    drawOverview(surface, { columns: curve, xScale: new XScale(kind, [curve]), window: [1, 3], total: 4, last: 4, marks: [], running: false, scale: 1, words: { x: word, now: 'now' } });
    return { calls, words: texts(calls) };
  };

  it('counts x as the charts below do', () => {
    const [steps, time] = [strip('step', 'step'), strip('elapsed', 'elapsed, s')];
    expect(steps.words).toContain('2');
    expect(time.words).toEqual(expect.arrayContaining(['0', '20', 'elapsed, s']));
    const points = ({ calls }: { calls: Call[] }) => calls.filter(([name]) => name === 'lineTo').map(([, at]) => Number(at));
    // The third value lies in the middle of the steps, and at half of the time as well; the second does not.
    expect(points(steps)).toContain(34 + (208 - 34 - 8) / 4);
    expect(points(time)).toContain(34 + ((208 - 34 - 8) * 2) / 40);
  });
});

describe('a small line', () => {
  it('goes from minimum to maximum, with a dot at its end', () => {
    const { surface, calls } = stand();
    drawSpark(surface, { columns: columns([0, 5, 10]), total: 2, colour: '#c1', low: null, high: null, log: false, base: true, end: true });
    expect(calls.filter(([name]) => name === 'moveTo' || name === 'lineTo').map(([, , y]) => y)).toEqual([114, 58.5, 3]);
    expect(calls.some(([name, x, y]) => name === 'arc' && x === 204 && y === 3)).toBe(true);
  });
});

describe('redraw', () => {
  let frames: (() => void)[] = [];
  beforeEach(() => {
    frames = [];
    vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame));
  });
  afterEach(() => void vi.unstubAllGlobals());

  it('draws once a frame whoever asks how often, and nothing that was taken back', () => {
    const [drawn, gone] = [vi.fn(), vi.fn()];
    redraw(drawn);
    redraw(drawn);
    redraw(gone)();
    expect(frames).toHaveLength(1);
    frames[0]?.();
    expect([drawn.mock.calls.length, gone.mock.calls.length]).toEqual([1, 0]);
  });
});
