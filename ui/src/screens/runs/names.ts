// Names of the filter language in the reader's words: heads of columns, chips of groups, entries of the lists to choose from. What no
// catalogue knows keeps its own name. Pure but for the catalogue.
import type { RunName } from '$lib/backend';
import { translated, t } from '$lib/i18n/index.svelte';
import { metricName, rowOf } from '$lib/metrics';
import { parameterName } from '$lib/words';

/** `own`: as the run's tool, or the language itself, calls it; set in the letters of code. */
export type Title = { text: string; own: boolean };

const CONFIG = 'config.';
const COUNT = '.count';
const READING = /^(.+)\.(last|best|min|max|mean[1-9]\d*)$/;

/** Which value of a metric stands for a run. */
export const READINGS = ['last', 'best', 'min', 'max'] as const;

/** A name of a metric with its reading; null for any other name. */
export function metricOf(name: string): { metric: string; reading: string } | null {
  const found = name.startsWith(CONFIG) ? null : READING.exec(name);
  return found === null ? null : { metric: found[1] ?? '', reading: found[2] ?? '' };
}

/** `mean of the last 10`. */
export function readingText(reading: string): string {
  const mean = /^mean(\d+)$/.exec(reading);
  return mean === null ? translated(`runs.reading.${reading}`, reading) : t('runs.reading.mean', { n: mean[1] ?? '' });
}

/** The kind of event that a name counts. */
export const eventOf = (name: string): string | null => (name.endsWith(COUNT) && !name.startsWith(CONFIG) ? name.slice(0, -COUNT.length) : null);

/** The head of a column, with the unit that its cells leave out. The last value of a metric is what its bare title means. */
export function titleOf(name: string): Title {
  if (name.startsWith(CONFIG)) return { text: name.slice(CONFIG.length), own: true };
  const metric = metricOf(name);
  if (metric !== null) {
    const row = rowOf(metric.metric);
    const title = metricName(metric.metric);
    const read = metric.reading === 'last' ? title : t('runs.title.reading', { metric: title, reading: readingText(metric.reading) });
    return { text: row?.reads === 'percent' ? t('runs.title.percent', { title: read }) : read, own: title === metric.metric };
  }
  const event = eventOf(name);
  const text = event === null ? translated(`runs.field.${name}`, parameterName(name)) : translated(`event.${event}`, event);
  return { text, own: text === name || text === event };
}

/** As a list to choose from has it: a metric by its title alone, as its reading is chosen beside it. */
export function listedAs(one: RunName): Title {
  if (one.of !== 'metric') return titleOf(one.name);
  const text = metricName(one.name);
  return { text, own: text === one.name };
}

/** What a name of the list is called in a column or a condition. */
export const withReading = (one: RunName, reading: string): string => (one.of === 'metric' ? `${one.name}.${reading}` : one.name);

const plain = (text: string) => text.toLowerCase().replace(/[._/\s-]+/g, ' ');

/** The names that hold every word, in their own letters or in the reader's; those that begin with what was typed come first. */
export function searched(names: readonly RunName[], typed: string): RunName[] {
  const words = plain(typed).split(' ').filter((word) => word !== '');
  if (words.length === 0) return [...names];
  const whole = words.join(' ');
  return names
    .map((one) => ({ one, text: `${plain(one.name)} ${plain(listedAs(one).text)}` }))
    .filter(({ text }) => words.every((word) => text.includes(word)))
    .map(({ one, text }) => ({ one, near: text.startsWith(whole) ? 0 : ` ${text}`.includes(` ${whole}`) ? 1 : 2 }))
    .sort((a, b) => a.near - b.near)
    .map(({ one }) => one);
}

/** Whether runs differ in it: what sweeps vary, first of all. */
export const varies = (one: RunName): boolean => one.of === 'parameter' && (one.values.length > 1 || (one.values.length === 0 && one.runs > 1));

export type Section = { id: 'matches' | 'varied' | 'parameter' | 'metric' | 'events' | 'field' | 'config'; names: RunName[] };

/** Of metrics, those of layers are found by a search: there are hundreds. */
const MOST_FOUND = 60;

/** Names to choose from: what runs differ in first; one list of what fits where something is looked for. */
export function sections(names: readonly RunName[], typed: string): Section[] {
  if (typed.trim() !== '') return [{ id: 'matches' as const, names: searched(names, typed).slice(0, MOST_FOUND) }].filter((one) => one.names.length > 0);
  const of = (kind: RunName['of']) => names.filter((one) => one.of === kind && !varies(one) && !one.name.includes('/'));
  return [
    { id: 'varied' as const, names: names.filter(varies) },
    { id: 'metric' as const, names: of('metric') },
    { id: 'events' as const, names: of('events') },
    { id: 'field' as const, names: of('field').filter((one) => one.name !== 'label') },
    { id: 'parameter' as const, names: of('parameter') },
    { id: 'config' as const, names: of('config') },
  ].filter((one) => one.names.length > 0);
}
