// Pointer and keys over a plot, the same on every chart: hover moves the crosshair, drag zooms, wheel zooms at the
// pointer, Shift + wheel pans, double click fits, arrows move the crosshair.
import type { StepAxis } from './step-axis.svelte';

/** Left edge and width of the plot inside the element, as shares of its width. */
export type Plot = { left: number; width: number };
export type Drag = { from: number; to: number } | null;

const DRAG_STARTS_PX = 4;

export function attachPointer(node: HTMLElement, axis: StepAxis, plot: () => Plot, ondrag: (drag: Drag) => void): () => void {
  let start: number | null = null;
  let dragging = false;

  const share = (event: MouseEvent) => {
    const box = node.getBoundingClientRect();
    const { left, width } = plot();
    return ((event.clientX - box.left) / box.width - left) / width;
  };
  const step = (at: number) => axis.stepAt(Math.min(1, Math.max(0, at)));
  const stop = () => {
    start = null;
    dragging = false;
    ondrag(null);
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    start = share(event);
    node.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const at = share(event);
    if (start === null) {
      if (at >= -0.02 && at <= 1.02) axis.point(step(at));
      return;
    }
    const travelled = Math.abs(at - start) * plot().width * node.getBoundingClientRect().width;
    dragging ||= travelled > DRAG_STARTS_PX;
    if (dragging) ondrag({ from: step(start), to: step(at) });
  };
  const up = (event: PointerEvent) => {
    if (start !== null && dragging) axis.zoomTo(step(start), step(share(event)));
    else if (start !== null) axis.point(step(share(event)));
    stop();
  };
  const wheel = (event: WheelEvent) => {
    if (event.ctrlKey) return;
    event.preventDefault();
    const turn = event.deltaY !== 0 ? event.deltaY : event.deltaX;
    if (event.shiftKey || (event.deltaY === 0 && event.deltaX !== 0)) axis.pan(Math.sign(turn) * 0.1);
    else axis.zoom(turn > 0 ? 1.2 : 1 / 1.2, step(share(event)));
  };
  const double = () => axis.fit();
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = event.shiftKey ? 10 : 1;
    if (event.code === 'ArrowLeft') axis.movePoint(-by);
    else if (event.code === 'ArrowRight') axis.movePoint(by);
    else if (event.code === 'Escape' && dragging) stop();
    else return;
    event.preventDefault();
  };

  const listeners: [string, EventListener, AddEventListenerOptions?][] = [
    ['pointerdown', down as EventListener], ['pointermove', move as EventListener], ['pointerup', up as EventListener],
    ['pointercancel', stop], ['wheel', wheel as EventListener, { passive: false }], ['dblclick', double], ['keydown', key as EventListener],
  ];
  for (const [name, listener, options] of listeners) node.addEventListener(name, listener, options);
  return () => {
    for (const [name, listener] of listeners) node.removeEventListener(name, listener);
  };
}
