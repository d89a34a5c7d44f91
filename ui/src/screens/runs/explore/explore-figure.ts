// What goes from Explore into a figure: which runs, axes and brushes, as questions that the host answers anew, and the sentences without
// which a reader would not know what is drawn. Holds no number of an answer but those that were brushed. Pure but for the catalogue.
import type { FigureAxis, FigureParallel, FigureRates, SensitivityBy, SensitivityOfRates } from '$lib/backend';
import { number, setting } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { metricName } from '$lib/metrics';
import { parameterName } from '$lib/words';
import { readingName, type Unit } from '../../compare/decide-text';
import { metricOf } from '../names';
import { DEFAULT_SORT } from '../table';
import type { Colour } from './asked';
import { ARM, RATE, type Axis } from './axes';
import { isEmpty, type Brush } from './brush';
import { allRates, pointAt } from './rate-plot';
import { leftOut, notesOf, type ShownArm } from './rates-text';
import { brushText } from './text';

export type ParallelShown = {
  query: string; axes: readonly Axis[]; turned: ReadonlySet<string>; brushes: readonly Brush[];
  /** Parameters whose values make the arms. */
  by: readonly string[];
  metric: string | null; colour: Colour;
  /** Ids of the selected runs. */
  marked: readonly string[];
};

/** The fonts of figures have no ✕. */
const CROSS = '×';
/** By which lines may be coloured. */
const SCORE = 'stability';

/** kNN accuracy, %. */
function outcome(metric: string, axis: Axis | undefined): string {
  const title = metricName(metricOf(metric)?.metric ?? metric);
  return axis?.times === 100 ? t('runs.title.percent', { title }) : title;
}

export function parallelOf({ query, axes, turned, brushes, by, metric, colour, marked }: ParallelShown): FigureParallel & { kind: 'parallel' } {
  const drawn = axes.map((axis): FigureAxis => {
    const brush = brushes.find((one) => one.axis === axis.name && !isEmpty(one));
    const note = axis.name === metric ? readingName(metricOf(axis.name)?.reading ?? '') : axis.note;
    return {
      title: axis.name === metric ? outcome(metric, axis) : axis.title, note: turned.has(axis.name) ? `${note} ↓`.trim() : note, turned: turned.has(axis.name),
      columns: axis.name === ARM ? [...by] : [axis.name], scale: axis.times,
      ...(axis.categories.length === 0 ? {} : { categories: axis.categories.map(({ value, text, slot }) => ({ value, label: text, slot })) }),
      ...(brush === undefined ? {} : { brush: { ...(brush.range === null ? {} : { range: [brush.range[0], brush.range[1]] }), values: [...brush.values], stops: [...brush.stops] } }),
    };
  });
  const columns = [...new Set([...drawn.flatMap((axis) => axis.columns), ...(metric === null ? [] : [metric]), SCORE])];
  const [n, of] = ['{n}', '{of}'];
  return {
    kind: 'parallel', of: { where: query, sort: DEFAULT_SORT, columns, group: [] }, axes: drawn, ...(metric === null ? {} : { metric }), colour, marked: [...marked],
    words: {
      count: t(brushes.some((brush) => !isEmpty(brush)) ? 'explore.scope.brushes' : 'explore.scope.all', { n, of }),
      end: t('explore.stop_end', { value: '{value}', n }), nan: t('explore.stop_nan', { n }).replace('✕', CROSS), none: t('explore.stop_none', { n }),
      colour: colour === 'score' ? t('explore.colour.score') : metric === null ? '' : outcome(metric, axes.find((axis) => axis.name === metric)),
    },
  };
}

/** What lines are, and what is brushed. */
export function parallelNotes({ axes, brushes, marked }: Pick<ParallelShown, 'axes' | 'brushes' | 'marked'>): string[] {
  const brushed = brushes.flatMap((brush) => {
    const axis = axes.find((one) => one.name === brush.axis);
    return axis === undefined || isEmpty(brush) ? [] : [`${axis.title} ${brushText(axis, brush)}`];
  });
  return [
    [t('explore.figure_lines'), ...(brushed.length === 0 ? [] : [t('explore.figure_outside')]), ...(marked.length === 0 ? [] : [t('explore.figure_marked')])].join(' '),
    ...(brushed.length === 0 ? [] : [t('explore.figure_brushed', { brushes: brushed.join('; ') })]),
  ];
}

export function ratesOf(of: SensitivityBy, arms: readonly ShownArm[], unit: Unit): FigureRates & { kind: 'rates' } {
  return {
    kind: 'rates', of, scale: unit.times, x_title: parameterName(RATE), unit: unit.difference,
    arms: arms.map(({ arm, name, slot }) => ({ written: arm.written, label: name, slot })),
    entry: t('explore.figure_entry', { arm: '{arm}', sensitivity: '{sensitivity}', usable: '{usable}' }),
  };
}

/** What the numbers are, which points are weak, where nothing is left of an arm, and what was left out. */
export function ratesNotes(found: SensitivityOfRates, arms: readonly ShownArm[], unit: Unit): string[] {
  const lost = allRates(found).flatMap((rate) => arms.flatMap(({ arm, name }) => {
    const point = pointAt(arm, rate);
    return point === null || point.mean !== null ? [] : [t('explore.figure_lost', { failed: t('explore.all_failed', { arm: name, n: number(point.failed) }), rate: setting(rate) })];
  }));
  const isHollow = found.arms.some((arm) => arm.points.some((point) => point.mean !== null && point.failed > 0));
  return [
    ...notesOf(found, unit).map(({ head, text }) => `${head}: ${text}`),
    ...(isHollow || lost.length > 0 ? [[...(isHollow ? [t('explore.figure_hollow')] : []), ...lost].join(' ')] : []),
    ...(leftOut(found) === '' ? [] : [leftOut(found)]),
  ];
}
