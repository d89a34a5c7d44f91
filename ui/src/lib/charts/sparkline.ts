// Draws a small line without axes on a surface: from minimum to maximum of each column, a base line, and a dot at the last value.
import type { Columns } from '../backend/frame';
import type { Surface } from './surface';
import { LOW_TO_HIGH, trace } from './trace';

export type SparkView = {
  columns: Columns | null;
  /** Steps that the width stands for. */
  total: number;
  colour: string;
  low: number | null;
  high: number | null;
  log: boolean;
  base: boolean;
  /** A dot at the last value. */
  end: boolean;
};

const PAD = 2;
const EVERYTHING = [-Infinity, Infinity] as const;

export function drawSpark(surface: Surface, view: SparkView): void {
  const { width, height } = surface;
  if (width < 4 || height < 4) return;
  if (view.base) surface.fill(surface.tokens.line1, { left: 0, top: height - 1, width, height: 1 });
  const { columns, colour } = view;
  if (columns === null || columns.step.length === 0) return;
  const level = (value: number) => (view.log ? Math.log10(Math.max(value, 1e-9)) : value);
  const finite = [...columns.min, ...columns.max].filter(Number.isFinite).map(level);
  const bottom = view.low ?? Math.min(...finite);
  const span = (view.high ?? Math.max(...finite)) - bottom || 1;
  const x = (step: number) => PAD + (step / Math.max(1, view.total)) * (width - 2 * PAD - 2);
  const y = (value: number) => height - PAD - Math.min(1, Math.max(0, (level(value) - bottom) / span)) * (height - 2 * PAD - 1);
  surface.stroke({ colour, width: 1.25, join: 'round' }, (pen) => void trace(columns, EVERYTHING, x, y, pen, LOW_TO_HIGH));
  const at = columns.last.findLastIndex((value) => Number.isFinite(value));
  if (view.end && at >= 0) surface.dot(colour, x(columns.step[at] ?? 0), y(columns.last[at] ?? 0), 1.9);
}
