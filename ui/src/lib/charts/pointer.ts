// Pointer and keys over a plot, the same on every chart. Hover moves the crosshair, a click pins it and another one at the pin
// frees it. Drag across zooms x; drag up or down, with Shift, or on the numbers at the left, zooms y. The wheel zooms at the
// pointer (on the numbers in y), Shift + wheel pans, double click fits both. Arrows left and right move the crosshair, up and
// down what y shows, with Shift zoom it.
import { valueAtShare } from './range';
import type { StepAxis } from './step-axis.svelte';
import type { YChart } from './y-windows.svelte';

/** Edges of the plot inside the element, as shares of its width and height. `y`: of a chart that can be zoomed in y. */
export type Plot = { left: number; width: number; top: number; height: number };
/** In steps, or in values. */
export type Drag = { of: 'x' | 'y'; from: number; to: number } | null;

const DRAG_STARTS_PX = 4;
/** A click so near to the pin frees it. */
const PIN_PX = 5;
const WHEEL = 1.2;
const KEY_ZOOM = 0.7;
const KEY_PAN = 0.1;

export function attachPointer(node: HTMLElement, axis: StepAxis, plot: () => Plot, ondrag: (drag: Drag) => void, chart: YChart | null = null): () => void {
  let start: { x: number; y: number; tall: boolean } | null = null;
  let dragging: 'x' | 'y' | null = null;

  const clamped = (share: number) => Math.min(1, Math.max(0, share));
  const place = (event: MouseEvent) => {
    const box = node.getBoundingClientRect();
    const { left, width, top, height } = plot();
    return {
      x: ((event.clientX - box.left) / box.width - left) / width, y: 1 - ((event.clientY - box.top) / box.height - top) / height,
      across: box.width * width, down: box.height * height,
    };
  };
  const step = (share: number) => axis.stepAt(clamped(share));
  const value = (share: number) => {
    const range = chart?.range() ?? null;
    return chart === null || range === null ? NaN : valueAtShare(range, clamped(share), chart.log);
  };
  const isBesides = (x: number) => chart !== null && x < 0;
  const stop = () => {
    start = null;
    dragging = null;
    ondrag(null);
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const at = place(event);
    start = { x: at.x, y: at.y, tall: event.shiftKey || isBesides(at.x) };
    node.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const at = place(event);
    if (chart !== null) axis.y.pointAt(chart);
    if (start === null) {
      if (at.x >= -0.02 && at.x <= 1.02) axis.hover(step(at.x));
      return;
    }
    const [across, upright] = [Math.abs(at.x - start.x) * at.across, Math.abs(at.y - start.y) * at.down];
    // The first pixels say which way: a gesture that turns does not change its mind.
    if (dragging === null && Math.max(across, upright) > DRAG_STARTS_PX) dragging = chart !== null && (start.tall || upright > across) ? 'y' : 'x';
    if (dragging === 'x') ondrag({ of: 'x', from: step(start.x), to: step(at.x) });
    if (dragging === 'y') ondrag({ of: 'y', from: value(start.y), to: value(at.y) });
  };
  const click = (at: { x: number; across: number }) => {
    if (isBesides(at.x)) return;
    const pin = axis.pinned;
    const isAtPin = pin !== null && Math.abs(axis.position(pin) - at.x) * at.across <= PIN_PX;
    axis.point(isAtPin ? null : step(at.x));
  };
  const up = (event: PointerEvent) => {
    const at = place(event);
    if (start !== null && dragging === 'x') axis.zoomTo(step(start.x), step(at.x));
    else if (start !== null && dragging === 'y' && chart !== null) {
      const [a, b] = [value(start.y), value(at.y)];
      axis.y.set(chart.id, [Math.min(a, b), Math.max(a, b)]);
    } else if (start !== null) click(at);
    stop();
  };
  const leave = () => {
    if (start === null) axis.hover(null);
  };
  const wheel = (event: WheelEvent) => {
    if (event.ctrlKey) return;
    event.preventDefault();
    const at = place(event);
    const turn = event.deltaY !== 0 ? event.deltaY : event.deltaX;
    const factor = turn > 0 ? WHEEL : 1 / WHEEL;
    if (isBesides(at.x)) axis.y.zoom(factor, value(at.y), chart);
    else if (event.shiftKey || (event.deltaY === 0 && event.deltaX !== 0)) axis.pan(Math.sign(turn) * 0.1);
    else axis.zoom(factor, step(at.x));
  };
  const double = (event: MouseEvent) => {
    if (!isBesides(place(event).x)) axis.fit();
    if (chart !== null && axis.y.of(chart.id) !== null) axis.y.set(chart.id, null);
  };
  const focus = () => {
    if (chart !== null) axis.y.pointAt(chart);
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = event.shiftKey ? 10 : 1;
    if (event.code === 'ArrowLeft') axis.movePoint(-by);
    else if (event.code === 'ArrowRight') axis.movePoint(by);
    else if (chart !== null && (event.code === 'ArrowUp' || event.code === 'ArrowDown')) {
      const up = event.code === 'ArrowUp';
      if (event.shiftKey) axis.y.zoom(up ? KEY_ZOOM : 1 / KEY_ZOOM, undefined, chart);
      else axis.y.pan(up ? KEY_PAN : -KEY_PAN, chart);
    } else if (event.code === 'Escape' && dragging !== null) stop();
    else return;
    event.preventDefault();
  };

  const listeners: [string, EventListener, AddEventListenerOptions?][] = [
    ['pointerdown', down as EventListener], ['pointermove', move as EventListener], ['pointerup', up as EventListener], ['pointerleave', leave],
    ['pointercancel', stop], ['wheel', wheel as EventListener, { passive: false }], ['dblclick', double as EventListener], ['focus', focus], ['keydown', key as EventListener],
  ];
  for (const [name, listener, options] of listeners) node.addEventListener(name, listener, options);
  return () => {
    for (const [name, listener] of listeners) node.removeEventListener(name, listener);
    if (chart !== null) axis.y.leave(chart);
  };
}
