// What goes from the map into a figure: which runs, axes and maps, as questions that the host answers anew, and the sentences without which
// a reader would not know what is drawn. Holds no number of an answer. Pure but for the catalogue.
import type { Boundaries, FigureMap, FigureMapAxis, FigureScatter, JsonValue, MapBy, SensitivityOfRates, StabilityMap } from '$lib/backend';
import { number } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { asSentence } from '$lib/i18n/say';
import { unitOf } from '../compare/decide-text';
import { leftOut } from '../runs/explore/rates-text';
import { acrossOf } from './boundary';
import { lineAxis, lineTitle } from './lines';
import type { Layout } from './map';
import type { Shown } from './measure';
import { namedText, nameText, nextText, panelText, shownTitle, shownValue, slotOf } from './said';
import type { Scatter } from './scatter';

/** What is shown of which runs. */
export type Asked = { map: StabilityMap; layout: Layout; where: string };
/** Null where neither axis is the learning rate, and until they are known. */
export type Found = { rates: SensitivityOfRates | null; limits: Boundaries | null };

/** The metric by its name: what sweeps are after may be another one by then. */
export const mapBy = ({ map, where }: Pick<Asked, 'map' | 'where'>, shown: Shown): MapBy => ({ where, metric: map.metric, leads: shown === 'lead' });

function axisOf(map: StabilityMap, name: string, values: readonly JsonValue[]): FigureMapAxis {
  return { name, title: nameText(name), values: values.map((value) => ({ value, label: shownValue(map, name, value) })) };
}

export function cellsOf(asked: Asked, shown: Shown, { rates, limits }: Found): FigureMap & { kind: 'map' } {
  const { map, layout } = asked;
  const panels = layout.bands.flatMap((band) => band.panels).filter((panel) => panel.cells.length > 0);
  const [n, failed] = ['{n}', '{failed}'];
  return {
    kind: 'map', of: mapBy(asked, shown), x: axisOf(map, layout.x, layout.xs), y: axisOf(map, layout.y, layout.ys), others: [...layout.others],
    maps: panels.map((panel) => ({ values: layout.others.map((name) => panel.values.find(([own]) => own === name)?.[1] ?? null), title: panelText(map, panel.values) })),
    measure: shown, boundary: hasBoundary(limits),
    ...(rates === null || lineAxis(layout) === null ? {} : { lines: { title: lineTitle(rates), scale: unitOf(rates.metric).times } }),
    words: { count: t('map.figure_count', { n, failed }), n: t('map.n', { n }), failed: t('map.failed_of', { n }), none: t('map.no_runs'), without: t('map.no_number'), lost: t('map.cell_failed'), colour: shownTitle(map, shown) },
  };
}

const hasBoundary = (limits: Boundaries | null): boolean => limits?.groups.some((group) => group.line.length > 0) ?? false;

/** What cells hold, what stands at the ends of lines, what lies over the cells, and which runs the circles are. */
export function cellNotes({ map, layout }: Asked, shown: Shown, { rates, limits }: Found): string[] {
  const across = acrossOf(layout);
  const untold = limits?.groups.reduce((sum, group) => sum + group.untold, 0) ?? 0;
  const next = (limits?.next ?? []).map((one, at) => `${at + 1}: ${nextText(map, layout, across ?? '', one)}, ${t('map.run_seed', { n: one.seed })}`);
  return [
    t(shown === 'lead' ? 'map.figure_leads' : 'map.figure_cells'),
    ...(rates === null ? [] : [[t('map.lines', { n: number(rates.rates.length) }), leftOut(rates)].filter((part) => part !== '').join(' ')]),
    ...(limits === null || !hasBoundary(limits) ? [] : [[t('map.figure_boundary', { key: t('map.boundary_key', { score: number(limits.score, 2) }) }), ...(untold > 0 ? [asSentence(t('map.boundary_untold', { n: number(untold) }))] : [])].join(' ')]),
    ...(next.length === 0 || !hasBoundary(limits) ? [] : [t('map.figure_next', { runs: next.join('; ') })]),
  ];
}

export function scatterFigure(asked: Asked): FigureScatter & { kind: 'scatter' } {
  const { map, layout } = asked;
  const n = '{n}';
  const facet = layout.facet;
  return {
    kind: 'scatter', of: mapBy(asked, 'score'), axes: [layout.x, layout.y], ...(facet === null ? {} : { facet }),
    groups: facet === null ? [] : layout.facets.map((value) => ({ value, label: namedText(map, [facet, value]), slot: slotOf(layout, value) })),
    x_title: t('map.measure.score'), count: t('map.figure_scatter', { n, means: '{means}' }), broken: t('map.stop.broken', { n }), unscored: t('map.stop.unscored', { n }),
  };
}

/** What marks are, and who has none. */
export function scatterNotes(scatter: Scatter): string[] {
  return [[t('map.figure_marks'), ...(scatter.waiting > 0 ? [t('map.scatter_waiting', { n: number(scatter.waiting) })] : [])].join(' ')];
}
