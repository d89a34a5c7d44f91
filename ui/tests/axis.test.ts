// The shared step axis: what its gestures do to the window, and what the address then says.
import { describe, expect, it } from 'vitest';
import { StepAxis } from '../src/lib/charts/step-axis.svelte';
import { lengthAt, longest, placeOf, SHORTEST, SMOOTHING } from '../src/lib/charts/smoothing';
import { decadeLabels, labels, logTicks, ruled, ticks, wholeTicks } from '../src/lib/charts/ticks';

class Address {
  params: Record<string, string> = {};
  patch(changes: Record<string, string | null>): void {
    const next = { ...this.params };
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) delete next[name];
      else next[name] = value;
    }
    this.params = next;
  }
}

function axisOf(params: Record<string, string> = {}, last = 1000) {
  const address = new Address();
  address.params = params;
  const axis = new StepAxis(address);
  axis.setExtent(0, last, 2000);
  return { axis, address };
}
/** What a fresh axis over the same address shows: what a reload would. */
const reloaded = (address: Address, last = 1000) => axisOf(address.params, last).axis.window;

describe('StepAxis', () => {
  it('shows everything and grows with it until a window is chosen', () => {
    const { axis } = axisOf();
    expect([axis.window, axis.following, axis.fitted]).toEqual([[0, 1000], true, true]);
    axis.setExtent(0, 1100);
    expect(axis.window).toEqual([0, 1100]);
  });

  it('keeps a chosen window when data come, unless it follows', () => {
    const { address } = axisOf();
    axisOf().axis.zoomTo(0, 10);
    const { axis } = axisOf({ from: '100', to: '300' });
    axis.setExtent(0, 1500);
    expect([axis.window, axis.following]).toEqual([[100, 300], false]);
    expect(axisOf({ from: '800', to: '1000', follow: '1' }, 1500).axis.window).toEqual([1300, 1500]);
    expect(address.params).toEqual({});
  });

  it.each<[string, (axis: StepAxis) => void, readonly [number, number]]>([
    ['zoom to', (axis) => axis.zoomTo(400, 200), [200, 400]],
    ['zoom in at a place', (axis) => axis.zoom(0.5, 250), [125, 625]],
    ['zoom out past the end shows everything', (axis) => axis.zoom(3), [0, 1000]],
    ['narrowest', (axis) => axis.zoomTo(500, 500.5), [500, 504]],
    ['clamped at the end', (axis) => axis.zoomTo(900, 1400), [500, 1000]],
    ['an event with its neighbourhood', (axis) => axis.showEvent(310), [0, 1000]],
  ])('%s', (_name, gesture, window) => {
    const { axis, address } = axisOf();
    gesture(axis);
    expect(reloaded(address)).toEqual(window);
  });

  it('pans by a share, stops at the ends, and stops following', () => {
    const { axis, address } = axisOf({ from: '100', to: '300', follow: '1' }, 300);
    axis.pan(-0.25);
    expect(reloaded(address, 300)).toEqual([50, 250]);
    expect(address.params['follow']).toBeUndefined();
    const other = axisOf({ from: '100', to: '300' });
    other.axis.pan(-5);
    expect(reloaded(other.address)).toEqual([0, 200]);
  });

  it('follow off freezes what is shown, on again moves with the newest', () => {
    const { axis, address } = axisOf();
    axis.toggleFollow();
    expect(address.params).toEqual({ from: '0', to: '1000' });
    axisOf(address.params).axis.toggleFollow();
    const next = axisOf(address.params);
    next.axis.toggleFollow();
    expect(next.address.params['follow']).toBe('1');
  });

  it('moves the crosshair in whole steps within what is recorded', () => {
    const { axis } = axisOf({ at: '10' });
    axis.movePoint(-1);
    expect(axis.cross).toBe(9);
    axis.movePoint(-50);
    expect(axis.cross).toBe(0);
    axis.point(123.6);
    expect(axis.cross).toBe(124);
    axis.point(5000);
    expect(axis.cross).toBe(1000);
    axis.point(null);
    expect(axis.cross).toBeNull();
    axis.release();
  });

  it('follows the pointer, and goes back to its pin when the pointer leaves', () => {
    const { axis } = axisOf();
    axis.hover(400);
    expect([axis.cross, axis.pinned]).toEqual([400, null]);
    axis.hover(null);
    expect(axis.cross).toBeNull();
    axis.point(300);
    axis.hover(410.4);
    expect([axis.cross, axis.pinned]).toEqual([410, 300]);
    axis.hover(null);
    expect(axis.cross).toBe(300);
    axis.hover(500);
    axis.movePoint(1);
    expect([axis.cross, axis.pinned]).toEqual([501, 501]);
    axis.point(null);
    expect([axis.cross, axis.pinned]).toEqual([null, null]);
    axis.release();
  });

  it('does not follow a run that has ended', () => {
    const { axis, address } = axisOf({ from: '0', to: '100', follow: '1' });
    axis.setExtent(0, 1000, 2000, true);
    expect([axis.window, axis.following, axis.ended]).toEqual([[0, 100], false, true]);
    axis.toggleFollow();
    expect(address.params['follow']).toBe('1');
  });

  it('smooths over as many steps as the address says, and remembers them', () => {
    expect([undefined, '1', '7', '300', 'x', '-4'].map((smooth) => axisOf(smooth === undefined ? {} : { smooth }).axis.smoothing)).toEqual([0, SMOOTHING, 7, 300, 0, 0]);
    const { axis, address } = axisOf();
    axis.toggleSmoothing();
    expect(address.params['smooth']).toBe('50');
    axis.smoothOver(12);
    expect(address.params['smooth']).toBe('12');
    axisOf(address.params).axis.toggleSmoothing();
    const off = axisOf({ smooth: '12' });
    off.axis.toggleSmoothing();
    expect(off.address.params['smooth']).toBeUndefined();
  });

  it('fits x and y together', () => {
    const { axis, address } = axisOf({ from: '10', to: '90', y: 'chart-loss:1:2', band: '1' });
    axis.fitAll();
    expect(address.params).toEqual({ band: '1' });
  });

  it('goes back window by window; a turn of the wheel is one step', () => {
    const { axis, address } = axisOf();
    const again = (move: (axis: StepAxis) => void) => {
      move(axis);
      return [address.params['from'] ?? null, address.params['to'] ?? null];
    };
    again((it) => it.zoomTo(100, 500));
    expect(address.params).toEqual({ from: '100', to: '500' });
    expect(axis.canGoBack).toBe(true);
    expect(again((it) => it.goBack())).toEqual([null, null]);
    expect(axis.canGoBack).toBe(false);
  });
});

