// The host's table of the arms as Decide shows it: which columns, which row is which arm's, numbers in words. Pure but for the catalogue.
import { METRIC, type Arm, type ArmComparison, type Decision, type JsonValue, type Sheet, type SheetBy, type SheetCell } from '$lib/backend';
import { number, plain } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { metricName } from '$lib/metrics';
import { sorted } from './decide';
import { filterOf, type Asked } from './decide-address';
import { digitsFor, readingName, unitOf, valueShown, type Unit } from './decide-text';

const EVENTS = ['spike.count', 'dip.count'];
const READING = /^(.*)\.(last|best|min|max|mean\d+)$/;

/** The column that the decision is about. */
export const decided = ({ metric, value }: Pick<Decision, 'metric' | 'value'>): string => `${metric}.${value}`;

/** The columns of an address that names none. */
export function usualColumns(decision: Pick<Decision, 'metric' | 'value'>): string[] {
  const loss = decision.metric === METRIC.Loss ? [] : [`${METRIC.Loss}.last`];
  return [...new Set([`${decision.metric}.best`, ...loss, ...EVENTS])].filter((name) => name !== decided(decision));
}

/** The column that is decided by comes first, whatever else was chosen. */
export function columnsOf(decision: Pick<Decision, 'metric' | 'value'>, chosen: string | undefined): string[] {
  const more = chosen === undefined ? usualColumns(decision) : chosen.split(',').filter((name) => name !== '' && name !== decided(decision));
  return [decided(decision), ...new Set(more)];
}

/** What there is to choose from: last and best of every metric that is better one way, and counts of events. */
export function choices(decision: Pick<Decision, 'metric' | 'value'>, metrics: readonly string[]): string[] {
  return [...new Set([...metrics.flatMap((name) => [`${name}.last`, `${name}.best`]), ...EVENTS])].filter((name) => name !== decided(decision));
}

export function sheetBy(one: Asked, columns: string[]): SheetBy {
  return { filter: filterOf(one), group: one.by, columns };
}

/** kNN accuracy, best, %. */
export function columnTitle(name: string): string {
  if (name === 'spike.count' || name === 'dip.count') return t(`decide.column.${name === 'dip.count' ? 'dips' : 'spikes'}`);
  const [, metric = '', reading = ''] = READING.exec(name) ?? [];
  if (metric === '') return name;
  return [t('decide.outcome', { metric: metricName(metric), value: readingName(reading) }), unitOf(metric).unit].filter((part) => part !== '').join(', ');
}

const unitOfColumn = (name: string): Unit => unitOf(READING.exec(name)?.[1] ?? '');

function isValue(cell: SheetCell | undefined, value: JsonValue): boolean {
  if (cell?.kind === 'nothing') return value === null;
  if (cell?.kind === 'number') return typeof value === 'number' && Number(cell.value) === value;
  return cell?.kind === 'text' && cell.text === (typeof value === 'string' ? value : JSON.stringify(value));
}

/** The cells of an arm behind those that name it; null where the table has no such row. */
export function cellsOf(sheet: Pick<Sheet, 'rows'>, by: readonly string[], value: JsonValue): SheetCell[] | null {
  const settings = by.map((name): JsonValue => (by.length > 1 && typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] ?? null : value));
  return sheet.rows.find((row) => settings.every((one, at) => isValue(row[at], one)))?.slice(by.length) ?? null;
}

export type Shown = { mean: string; std: string; n: string; best: boolean; tied: boolean };

/** One column's cells with as many decimals as its deviations need. */
export function columnShown(name: string, cells: readonly (SheetCell | null)[]): Shown[] {
  const unit = unitOfColumn(name);
  const spread = Math.max(0, ...cells.map((cell) => (cell?.kind === 'mean' ? cell.std ?? 0 : 0)));
  const digits = spread > 0 ? digitsFor(spread * unit.times, unit) : undefined;
  return cells.map((cell) => {
    const none = { std: '', n: '', best: false, tied: false };
    if (cell?.kind === 'mean') return { mean: valueShown(cell.mean, unit, digits), std: cell.std === null ? '' : valueShown(cell.std, unit, digits), n: number(cell.n), best: cell.best, tied: cell.tied };
    if (cell?.kind === 'number') return { ...none, mean: plain(Number(cell.value) * unit.times) };
    return { ...none, mean: cell?.kind === 'text' ? cell.text : '–' };
  });
}

/** Arms in the order of the forest, the baseline where it has its difference of nothing; what cannot be compared comes last. */
export function resultRows(decision: Decision): { arm: Arm; judged: ArmComparison | null }[] {
  const better = ({ difference }: ArmComparison) => difference !== null && (decision.higher_is_better ? difference > 0 : difference < 0);
  const all = sorted(decision);
  const rows = (some: ArmComparison[]) => some.flatMap((judged) => decision.arms.filter((arm) => arm.written === judged.written).map((arm) => ({ arm, judged })));
  const above = all.filter(better);
  return [...rows(above), ...decision.arms.slice(0, 1).map((arm) => ({ arm, judged: null })), ...rows(all.filter((one) => !above.includes(one)))];
}
