// What the lines of a comparison say in numbers, at a step or at their ends. Pure.
import { measured, readLines, type Read } from '$lib/charts/crosshair';
import type { Line } from '$lib/charts/series';

/** The highest first, each with its difference to the line of this key. Without a step, what each has last in the window. */
export function readout(lines: readonly Line[], step: number | null, against: string | null): Read[] {
  if (step !== null) return readLines(lines, step, against);
  const last = lines.flatMap((line): Omit<Read, 'difference'>[] => {
    const columns = line.smoothed ?? line.columns;
    const value = columns?.last.at(-1);
    return line.quiet === true || value === undefined ? [] : [{ key: line.key, label: line.short ?? line.label, slot: line.slot, solid: line.solid ?? false, value }];
  });
  return measured(last, against);
}
