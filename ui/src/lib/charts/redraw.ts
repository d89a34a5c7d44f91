// One redraw per animation frame for all charts: a chart asks, asks again in the same frame are one.

const waiting = new Set<() => void>();
let frame = 0;

export function redraw(draw: () => void): void {
  waiting.add(draw);
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    const now = [...waiting];
    waiting.clear();
    for (const one of now) one();
  });
}

export function forget(draw: () => void): void {
  waiting.delete(draw);
}
