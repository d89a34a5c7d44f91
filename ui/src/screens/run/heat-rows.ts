// Which rows the gradient view shows: all layers in network order, and below a layer that is open its tensors. Pure.
import type { HeatmapCell, RunDetail, SeriesInfo } from '$lib/backend';
import { LAYER_METRICS, split } from '$lib/metrics';

export const HEAT_CELLS = ['relative', 'absolute', 'ratio'] as const satisfies readonly HeatmapCell[];

/** The metrics that a run has recorded by layer, in the order of the table. */
export function metricsOf(series: readonly SeriesInfo[]): string[] {
  const recorded = new Set(series.filter((one) => split(one.name)[1] !== null).map((one) => split(one.name)[0]));
  return LAYER_METRICS.filter((metric) => recorded.has(metric));
}

/** A run that records, or recorded, without any number by layer: most probes, and runs of other programs. */
export function withoutGradients({ run, series }: Pick<RunDetail, 'run' | 'series'>): boolean {
  const settled = run.probed !== null || run.ended_at !== null;
  return settled && series.some((one) => one.values > 0) && metricsOf(series).length === 0;
}

/** Layers and, below those that are open, their tensors as recorded for the metric. */
export function heatRows(metric: string, layers: readonly string[], open: ReadonlySet<string>, series: readonly SeriesInfo[]): string[] {
  const members = series.flatMap((one) => (split(one.name)[0] === metric ? [{ name: split(one.name)[1] ?? '', tensor: one.role === 'tensor_norm', layer: one.layer }] : []));
  const known = new Set(members.map((one) => one.name));
  const inside = (layer: string) => members.filter((one) => one.tensor && one.layer !== null && layers[one.layer] === layer).map((one) => one.name);
  return layers.filter((layer) => known.has(layer)).flatMap((layer) => [layer, ...(open.has(layer) ? inside(layer) : [])]);
}
