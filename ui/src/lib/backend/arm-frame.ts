// Reads the binary frame of mean curves: a length, a JSON header, then eight f64 arrays per series of an arm. The arrays are
// views into the received buffer; nothing is copied.
import type { ArmsHeader } from './generated';

/** One series of one arm, the mean over its seeds in pixel columns. All arrays have the same length. */
export type ArmColumns = {
  /** The place of the arm among those asked for. */
  arm: number;
  name: string;
  unit: string;
  relative: boolean;
  /** As asked for: steps over which a moving average reaches, 0 = none. */
  smoothing: number;
  /** Runs of the arm that have the series. */
  runs: number;
  /** Recorded values that the columns represent. */
  values: number;
  step: Float64Array;
  /** Seeds that have the column. */
  n: Float64Array;
  mean: Float64Array;
  /** 95 % interval of the mean; NaN below three seeds. */
  low: Float64Array;
  high: Float64Array;
  min: Float64Array;
  max: Float64Array;
  nonfinite: Float64Array;
};

export type ArmFrame = { from: number; to: number; values: number; series: ArmColumns[] };

const F64 = 8;
const ARRAYS = 8;

/** Throws with what is wrong when the buffer is not a whole frame. */
export function parseArmFrame(buffer: ArrayBuffer): ArmFrame {
  if (buffer.byteLength < 4) throw new Error('the frame of arms ends inside its length');
  const headerLength = new DataView(buffer).getUint32(0, true);
  if (4 + headerLength > buffer.byteLength) throw new Error('the frame of arms ends inside its header');
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, headerLength))) as ArmsHeader;
  const series = header.series.map(({ columns: rows, offset, ...declared }): ArmColumns => {
    if (offset % F64 !== 0 || offset + ARRAYS * rows * F64 > buffer.byteLength) {
      throw new Error(`the frame of arms has no ${rows} columns of ${declared.name} at byte ${offset}`);
    }
    const part = (k: number) => new Float64Array(buffer, offset + k * rows * F64, rows);
    return { ...declared, step: part(0), n: part(1), mean: part(2), low: part(3), high: part(4), min: part(5), max: part(6), nonfinite: part(7) };
  });
  return { from: header.from, to: header.to, values: header.values, series };
}
