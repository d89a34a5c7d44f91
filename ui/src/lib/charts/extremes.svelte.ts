// Knows the charts of a screen: counts the stored extremes in view and those that were drawn, and what goes into a file.
import type { About, Part } from './figure';
import type { Drawn } from './trace';

export class Extremes {
  readonly #charts = new Map<string, Drawn>();
  readonly #parts = new Map<string, () => Part | null>();
  #total = $state.raw<Drawn>({ drawn: 0, of: 0 });

  get total(): Drawn {
    return this.#total;
  }

  /** What the charts are of; set by their screen. */
  about: () => About = () => ({ title: '', subtitle: '', notes: [], runs: [], part: 'shown' });

  /** What a chart shows, asked for when it goes into a file; null where it has nothing to show. */
  describe(chart: string, part: () => Part | null): void {
    this.#parts.set(chart, part);
  }

  /** In the order of the page; of one chart where it is named. */
  parts(only?: string): Part[] {
    const found = [...this.#parts].filter(([chart]) => only === undefined || chart === only).flatMap(([, part]) => part() ?? []);
    return found.sort((a, b) => (a.node.compareDocumentPosition(b.node) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  }

  /** Of one chart. */
  of(chart: string): Drawn {
    void this.#total;
    return this.#charts.get(chart) ?? { drawn: 0, of: 0 };
  }

  report(chart: string, tally: Drawn): void {
    const before = this.#charts.get(chart);
    if (before?.drawn === tally.drawn && before.of === tally.of) return;
    this.#charts.set(chart, tally);
    this.#sum();
  }

  remove(chart: string): void {
    this.#charts.delete(chart);
    this.#parts.delete(chart);
    this.#sum();
  }

  #sum(): void {
    let drawn = 0;
    let of = 0;
    for (const one of this.#charts.values()) {
      drawn += one.drawn;
      of += one.of;
    }
    this.#total = { drawn, of };
  }
}
