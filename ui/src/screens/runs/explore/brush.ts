// Brushes: a range of numbers, some categories or some stops of an axis. Several combine by "and". In the address they stand as JSON, and
// as a condition of the filter language they find the same runs in the table. Pure.
import type { JsonValue } from '$lib/backend';
import { inCondition } from '$lib/given';
import { literal, written } from '../../compare/decide-address';
import { ARM, type Axis } from './axes';
import { STOPS, type Stop } from './scale';

export type Brush = {
  axis: string;
  /** Both ends included, in the unit of the values. */
  range: readonly [number, number] | null;
  /** Categories, by their values. */
  values: readonly JsonValue[];
  stops: readonly Stop[];
};

export const brushOf = (axis: string, part: Partial<Omit<Brush, 'axis'>>): Brush => ({ axis, range: null, values: [], stops: [], ...part });

export const isEmpty = ({ range, values, stops }: Brush): boolean => range === null && values.length === 0 && stops.length === 0;

const isRange = (one: unknown): one is [number, number] => Array.isArray(one) && one.length === 2 && one.every((end) => typeof end === 'number' && Number.isFinite(end));

/** As the address has them, each axis once; what cannot be read is none. */
export function parseBrushes(text: string | undefined): Brush[] {
  let read: unknown;
  try {
    read = JSON.parse(text ?? '[]');
  } catch {
    return [];
  }
  const found = (Array.isArray(read) ? read : []).flatMap((one: unknown): Brush[] => {
    if (!Array.isArray(one) || typeof one[0] !== 'string' || typeof one[1] !== 'object' || one[1] === null) return [];
    const { range, values, stops } = one[1] as { range?: unknown; values?: unknown; stops?: unknown };
    const brush = brushOf(one[0], {
      range: isRange(range) ? [Math.min(...range), Math.max(...range)] : null, values: Array.isArray(values) ? (values as JsonValue[]) : [],
      stops: Array.isArray(stops) ? STOPS.filter((stop) => stops.includes(stop)) : [],
    });
    return isEmpty(brush) ? [] : [brush];
  });
  return [...new Map(found.map((brush) => [brush.axis, brush])).values()];
}

/** For the address; null where there are none. */
export function formatBrushes(brushes: readonly Brush[]): string | null {
  const parts = brushes.filter((brush) => !isEmpty(brush)).map(({ axis, range, values, stops }) => [axis, { ...(range === null ? {} : { range }), ...(values.length === 0 ? {} : { values }), ...(stops.length === 0 ? {} : { stops }) }]);
  return parts.length === 0 ? null : JSON.stringify(parts);
}

/** In place of the one of the same axis; an empty one takes it away. The newest is the last. */
export function withBrush(brushes: readonly Brush[], brush: Brush): Brush[] {
  const before = brushes.findIndex((one) => one.axis === brush.axis);
  if (isEmpty(brush)) return brushes.filter((one) => one.axis !== brush.axis);
  return before < 0 ? [...brushes, brush] : brushes.map((one, at) => (at === before ? brush : one));
}

/** Whether each run lies in all of the brushes. Those of axes that are not there let every run pass. */
export function inBrushes(brushes: readonly Brush[], axes: readonly Axis[], count: number): Uint8Array {
  const inside = new Uint8Array(count).fill(1);
  for (const brush of brushes) {
    const axis = axes.find((one) => one.name === brush.axis);
    if (axis === undefined) continue;
    const chosen = axis.categories.map((category) => brush.values.some((value) => written(value) === written(category.value)));
    for (let run = 0; run < count; run += 1) {
      const [value, stop] = [axis.values[run] ?? null, axis.stops[run] ?? null];
      const taken = stop !== null ? brush.stops.includes(stop)
        : axis.categories.length > 0 ? chosen[value ?? -1] === true
        : brush.range !== null && value !== null && value >= brush.range[0] && value <= brush.range[1];
      if (!taken) inside[run] = 0;
    }
  }
  return inside;
}

const isObject = (value: JsonValue): value is { [key in string]: JsonValue } => typeof value === 'object' && value !== null && !Array.isArray(value);

