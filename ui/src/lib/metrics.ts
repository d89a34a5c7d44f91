// Metrics in the reader's words: title, help and reading of a series, from the generated table and its Korean counterpart.
// Series of other programs keep their names.
import { METRICS, type MetricRow, type Role } from './backend/generated';
import { messages } from './i18n/index.svelte';
import { layerName } from './layers';
import korean from './metrics.ko.json';

type Words = { title: string; help: string };
const KOREAN: Record<string, Words> = korean;
const MEMBERS = { run: '', layer: '/<layer>', tensor: '/<tensor>', block: '/<block>' } as const;

/** As documents write it: `grad_norm/<layer>`. */
export const patternOf = (row: MetricRow): string => `${row.name}${MEMBERS[row.of]}`;

/** What stands before the slash of a name, and what behind it; null behind it for a series that stands alone. */
export function split(series: string): [string, string | null] {
  const at = series.indexOf('/');
  return at < 0 ? [series, null] : [series.slice(0, at), series.slice(at + 1)];
}

/** The series of one layer or tensor. */
export const seriesOf = (metric: string, member: string): string => `${metric}/${member}`;

/** The row of a series, by its name and, where layers and tensors share one, by its role. */
export function rowOf(series: string, role: Role | null = null): MetricRow | null {
  const [name, member] = split(series);
  const rows = METRICS.filter((row) => row.name === name && (row.of !== 'run') === (member !== null));
  return rows.find((row) => row.role === role) ?? rows[0] ?? null;
}

/** Whether a schedule sets it and nobody measures it: smoothing would bend it. A series that the table does not know goes by its role. */
export function isScheduled(series: string, role: Role | null = null): boolean {
  return rowOf(series, role)?.scheduled ?? METRICS.some((row) => row.role === role && row.scheduled);
}

const words = (row: MetricRow): Words => (messages.language === 'ko' ? KOREAN[patternOf(row)] : undefined) ?? row;

/** The label of a metric or series; of one that layers have, its layer first: what tells it from its neighbours is read where room ends. */
export function metricName(series: string): string {
  const [name, member] = split(series);
  const row = rowOf(series) ?? METRICS.find((one) => one.name === name) ?? null;
  if (row === null) return series;
  return member === null ? words(row).title : `${layerName(member)} · ${words(row).title}`;
}

/** What it is, in a sentence; empty for series of other programs. */
export function metricHelp(series: string, role: Role | null = null): string {
  const row = rowOf(series, role);
  return row === null ? '' : words(row).help;
}

/** Names of metrics of which every layer has one. */
export const LAYER_METRICS: readonly string[] = METRICS.filter((row) => row.of === 'layer').map((row) => row.name);