describe('y windows', () => {
  const chart = (id: string, range: [number, number], log = false) => ({ id, log, range: () => range });

  it('are kept in the address by chart', () => {
    const { axis, address } = axisOf();
    axis.y.set('chart-loss', [1.23456789, 4]);
    expect(address.params['y']).toBe('chart-loss:1.23457:4');
    const two = axisOf(address.params);
    two.axis.y.set('chart-knn', [-0.5, 0.5]);
    expect(two.address.params['y']).toBe('chart-loss:1.23457:4;chart-knn:-0.5:0.5');
    const read = axisOf(two.address.params).axis.y;
    expect([read.of('chart-loss'), read.of('chart-knn'), read.of('chart-lr'), read.any]).toEqual([[1.23457, 4], [-0.5, 0.5], null, true]);
    expect(read.of('chart-knn', true)).toBeNull();
    const gone = axisOf({ y: 'chart-loss:1:4' });
    gone.axis.y.set('chart-loss', null);
    expect(gone.address.params).toEqual({});
  });

  it.each(['', 'chart-loss', 'chart-loss:2:1', 'chart-loss:a:b', ':1'])('are nothing where the address says %s', (y) => {
    expect(axisOf({ y }).axis.y.any).toBe(false);
  });

  it('zoom and move the chart that was pointed at last', () => {
    const { axis, address } = axisOf();
    axis.y.zoom(0.5);
    expect(address.params).toEqual({});
    axis.y.pointAt(chart('chart-loss', [0, 8]));
    axis.y.zoom(0.5);
    expect(address.params['y']).toBe('chart-loss:2:6');
    const next = axisOf(address.params);
    next.axis.y.pan(0.25, chart('chart-loss', [2, 6]));
    expect(next.address.params['y']).toBe('chart-loss:3:7');
    const still = axisOf();
    still.axis.y.pan(0.25, chart('chart-loss', [2, 6]));
    expect(still.address.params, 'what fits its data has nowhere to go').toEqual({});
  });

  it('zoom a logarithmic chart by decades, around the value under the pointer', () => {
    const { axis, address } = axisOf();
    axis.y.zoom(0.5, 1, chart('chart-layers', [0.01, 100], true));
    expect(address.params['y']).toBe('chart-layers:0.1:10');
  });
});

