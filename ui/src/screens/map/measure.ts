// What a map is coloured by: the one number of a cell with its spread and n, and the scale over all cells. Pure.
import type { MapCell, MapMean, MapRun, StabilityMap } from '$lib/backend';
import { recorded } from '$lib/format';
import type { Rgb } from '$lib/theme/ramp';

export const SHOWN = ['metric', 'score', 'spikes', 'lead'] as const;
export type Shown = (typeof SHOWN)[number];

/** `n` counts runs, and of a lead spikes; `range` is the lowest and highest of those. */
export type Measured = { value: number; std: number | null; n: number; range: [number, number] | null };

export function measured(cell: MapCell, shown: Shown): Measured | null {
  if (shown === 'lead') return cell.lead === null ? null : { value: cell.lead.median, std: null, n: cell.lead.spikes, range: [cell.lead.low, cell.lead.high] };
  const mean: MapMean | null = shown === 'metric' ? cell.metric : shown === 'score' ? cell.score : cell.spikes_per_1000_steps;
  return mean === null ? null : { value: mean.mean, std: mean.std, n: mean.n, range: null };
}

/** Lowest and highest number of all cells; null where no cell has one. */
export function extent(map: StabilityMap, shown: Shown): [number, number] | null {
  const values = map.cells.flatMap((cell) => measured(cell, shown)?.value ?? []);
  return values.length === 0 ? null : [Math.min(...values), Math.max(...values)];
}

/** Whether a mean says nothing of its spread: it is of one seed. */
export const isSingle = (found: Measured): boolean => found.n < 2;

/** All of a cell's runs failed, so that none has a number that stands for what was trained. */
export const allFailed = (cell: MapCell): boolean => cell.failed === cell.runs;

/** Runs that may still change what a cell says. */
export const onTheWay = (runs: readonly MapRun[]): number => runs.filter((run) => !['finished', 'failed', 'cancelled', 'lost'].includes(run.state)).length;

/** Its numbers do not stand for what was trained: it failed, or the metric is not a number. */
export function isBroken(run: MapRun): boolean {
  const metric = recorded(run.metric);
  return run.failed || (metric !== null && !Number.isFinite(metric));
}

export const events = (runs: readonly MapRun[], kind: string): number => runs.reduce((sum, run) => sum + (run.events[kind] ?? 0), 0);

/** Background of a number, and the ink that stands on it; all facets share one scale. */
export function colours(scale: readonly Rgb[], range: readonly [number, number], value: number): { fill: string; ink: string } {
  const share = range[1] <= range[0] ? 0.5 : (value - range[0]) / (range[1] - range[0]);
  const [r, g, b] = scale[Math.round(share * (scale.length - 1))] ?? [0, 0, 0];
  const light = [r, g, b].map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * (light[0] ?? 0) + 0.7152 * (light[1] ?? 0) + 0.0722 * (light[2] ?? 0);
  return { fill: `rgb(${r} ${g} ${b})`, ink: luminance > 0.18 ? '#000' : '#fff' };
}
