// Times and names put into the reader's words: durations, ages, parameters. Layers and metrics have files of their own.
import { t, translated } from './i18n/index.svelte';
import type { JsonValue } from './backend';
import { durationParts, NONE, setting } from './format';

export { layerName, layerShort } from './layers';
export { metricName } from './metrics';

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

/** The label of a parameter; its contract name where there is none. */
export function parameterName(parameter: string): string {
  return translated(`parameter.${parameter}`, parameter);
}

/** The value of a parameter as text. */
export function valueText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return NONE;
  if (typeof value === 'boolean') return t(value ? 'value.true' : 'value.false');
  if (typeof value === 'number') return setting(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
