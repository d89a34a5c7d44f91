// What the charts of a screen show, as files: their values as CSV, and the figure that the host is asked to draw of them on a page.
// Takes charts as they are on the screen, window and smoothing included; where numbers are worked out it takes the question, which the host answers.
import type { FigureAsk, FigureDecision, FigureEvent, FigureLine, FigurePage, FigurePanel, FigurePlot } from '../backend';
import type { Columns } from '../backend/frame';
import type { Cells } from '../backend/heatmap';
import { layerName } from '../words';
import { isDrawn } from './plot-layers';
import type { View } from './plot-view';
import { branchesOf, type Line, type Mark } from './series';
import type { XScale, XUnit } from './x-scale';

type Place = { title: string; unit: string; node: HTMLElement };
export type LinesPart = Place & { kind: 'lines'; view: View };
export type HeatPart = Place & { kind: 'heat'; cells: Cells | null; window: readonly [number, number]; frozen: readonly string[]; marks: readonly Mark[]; scale: XScale };
/** A question that the host answers anew: of arms against a baseline, whose plots share one decision, or whatever a plot asks by itself. */
export type AskedPart = Place & { kind: 'asked'; plot: Exclude<FigurePlot, { kind: 'lines' | 'heat' }>; decision?: FigureDecision; runs: readonly string[]; notes: readonly string[] };
export type Part = LinesPart | HeatPart | AskedPart;

/** What the charts of a screen are of. */
export type About = {
  title: string;
  subtitle: string;
  /** What a reader of the figure has to know, in sentences. */
  notes: readonly string[];
  runs: readonly { id: string; label: string }[];
  /** Which part of the runs it is, for the name of the file. */
  part: string;
};

const HEAD = 'chart,series,superseded_attempt,step,x,min,max,mean,first,last,nonfinite';

/** One line a pixel column of a line, or a cell of a heat map (its maximum); values as recorded, not as scaled for reading. */
export function csv(parts: Part[]): string {
  const rows = [HEAD];
  for (const part of parts) {
    if (part.kind === 'heat') rows.push(...cellRows(part));
    else if (part.kind === 'lines') for (const line of part.view.lines) for (const one of columnsOf(line)) rows.push(...columnRows(part, one));
  }
  return `${rows.join('\n')}\n`;
}

/** Whether their values are a table: means and what is said of arms have tables of their own. */
export function isTable(parts: readonly Part[]): boolean {
  return parts.every((part) => part.kind === 'heat' || (part.kind === 'lines' && part.view.lines.every((line) => line.meanOf === undefined)));
}

const columnsOf = (line: Line): Columns[] => [line.columns, ...branchesOf(line)].filter((one) => one !== null);
const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function columnRows({ title, view }: LinesPart, columns: Columns): string[] {
  const [from, to] = view.window;
  const rows: string[] = [];
  columns.step.forEach((step, i) => {
    if (step < from || step > to) return;
    const values = [columns.min, columns.max, columns.mean, columns.first, columns.last, columns.nonfinite].map((part) => String(part[i] ?? NaN));
    rows.push([quoted(title), quoted(columns.name), columns.superseded ?? '', step, columns.x?.[i] ?? step, ...values].join(','));
  });
  return rows;
}

function cellRows({ title, cells, window: [from, to] }: HeatPart): string[] {
  if (cells === null) return [];
  return cells.rows.flatMap((row, r) => Array.from({ length: cells.columns }, (_, c) => {
    const step = cells.from + c * cells.stride;
    const at = r * cells.columns + c;
    const [largest, nonfinite] = [cells.largest[at] ?? NaN, cells.nonfinite[at] ?? 0];
    return step < from || step > to || (Number.isNaN(largest) && nonfinite === 0) ? '' : [quoted(title), quoted(row.name), '', step, step, '', largest, '', '', '', nonfinite].join(',');
  }).filter((row) => row !== ''));
}

/** What the numbers of an axis are divided by, of what is recorded. */
const DIVISOR: Record<XUnit, number> = { step: 1, epoch: 1, images: 1, million_images: 1e6, s: 1, min: 60, h: 3600 };

type Axis = Pick<FigureAsk, 'x_title' | 'axis' | 'x_divisor' | 'from' | 'to'>;

/** The axis that all charts of a screen share; what the host is asked about has none of it. */
function axisOf(parts: readonly Part[]): Axis {
  const first = parts.find((part) => part.kind !== 'asked');
  if (first === undefined) return { x_title: '', x_divisor: 1, from: 0, to: 0 };
  const [scale, window] = first.kind === 'heat' ? [first.scale, first.window] : [first.view.scale, first.view.window];
  const lines = parts.find((part) => part.kind === 'lines');
  const divisor = DIVISOR[scale.ticks(window, 2).unit];
  return { x_title: lines?.view.xTitle ?? '', ...(scale.kind === 'step' ? {} : { axis: scale.kind }), x_divisor: divisor, from: Math.floor(window[0]), to: Math.ceil(window[1]) };
}

