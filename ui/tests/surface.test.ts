// The drawing surface: whole pixels at any ratio, one redraw a frame, and charts that put every extreme on it. The canvas is a
// stand-in that writes down what it is told.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { drawLines } from '../src/lib/charts/line-plot';
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
  const view: View = { lines: [{ key: 'loss', label: 'loss', slot: 1, columns: columns(values) }], window: [0, 4], scale: new XScale('step'), y: [0, 10], log: false, band: null, marks: [], format: null, showX: false, xTitle: 'step', left: 100 };

  it('has every value at its place, and a cross where one is not finite', () => {
    const { surface, calls } = stand();
    expect(drawLines(surface, view)).toEqual({ drawn: 4, of: 4 });
    const at = geometryOf(view, 208, 116);
    expect([at.left, at.top, at.width, at.height]).toEqual([100, 8, 100, 100]);
    const points = calls.filter(([name]) => name === 'moveTo' || name === 'lineTo').map(([, x, y]) => `${String(x)} ${String(y)}`);
    for (const [step, value] of values.entries()) if (Number.isFinite(value)) expect(points).toContain(`${at.x(step)} ${at.y(value)}`);
    expect(points).toContain(`${at.x(2) - 2.6} ${at.top + at.height - 5 - 2.6}`);
  });

  it('breaks where a logarithmic scale has no place', () => {
    const { surface } = stand();
    expect(drawLines(surface, { ...view, log: true, y: [1, 10], lines: [{ key: 'loss', label: 'loss', slot: 1, columns: columns([1, 0, 10]) }] })).toEqual({ drawn: 2, of: 3 });
    expect(geometryOf({ ...view, log: true, y: [1, 100] }, 208, 116).y(10)).toBe(58);
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
