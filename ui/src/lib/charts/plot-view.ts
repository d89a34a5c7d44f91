// What a line chart shows, and where a step and a value lie on its surface. Draws nothing.
import type { Box } from './surface';
import type { Range } from './range';
import type { Band, Line, Mark } from './series';
import type { XScale } from './x-scale';

export type View = {
  lines: Line[];
  window: readonly [number, number];
  scale: XScale;
  y: Range;
  log: boolean;
  band: Band | null;
  marks: Mark[];
  /** Labels of the y ticks; the default tells ticks apart with the fewest digits. */
  format: ((values: number[]) => string[]) | null;
  /** What values are shown times: ticks are round in what is shown. */
  times: number;
  showX: boolean;
  xTitle: string;
  left: number;
};

export const TOP = 8;
export const RIGHT = 8;
const BOTTOM = 8;
const X_AXIS = 20;

/** The height that axis and margin take below a plot. */
export function bottomOf(showX: boolean): number {
  return showX ? X_AXIS : BOTTOM;
}

export type Geometry = Box & {
  x: (step: number) => number;
  /** NaN for what a logarithmic scale cannot show. */
  y: (value: number) => number;
};

export function geometryOf(view: Pick<View, 'window' | 'scale' | 'y' | 'log' | 'showX' | 'left'>, width: number, height: number): Geometry {
  const box = { left: view.left, top: TOP, width: width - view.left - RIGHT, height: height - TOP - bottomOf(view.showX) };
  const level = view.log ? (value: number) => (value > 0 ? Math.log10(value) : NaN) : (value: number) => value;
  const [low, high] = [level(view.y[0]), level(view.y[1])];
  return {
    ...box,
    x: (step) => box.left + view.scale.position(step, view.window) * box.width,
    y: (value) => box.top + box.height * (1 - (level(value) - low) / (high - low)),
  };
}