describe('the slider of smoothing', () => {
  it('has round lengths from the shortest to half of the run', () => {
    const most = longest(6000);
    expect([most, lengthAt(0, most), lengthAt(1, most), longest(30)]).toEqual([3000, SHORTEST, 3000, 100]);
    for (const length of [2, 10, 50, 300, 3000]) expect(lengthAt(placeOf(length, most), most)).toBe(length);
    expect(lengthAt(0.5, most)).toBe(77);
  });
});

describe('ticks', () => {
  it.each([[0, 1000, 5, [0, 200, 400, 600, 800, 1000]], [2040, 3120, 5, [2250, 2500, 2750, 3000]], [0, 0.003, 3, [0, 0.001, 0.002, 0.003]], [5, 5, 3, [5]]])('%d … %d', (low, high, count, expected) => {
    expect(ticks(low, high, count)).toEqual(expected);
  });
  it.each([[0, 1, 8, [0, 1]], [0, 0, 8, [0]], [0, 10, 4, [0, 5, 10]], [0, 1000, 5, [0, 200, 400, 600, 800, 1000]]])('whole numbers alone: %d … %d', (low, high, count, expected) => {
    expect(wholeTicks(low, high, count)).toEqual(expected);
  });
  it('an axis is ruled where what it shows is round', () => {
    const GIB = 2 ** 30;
    expect(ruled([0, 0.35 * GIB], 3, false, 1 / GIB).map((bytes) => bytes / GIB)).toEqual([0, 0.2]);
    expect(ruled([0, 0.0061], 3, false, 1000).map((seconds) => seconds * 1000)).toEqual([0, 2.5, 5]);
    expect(ruled([0.5, 200], 5, true, 1)).toEqual([1, 10, 100]);
  });
  it('log ticks are powers of ten, 1-2-5 when close', () => {
    expect(logTicks(0.5, 200, 5)).toEqual([1, 10, 100]);
    expect(logTicks(0.8, 6, 5)).toEqual([1, 2, 5]);
    expect(logTicks(2.6, 5.7, 4)).toEqual([3, 4, 5]);
  });
  it.each([[[0.5, 1, 2], ['0.5', '1', '2']], [[0.001, 0.01, 0.1, 1], ['0.001', '0.01', '0.1', '1']], [[1e-5, 1e-4, 1e-3], ['1e−5', '1e−4', '1e−3']], [[1e-4, 0.01, 1, 100], ['1e−4', '1e−2', '1', '1e2']], [[0, 0.001, 0.002], ['0', '0.001', '0.002']], [[100, 1000], ['100', '1,000']]])('decades %j', (values, expected) => {
    expect(decadeLabels(values)).toEqual(expected);
  });
  it('labels tell ticks apart with the fewest digits', () => {
    expect(labels([2.5, 3, 3.5])).toEqual(['2.5', '3.0', '3.5']);
    expect(labels([1000, 2000])).toEqual(['1,000', '2,000']);
    expect(labels([0, 1e-4, 2e-4])).toEqual(['0', '1e−4', '2e−4']);
    expect(labels([0, 0.25, 0.5])).toEqual(['0.00', '0.25', '0.50']);
  });
});