/** The figure of these charts on a page, as the host draws it; null where there is nothing to draw. */
export function figureOf(parts: readonly Part[], { title, subtitle, notes }: Pick<About, 'title' | 'subtitle' | 'notes'>, page: FigurePage): FigureAsk | null {
  const axis = axisOf(parts);
  const panels = shared(parts.flatMap((part) => (part.kind === 'asked' ? question(part) : part.kind === 'heat' ? heat(part, axis.x_divisor) : curves(part, axis.x_divisor))));
  if (panels.length === 0) return null;
  const runs = parts.flatMap((part) => (part.kind === 'asked' ? part.runs : part.kind === 'heat' ? [part.cells?.run ?? ''] : part.view.lines.flatMap(runsOf)));
  const decision = parts.flatMap((part) => (part.kind === 'asked' ? part.decision ?? [] : []))[0];
  const said = [...new Set([...parts.flatMap((part) => (part.kind === 'asked' ? part.notes : [])), ...notes])];
  return { title, subtitle, notes: said, page, runs: [...new Set(runs)].filter((run) => run !== ''), ...axis, ...(decision === undefined ? {} : { decision }), panels };
}

/** Panels share the height of a page as charts do that of the screen, around 1; what the host is asked about has a height of its own. */
function shared(panels: FigurePanel[]): FigurePanel[] {
  const [mean, isFree] = [(all: FigurePanel[]) => all.reduce((sum, panel) => sum + panel.height_share, 0) / Math.max(1, all.length), ({ plot }: FigurePanel) => plot.kind === 'lines' || plot.kind === 'heat'];
  const usual = mean(panels.filter(isFree));
  return panels.map((panel) => (isFree(panel) ? { ...panel, height_share: panel.height_share / usual } : panel));
}

function question({ title, unit, plot }: AskedPart): FigurePanel[] {
  return [{ title, unit, height_share: 1, plot }];
}

const runsOf = (line: Line): readonly string[] => line.meanOf ?? (line.columns === null ? [] : [line.columns.run]);

function curves({ title, unit, node, view }: LinesPart, divisor: number): FigurePanel[] {
  const lines = view.lines.flatMap(asked);
  if (lines.length === 0) return [];
  const band = view.band?.whole === true ? { low: view.band.low, high: view.band.high, low_label: view.band.lowLabel, high_label: view.band.highLabel } : null;
  return [{
    title, unit, height_share: shareOf(node),
    plot: { kind: 'lines', scale: view.times, log: view.log, y: [view.y[0], view.y[1]], lines, ...(band === null ? {} : { band }), events: eventsOf(view.marks, view, divisor) },
  }];
}

function asked(line: Line): FigureLine[] {
  const columns = line.columns;
  const runs = runsOf(line);
  if (columns === null || runs.length === 0) return [];
  const smoothing = line.smoothed?.smoothing ?? columns.smoothing;
  return [{
    label: line.quiet === true ? '' : line.label, slot: line.slot, solid: line.solid === true, ghost: line.quiet === true, runs: [...runs], is_mean: line.meanOf !== undefined, ...(line.meanOf !== undefined && line.area != null ? { interval: true } : {}),
    series: { name: columns.name, ...(columns.relative ? { relative: true } : {}), ...(smoothing > 0 ? { smoothing } : {}), ...(branchesOf(line).length > 0 ? { superseded: true } : {}) },
  }];
}

function heat({ title, unit, node, cells, frozen, marks, ...place }: HeatPart, divisor: number): FigurePanel[] {
  if (cells === null || cells.rows.length === 0) return [];
  return [{
    title, unit: '', height_share: shareOf(node),
    plot: { kind: 'heat', run: cells.run, metric: cells.metric, layers: cells.rows.map((row) => row.layer), labels: cells.rows.map(({ layer, tensor }) => (tensor ? layer : layerName(layer))), cell: cells.cell, scale_label: unit, frozen: [...frozen], events: eventsOf(marks, place, divisor) },
  }];
}

function eventsOf(marks: readonly Mark[], { window, scale }: { window: readonly [number, number]; scale: XScale }, divisor: number): FigureEvent[] {
  const at = (step: number) => (scale.kind === 'step' ? step : scale.value(step) / divisor);
  const inView = (mark: Mark) => isDrawn(mark) && (mark.end ?? mark.at) >= window[0] && mark.at <= window[1];
  return marks.filter(inView).map((mark) => ({ kind: mark.kind, at: at(mark.at), ...(mark.end === null ? {} : { end: at(mark.end) }), injected: mark.injected }));
}

const shareOf = (node: HTMLElement): number => Math.max(1, node.offsetHeight);
