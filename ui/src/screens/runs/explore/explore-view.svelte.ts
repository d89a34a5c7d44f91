// What Explore shows: axes, brushes and what lies in them, how lines are coloured, and what keys do. What can be worked out stands in pure
// modules beside it; the runs are those of the table.
import type { RunColumn, RunTableRow } from '$lib/backend';
import { Extremes } from '$lib/charts/extremes.svelte';
import { rowOf } from '$lib/metrics';
import { router } from '$lib/state/router.svelte';
import { unitOf } from '../../compare/decide-text';
import { formatNames, placed } from '../columns';
import { metricOf } from '../names';
import type { RunsView } from '../runs-view.svelte';
import { ARM, armAxis, axisOf, numberAt, runsThatDiffer, usualArms, usualAxes, type Axis } from './axes';
import { brushOf, conditionOf, formatBrushes, inBrushes, isEmpty, joined, nudged, withBrush, type Brush } from './brush';
import { placeOf, tidied } from './scale';
import { stripOf } from './strip';
import type { Colour } from './asked';

/** Fewer runs than this say nothing that the table does not. */
export const FEWEST_RUNS = 8;
/** More ids than this are left out of a figure's caption: the query finds them. */
const MOST_IDS = 24;

export class ExploreView {
  readonly runs: RunsView;
  /** What goes into a file. */
  readonly extremes = new Extremes();
  /** A brush that is being drawn: the address has it when the pointer is let go. */
  #draft = $state.raw<Brush | null>(null);
  #cursor = $state(0);

  readonly rows = $derived.by<RunTableRow[]>(() => this.runs.rows);
  readonly columns = $derived.by<RunColumn[]>(() => this.runs.page.value?.columns ?? []);
  readonly asked = $derived.by(() => this.runs.exploring);
  readonly by = $derived.by(() => {
    const columns = this.columns;
    return (this.asked.arms ?? usualArms(columns, this.rows)).filter((name) => columns.some((column) => column.name === name));
  });
  /** `NAME.reading`, or none where no run has a metric that could be the last axis. */
  readonly metric = $derived.by<string | null>(() => {
    if (this.asked.metric !== null) return this.asked.metric;
    const [objective, rows] = [this.runs.page.value?.objective ?? null, this.rows];
    const metrics = this.columns.flatMap((column, at) => (column.of.kind === 'metric' && rows.some((row) => (row.cells[at] ?? null) !== null) ? [column.name] : []));
    return metrics.find((name) => objective !== null && name === `${objective}.best`) ?? metrics.find((name) => name.endsWith('.best')) ?? metrics[0] ?? null;
  });
  /** Names between the arm and the metric, as far as they were answered. */
  readonly middle = $derived.by(() => {
    const [columns, metric] = [this.columns, this.metric];
    return (this.asked.axes ?? usualAxes(columns, this.rows, this.by)).filter((name) => name !== metric && columns.some((column) => column.name === name));
  });
  readonly axes = $derived.by<Axis[]>(() => {
    const [columns, rows, by, metric] = [this.columns, this.rows, this.by, this.metric];
    const named = (name: string): Axis[] => {
      const at = columns.findIndex((column) => column.name === name);
      const column = columns[at];
      return column === undefined ? [] : [axisOf(column, at, rows)];
    };
    return [...(by.length > 0 ? [armAxis(by, columns, rows)] : []), ...this.middle.flatMap(named), ...(metric === null ? [] : named(metric))];
  });
  readonly arms = $derived.by(() => this.axes.find((axis) => axis.name === ARM) ?? null);
  readonly last = $derived.by(() => {
    const metric = this.metric;
    return this.axes.find((axis) => axis.name === metric) ?? null;
  });
  readonly unit = $derived.by(() => unitOf(metricOf(this.metric ?? '')?.metric ?? ''));
  readonly turned = $derived.by(() => new Set(this.asked.turned));
  /** Whoever chooses the axes knows what to look for. */
  readonly differing = $derived.by(() => (this.asked.axes === null ? runsThatDiffer(this.columns, this.rows) : this.rows.length));

