// Times and names put into the reader's words: durations, ages, layers, metrics, parameters.
import { t, translated } from './i18n/index.svelte';
import { durationParts } from './format';

/** 2 h 51 min. */
export function duration(seconds: number): string {
  const { key, a, b } = durationParts(seconds);
  if (key === 's') return t('time.s', { a });
  if (key === 'm') return t('time.m', { a });
  return key === 'h' ? t('time.h', { a, b }) : t('time.d', { a, b });
}

/** 4 s ago. */
export function age(at: string, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - new Date(at).getTime()) / 1000);
  return Number.isNaN(seconds) ? at : t('time.ago', { duration: duration(seconds) });
}

/** `blocks.3` as "Block 3", `patch_embed` as "Patch projection". Tensors keep their names. */
export function layerName(layer: string): string {
  const block = /^blocks\.(\d+)$/.exec(layer);
  if (block !== null) return t('layer.block', { n: Number(block[1]) });
  return translated(`layer.${layer}`, layer);
}

/** For legends: Patch, B3, Proj. */
export function layerShort(layer: string): string {
  const block = /^blocks\.(\d+)$/.exec(layer);
  if (block !== null) return t('layer_short.block', { n: Number(block[1]) });
  return translated(`layer_short.${layer}`, layerName(layer));
}

/** The label of a metric; a `kind/<layer>` metric by its kind and layer. */
export function metricName(metric: string): string {
  const [kind = metric, layer] = metric.split(/\/(.*)/, 2);
  const name = translated(`metric.${kind}`, kind);
  return layer === undefined ? name : `${name}, ${layerName(layer)}`;
}

/** The label of a parameter; its contract name where there is none. */
export function parameterName(parameter: string): string {
  return translated(`parameter.${parameter}`, parameter);
}