/** That a run has this value; null where no condition says so. */
function hasValue(name: string, by: readonly string[], value: JsonValue): string | null {
  const settings: [string, JsonValue][] = name !== ARM ? [[name, value]] : isObject(value) ? Object.entries(value) : [[by[0] ?? '', value]];
  if (settings.some(([, one]) => one === null || typeof one === 'object')) return null;
  const parts = settings.map(([setting, one]) => `${inCondition(setting)} = ${literal(one)}`);
  return parts.length === 1 ? parts.join('') : `(${parts.join(' and ')})`;
}

/** What finds the runs of these brushes; null where no condition can: none says that a run has no value. `by`: what makes the arms. */
export function conditionOf(brushes: readonly Brush[], axes: readonly Axis[], by: readonly string[]): string | null {
  const parts: string[] = [];
  for (const { axis: name, range, values, stops } of brushes) {
    const axis = axes.find((one) => one.name === name);
    if (axis === undefined) continue;
    const asked = name === ARM ? name : inCondition(name);
    const isWords = axis.categories.some(({ value }) => typeof value === 'string' && value.includes(', '));
    if (stops.includes('none') || isWords || name.endsWith('_at')) return null;
    const found = [
      ...(range === null ? [] : [range[0] === range[1] ? `${asked} = ${range[0]}` : `${asked} >= ${range[0]} and ${asked} <= ${range[1]}`]),
      ...values.map((value) => hasValue(name, by, value)),
      // A share is never infinite, and no condition may say that it is.
      ...(stops.includes('nan') ? [`${asked} = nan`, ...(axis.times === 1 ? [`${asked} = inf`, `${asked} = -inf`] : [])] : []),
      ...(stops.includes('end') ? [axis.scale.kind === 'log' ? `${asked} <= 0` : `${asked} >= 1`] : []),
    ];
    if (found.includes(null)) return null;
    parts.push(found.length > 1 ? `(${found.map((one) => (one?.includes(' and ') === true && !one.startsWith('(') ? `(${one})` : one)).join(' or ')})` : found.join(''));
  }
  return parts.join(' and ');
}

/** A query and a condition, both met. */
export function joined(where: string, condition: string): string {
  if (where.trim() === '' || condition === '') return where.trim() === '' ? condition : where;
  return `${/\bor\b/i.test(where) ? `(${where})` : where} and ${condition}`;
}

/** Part of the axis by which a key moves a brush. */
const STEP = 0.02;

/**
 * A brush moved by a key: `by` is 1 upwards, −1 downwards as it is drawn; `lower`: its lower end alone. Of an axis without one the
 * whole is brushed first. Categories move one by one.
 */
export function nudged(axis: Axis, brush: Brush | null, by: 1 | -1, lower: boolean, turned: boolean, at: { place: (value: number) => number; value: (place: number) => number }): Brush {
  const way = turned ? -by : by;
  const count = axis.categories.length;
  if (count > 0) {
    const chosen = brush === null ? [] : axis.categories.flatMap(({ value }, place) => (brush.values.some((one) => written(one) === written(value)) ? [place] : []));
    const [first, last] = [chosen[0] ?? (way > 0 ? -1 : count), chosen.at(-1) ?? (way > 0 ? -1 : count)];
    const held = (place: number) => Math.max(0, Math.min(count - 1, place));
    const [from, to] = lower && chosen.length > 0 ? (turned ? [first, held(Math.max(first, last + way))] : [held(Math.min(last, first + way)), last]) : [held(first + way), held(last + way)];
    return brushOf(axis.name, { values: axis.categories.slice(from, to + 1).map(({ value }) => value), stops: brush?.stops ?? [] });
  }
  const range = brush?.range ?? [axis.scale.low, axis.scale.high];
  const [low, high] = [at.place(range[0]), at.place(range[1])];
  const most = (value: number) => Math.max(0, Math.min(1, value));
  // The whole axis has nowhere to go: it gives way at the end that it is moved from.
  if (!lower && low <= 0 && high >= 1) return brushOf(axis.name, { range: way > 0 ? [at.value(STEP), range[1]] : [range[0], at.value(1 - STEP)], stops: brush?.stops ?? [] });
  const [moveLow, moveHigh] = lower ? (turned ? [0, way * STEP] : [way * STEP, 0]) : [way * STEP, way * STEP];
  const [a, b] = [most(low + moveLow), most(high + moveHigh)];
  return brushOf(axis.name, { range: [at.value(Math.min(a, b)), at.value(Math.max(a, b))], stops: brush?.stops ?? [] });
}
