// The ranges of values that charts were zoomed to by hand; every other chart fits its data. Kept in the address, as the window
// of steps is. Keys act on the chart that the pointer or the focus was on last.
import type { AddressParams } from './address';
import { moved, zoomed, type Range } from './range';

/** A chart as its gestures know it. `range` is what it shows now. */
export type YChart = { id: string; log: boolean; range: () => Range | null };

const DIGITS = 6;

export class YWindows {
  readonly #address: AddressParams;
  #at: YChart | null = null;

  constructor(address: AddressParams) {
    this.#address = address;
  }

  readonly #ranges = $derived.by<ReadonlyMap<string, Range>>(() => {
    const found = new Map<string, Range>();
    for (const one of (this.#address.params['y'] ?? '').split(';')) {
      const [id = '', low, high] = one.split(':');
      const range: Range = [Number(low ?? NaN), Number(high ?? NaN)];
      if (range[1] > range[0]) found.set(id, range);
    }
    return found;
  });

  /** What a chart was zoomed to; null where it fits its data. A logarithmic scale shows nothing of zero and below. */
  of(id: string, log = false): Range | null {
    const range = this.#ranges.get(id) ?? null;
    return range !== null && log && range[0] <= 0 ? null : range;
  }

  get any(): boolean {
    return this.#ranges.size > 0;
  }

  /** null: fits its data again. */
  set(id: string, range: Range | null): void {
    const next = new Map(this.#ranges);
    if (range === null) next.delete(id);
    else if (range[1] > range[0]) next.set(id, range);
    const text = [...next].map(([key, [low, high]]) => `${key}:${Number(low.toPrecision(DIGITS))}:${Number(high.toPrecision(DIGITS))}`);
    this.#address.patch({ y: text.length === 0 ? null : text.join(';') });
  }

  /** The chart that keys act on. */
  pointAt(chart: YChart): void {
    this.#at = chart;
  }

  /** A chart that goes takes its keys with it. */
  leave(chart: YChart): void {
    if (this.#at === chart) this.#at = null;
  }

  /** `factor` < 1 shows less; around a value, else around the middle. */
  zoom(factor: number, at?: number, chart = this.#at): void {
    this.#change(chart, (range, log) => zoomed(range, factor, log, at));
  }

  /** By a share of what is shown. A chart that fits its data has nowhere to go. */
  pan(share: number, chart = this.#at): void {
    if (chart !== null && this.of(chart.id, chart.log) !== null) this.#change(chart, (range, log) => moved(range, share, log));
  }

  #change(chart: YChart | null, change: (range: Range, log: boolean) => Range): void {
    const range = chart?.range() ?? null;
    if (chart !== null && range !== null) this.set(chart.id, change(range, chart.log));
  }
}