  readonly brushes = $derived.by<Brush[]>(() => (this.#draft === null ? this.asked.brushes : withBrush(this.asked.brushes, this.#draft)));
  readonly inside = $derived.by(() => inBrushes(this.brushes, this.axes, this.rows.length));
  /** Places of the runs that are meant: brushed, else selected, else all. */
  readonly brushed = $derived.by(() => {
    const inside = this.inside;
    return [...inside.keys()].filter((at) => inside[at] === 1);
  });
  readonly marked = $derived.by(() => {
    const [rows, chosen] = [this.rows, this.runs.chosen];
    return chosen.size === 0 ? [] : [...rows.keys()].filter((at) => chosen.has(rows[at]?.id ?? ''));
  });
  readonly scope = $derived.by<'brushes' | 'selection' | 'all'>(() => (this.brushes.length > 0 ? 'brushes' : this.marked.length > 0 ? 'selection' : 'all'));
  readonly meant = $derived.by(() => (this.scope === 'selection' ? this.marked : this.brushed));
  readonly strip = $derived.by(() => stripOf(this.rows, this.meant, this.last, this.arms));
  readonly colour = $derived.by<Colour>(() => (this.asked.colour === 'arm' && this.arms === null ? 'metric' : this.asked.colour));
  readonly cursor = $derived.by(() => Math.max(0, Math.min(this.#cursor, this.axes.length - 1)));

  constructor(runs: RunsView) {
    this.runs = runs;
    this.extremes.about = () => ({ title: this.sweeps.join(' · '), subtitle: runs.query, notes: [], runs: this.rows, part: 'explore' });
  }

  /** Names of the sweeps that the runs are of; none where they are many. */
  readonly sweeps = $derived.by(() => {
    const names = [...new Set(this.rows.flatMap((row) => row.sweep_name ?? []))];
    return names.length > 3 ? [] : names;
  });
  /** Of the runs that are meant, where a caption has room for them. */
  readonly named = $derived.by(() => (this.meant.length > MOST_IDS ? [] : this.ids()));

  /** By what lines are coloured, one a run; NaN where there is no such number. */
  readonly shade = $derived.by(() => {
    const at = this.columns.findIndex((column) => column.name === 'stability');
    const [rows, values, score] = [this.rows, this.last?.values ?? [], this.colour === 'score'];
    return Float64Array.from(rows, (row, run) => (score ? Number(row.cells[at] ?? NaN) : values[run] ?? NaN));
  });
  /** Runs that failed, or whose metric is not finite: they have a colour of their own. */
  readonly broken = $derived.by(() => {
    const stops = this.last?.stops ?? [];
    return this.rows.map((row, at) => row.failed || stops[at] === 'nan');
  });
  /** Lowest and highest of the lines that are drawn in colour; null where none is. */
  readonly shades = $derived.by<[number, number] | null>(() => {
    let [low, high] = [Infinity, -Infinity];
    const [broken, shade] = [this.broken, this.shade];
    for (const run of this.brushed) {
      const value = broken[run] === true ? NaN : shade[run] ?? NaN;
      if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
    return low > high ? null : [low, high];
  });
  /** Whether more of the metric is better; those lines lie on top. */
  readonly higherIsBetter = $derived.by(() => rowOf(metricOf(this.metric ?? '')?.metric ?? '')?.better !== 'lower');

  brushAt(name: string): Brush | null {
    return this.brushes.find((one) => one.axis === name) ?? null;
  }

  /** While it is drawn. */
  sketch(brush: Brush | null): void {
    this.#draft = brush;
  }

  /** With no more digits than it takes. */
  put(brush: Brush): void {
    const axis = this.axes.find((one) => one.name === brush.axis);
    const values = (axis?.values ?? []).filter((value) => value !== null && Number.isFinite(value)).map(Number);
    const tidy = brush.range === null ? brush : { ...brush, range: tidied(brush.range, values) };
    this.#draft = null;
    router.patch({ brush: formatBrushes(withBrush(this.asked.brushes, tidy)) });
  }

  clear(name: string): void {
    this.put(brushOf(name, {}));
  }

  /** Esc: the last brush, then the selection. */
  clearLast(): void {
    const last = this.asked.brushes.at(-1);
    if (this.#draft !== null) this.#draft = null;
    else if (last !== undefined) this.clear(last.axis);
    else this.runs.select([]);
  }

  clearAll(): void {
    this.#draft = null;
    router.patch({ brush: null });
  }

  // ---- axes ----
  moveCursor(by: 1 | -1): void {
    this.#cursor = Math.max(0, Math.min(this.axes.length - 1, this.cursor + by));
  }
  point(at: number): void {
    this.#cursor = at;
  }
  nudge(by: 1 | -1, lower: boolean): void {
    const axis = this.axes[this.cursor];
    if (axis === undefined) return;
    const brush = nudged(axis, this.brushAt(axis.name), by, lower, this.turned.has(axis.name), { place: (value) => placeOf(axis.scale, value), value: (place) => numberAt(axis, place) });
    if (!isEmpty(brush)) this.put(brush);
  }
  turn(name: string): void {
    const names = this.turned.has(name) ? this.asked.turned.filter((one) => one !== name) : [...this.asked.turned, name];
    router.patch({ turned: formatNames(names) });
  }
  /** All of what is shown: part of it alone would leave the rest to columns that may not be asked for any more. */
  #pinned(chosen: { axes?: readonly string[]; metric?: string; arms?: readonly string[] }): Record<string, string | null> {
    return { axes: formatNames(chosen.axes ?? this.middle), metric: chosen.metric ?? this.metric, arms: formatNames(chosen.arms ?? this.by) };
  }
  setAxes(names: readonly string[]): void {
    router.patch(this.#pinned({ axes: names }));
  }
  /** To the place of another; ends of the row stay where they are. */
  moveTo(name: string, other: string): void {
    if (this.middle.includes(name) && this.middle.includes(other)) this.setAxes(placed(this.middle, name, other));
  }
  moveAxis(by: 1 | -1): void {
    const name = this.axes[this.cursor]?.name ?? '';
    const other = this.middle[this.middle.indexOf(name) + by];
    if (!this.middle.includes(name) || other === undefined) return;
    this.moveTo(name, other);
    this.moveCursor(by);
  }
  setMetric(name: string): void {
    // What was brushed on the old one is another range of the new one.
    const brushes = this.asked.brushes.filter((brush) => brush.axis !== this.metric);
    router.patch({ ...this.#pinned({ metric: name }), brush: formatBrushes(brushes) });
  }
  setArms(names: readonly string[]): void {
    const brushes = this.asked.brushes.filter((brush) => brush.axis !== ARM);
    router.patch({ ...this.#pinned({ arms: names }), brush: formatBrushes(brushes) });
  }
  setColour(colour: Colour): void {
    router.patch({ colour: colour === 'metric' ? null : colour });
  }

  /** What finds the runs that are meant, in the table and for Decide; null where only their ids do. */
  condition(): string | null {
    if (this.scope === 'selection' || (this.runs.page.value?.words === true && this.scope === 'brushes')) return null;
    const own = conditionOf(this.brushes, this.axes, this.by);
    return own === null ? null : joined(this.runs.query, own);
  }
  ids(): string[] {
    const rows = this.rows;
    return this.meant.flatMap((at) => rows[at]?.id ?? []);
  }
}
