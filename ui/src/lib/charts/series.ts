// What a line chart is told about one of its lines.
import type { Columns } from '../backend/frame';

export type Line = {
  key: string;
  label: string;
  /** What it is called where its label is too long: in what stands beside the crosshair. */
  short?: string;
  /** 1…10: colour n and dash n; 0: a quiet line without a category. */
  slot: number;
  /** Drawn without its dash, for the one line of a chart and for the patch projection. */
  solid?: boolean;
  width?: number;
  /** Raw columns; null until they come. */
  columns: Columns | null;
  /** Smoothed columns, drawn over the raw line as a ghost. */
  smoothed?: Columns | null;
  /** What later attempts have superseded, one for each attempt: the ghost of where the run was before it resumed. */
  branches?: Columns[];
  /** Filled from minimum to maximum in the line's colour, behind all lines. */
  area?: Columns | null;
  /** Drawn as a ghost, behind the others. */
  quiet?: boolean;
  /** The runs that the columns are the mean of, where they are one. */
  meanOf?: readonly string[];
};

export function branchesOf(line: Line): Columns[] {
  return line.branches ?? [];
}

/** Something that happened at a step, as a tick (`at`) or a shaded stretch (`at` to `end`). */
export type Mark = { kind: string; at: number; end: number | null; label: string; injected: boolean };

/** Loss at chance and its lower bound. `whole`: y holds both, and what lies between is shaded; else the data alone choose y, and
 * of the band's edges is drawn what lies there. */
export type Band = { low: number; high: number; lowLabel: string; highLabel: string; whole: boolean };

/** The values of a band that y must hold. */
export function heldBy(band: Band | null): number[] {
  return band === null || !band.whole ? [] : [band.low, band.high];
}
