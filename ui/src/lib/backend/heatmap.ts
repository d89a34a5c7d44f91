// Reads the binary heat map of the `series` door: a length, a JSON header, then two f32 arrays of rows × columns.
// The arrays are views into the received buffer; nothing is copied.
import type { HeatmapHeader } from './generated';

/** Depth × steps of one run: the largest value of every cell, and how many of its values are not finite. */
export type Cells = HeatmapHeader & {
  /** Row after row; NaN where nothing finite was recorded. */
  largest: Float32Array;
  nonfinite: Float32Array;
};

const F32 = 4;

/** Throws with what is wrong when the buffer is not a whole heat map. */
export function parseHeatmap(buffer: ArrayBuffer): Cells {
  if (buffer.byteLength < 4) throw new Error('the heat map ends inside its length');
  const headerLength = new DataView(buffer).getUint32(0, true);
  if (4 + headerLength > buffer.byteLength) throw new Error('the heat map ends inside its header');
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, headerLength))) as HeatmapHeader;
  const count = header.rows.length * header.columns;
  if (header.offset % F32 !== 0 || header.offset + 2 * count * F32 > buffer.byteLength) {
    throw new Error(`the heat map has no ${header.rows.length} × ${header.columns} cells at byte ${header.offset}`);
  }
  return { ...header, largest: new Float32Array(buffer, header.offset, count), nonfinite: new Float32Array(buffer, header.offset + count * F32, count) };
}
