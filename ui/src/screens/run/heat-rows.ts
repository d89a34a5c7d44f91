// Which rows the gradient view shows: all layers in network order, and below a layer that is open its tensors. Pure.
import type { HeatmapCell, RunDetail, SeriesInfo } from '$lib/backend';

/** What every layer has a number of, in the order of the menu. */
export const HEAT_METRICS = ['grad_norm', 'grad_max', 'update_ratio'] as const;
export type HeatMetric = (typeof HEAT_METRICS)[number];
export const HEAT_CELLS = ['relative', 'absolute', 'ratio'] as const satisfies readonly HeatmapCell[];

/** The layer that a tensor of the checkpoint belongs to, among those there are. */
export function ownerOf(tensor: string, layers: readonly string[]): string | null {
  const name = tensor.replace(/^base_encoder\./, '').replace(/^head\./, 'projector.');
  return layers.find((layer) => name === layer || name.startsWith(`${layer}.`)) ?? null;
}

/** The metrics of `HEAT_METRICS` that a run has recorded by layer. */
export function metricsOf(series: readonly SeriesInfo[]): HeatMetric[] {
  return HEAT_METRICS.filter((metric) => series.some((one) => one.name.startsWith(`${metric}/`)));
}

/** A run that records, or recorded, without any number by layer: most probes, and runs of other programs. */
export function withoutGradients({ run, series }: Pick<RunDetail, 'run' | 'series'>): boolean {
  const settled = run.probed !== null || run.ended_at !== null;
  return settled && series.some((one) => one.values > 0) && metricsOf(series).length === 0;
}

/** Layers and, below those that are open, their tensors as recorded for the metric. */
export function heatRows(metric: string, layers: readonly string[], open: ReadonlySet<string>, series: readonly SeriesInfo[]): string[] {
  const names = series.filter((one) => one.name.startsWith(`${metric}/`)).map((one) => one.name.slice(metric.length + 1));
  const known = new Set(names);
  const tensors = names.filter((name) => !layers.includes(name));
  return layers.filter((layer) => known.has(layer)).flatMap((layer) => [layer, ...(open.has(layer) ? tensors.filter((tensor) => ownerOf(tensor, layers) === layer) : [])]);
}
