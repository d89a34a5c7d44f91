// What the tab *All series* draws: everything recorded that no other tab has a place for, in groups. Pure.
import type { RunDetail, SeriesInfo } from '$lib/backend';
import { rowOf, split } from '$lib/metrics';

/** A chart: one metric, and its series. */
export type Group = { metric: string; series: string[] };
/** Lines that can be told apart in one chart. */
export const MOST_LINES = 8;

/** Stand-alone series first, in order of declaration, then what layers have one of each, then series of other programs. */
export function groups(detail: Pick<RunDetail, 'series'>): Group[] {
  const shown = detail.series.filter((one) => one.panel === 'all' && one.values > 0 && one.role !== 'tensor_norm' && !(one.role === 'layer_norm' && one.layer !== null));
  const found = new Map<string, SeriesInfo[]>();
  for (const one of shown) {
    const [family, member] = split(one.name);
    const key = member === null ? one.name : `${family}/`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  const rank = ([key, [one]]: [string, SeriesInfo[]]) => (rowOf(one?.name ?? '') === null ? 2 : key.endsWith('/') ? 1 : 0);
  return [...found].sort((a, b) => rank(a) - rank(b)).flatMap(([, series]) => {
    const names = series.map((one) => one.name);
    const metric = names.length === 1 || split(names[0] ?? '')[1] === null ? names[0] ?? '' : split(names[0] ?? '')[0];
    return parts(names).map((part) => ({ metric, series: part }));
  });
}

/** The gradient norms of a layer's tensors. */
export function tensorsOf(detail: Pick<RunDetail, 'series' | 'layers'>, layer: string): string[] {
  return detail.series.filter((one) => one.role === 'tensor_norm' && one.values > 0 && one.layer !== null && detail.layers[one.layer] === layer).map((one) => one.name);
}

/** A tensor's name inside its layer: `attn.qkv.weight` of `base_encoder.blocks.0.attn.qkv.weight`. */
export function tensorName(tensor: string, layer: string): string {
  const at = layer === '' ? -1 : tensor.indexOf(`${layer}.`);
  return at < 0 ? tensor : tensor.slice(at + layer.length + 1);
}

/** Layers that have tensors to show. */
export function layersWithTensors(detail: Pick<RunDetail, 'series' | 'layers'>): string[] {
  return detail.layers.filter((layer) => tensorsOf(detail, layer).length > 0);
}

/** As few equal parts as hold `MOST_LINES` at most. */
export function parts<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / MOST_LINES);
  const size = Math.ceil(all.length / Math.max(1, count));
  return Array.from({ length: count }, (_, index) => all.slice(index * size, (index + 1) * size));
}
