// The shared step axis: what its gestures do to the window, and what the address then says.
import { describe, expect, it } from 'vitest';
import { StepAxis } from '../src/lib/charts/step-axis.svelte';
import { labels, logTicks, ticks, wholeTicks } from '../src/lib/charts/ticks';

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

describe('ticks', () => {
  it.each([[0, 1000, 5, [0, 200, 400, 600, 800, 1000]], [2040, 3120, 5, [2250, 2500, 2750, 3000]], [0, 0.003, 3, [0, 0.001, 0.002, 0.003]], [5, 5, 3, [5]]])('%d … %d', (low, high, count, expected) => {
    expect(ticks(low, high, count)).toEqual(expected);
  });
  it.each([[0, 1, 8, [0, 1]], [0, 0, 8, [0]], [0, 10, 4, [0, 5, 10]], [0, 1000, 5, [0, 200, 400, 600, 800, 1000]]])('whole numbers alone: %d … %d', (low, high, count, expected) => {
    expect(wholeTicks(low, high, count)).toEqual(expected);
  });
  it('log ticks are powers of ten, 1-2-5 when close', () => {
    expect(logTicks(0.5, 200, 5)).toEqual([1, 10, 100]);
    expect(logTicks(0.8, 6, 5)).toEqual([1, 2, 5]);
    expect(logTicks(2.6, 5.7, 4)).toEqual([3, 4, 5]);
  });
  it('labels tell ticks apart with the fewest digits', () => {
    expect(labels([2.5, 3, 3.5])).toEqual(['2.5', '3.0', '3.5']);
    expect(labels([1000, 2000])).toEqual(['1,000', '2,000']);
    expect(labels([0, 1e-4, 2e-4])).toEqual(['0', '1e−4', '2e−4']);
    expect(labels([0, 0.25, 0.5])).toEqual(['0.00', '0.25', '0.50']);
  });
});
