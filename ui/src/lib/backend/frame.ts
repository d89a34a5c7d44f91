// Reads the binary frame of the `series` door: a length, a JSON header, then seven or eight f64 arrays per series.
// The arrays are views into the received buffer; nothing is copied.
import type { FrameHeader } from './generated';

/** One series cut into pixel columns. All arrays have the same length; columns without values are left out. */
export type Columns = {
  run: string;
  name: string;
  unit: string;
  /** As asked for: over the series' own running median. */
  relative: boolean;
  /** As asked for: steps over which a moving average reaches, 0 = none. */
  smoothing: number;
  /** Values of the window that the columns represent. */
  values: number;
  /** The first column is the one value before the window, the last one the value behind it. */
  before?: boolean;
  after?: boolean;
  step: Float64Array;
  min: Float64Array;
  max: Float64Array;
  mean: Float64Array;
  first: Float64Array;
  last: Float64Array;
  /** Count of NaN and infinite values in the column. */
  nonfinite: Float64Array;
  /** Where the column's first step lies on the axis that was asked for; null on the axis of steps. */
  x: Float64Array | null;
  /** The attempt whose superseded values these are; null for the values in force. */
  superseded: number | null;
};

export type Frame = { from: number; to: number; values: number; series: Columns[] };

const F64 = 8;

/** Throws with what is wrong when the buffer is not a whole frame. */
export function parseFrame(buffer: ArrayBuffer): Frame {
  if (buffer.byteLength < 4) throw new Error('the frame ends inside its length');
  const headerLength = new DataView(buffer).getUint32(0, true);
  if (4 + headerLength > buffer.byteLength) throw new Error('the frame ends inside its header');
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, headerLength))) as FrameHeader;
  const series = header.series.map((declared): Columns => {
    const rows = declared.columns;
    const end = declared.offset + header.arrays * rows * F64;
    if (end > buffer.byteLength || declared.offset % F64 !== 0) {
      throw new Error(`the frame has no ${rows} columns of ${declared.name} at byte ${declared.offset}`);
    }
    const part = (k: number) => new Float64Array(buffer, declared.offset + k * rows * F64, rows);
    return {
      run: declared.run, name: declared.name, unit: declared.unit, relative: declared.relative, smoothing: declared.smoothing, values: declared.values,
      before: declared.before, after: declared.after,
      step: part(0), min: part(1), max: part(2), mean: part(3), first: part(4), last: part(5), nonfinite: part(6),
      x: header.arrays > 7 ? part(7) : null, superseded: declared.superseded_attempt ?? null,
    };
  });
  return { from: header.from, to: header.to, values: header.values, series };
}

/** The way a series was asked for: raw or over its median, as recorded or smoothed. */
export type Way = { relative?: boolean; smooth?: boolean };

/** The values in force of a run's series. */
export function find(frame: Frame | null, run: string, name: string, { relative = false, smooth = false }: Way = {}): Columns | null {
  return frame?.series.find((one) => one.run === run && one.name === name && one.superseded === null && one.relative === relative && one.smoothing > 0 === smooth) ?? null;
}

/** Index of the last column that starts at or before `step`, −1 when there is none. */
export function columnAt(columns: Columns, step: number): number {
  let low = 0;
  let high = columns.step.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((columns.step[middle] ?? Infinity) <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
