// What a comparison says, without its looks: which runs, what differs, whether they are a valid pair, deltas. Pure.
import { METRIC, type Comparison, type JsonValue, type Run, type Stability } from '$lib/backend';
import { recorded } from '$lib/format';
import { given, isImported, type Given } from '$lib/given';

/** Runs that stand beside each other; over each other, and as means, there may be any number. */
export const MOST_COLUMNS = 6;
/** Colours and dashes that there are. */
const MOST_SLOTS = 10;

/** Each once. */
export function parseRuns(text: string | undefined): string[] {
  return [...new Set((text ?? '').split(',').filter((id) => id !== ''))];
}

/** The first two change places. */
export function swapped(ids: string[]): string[] {
  const [a, b, ...rest] = ids;
  return a === undefined || b === undefined ? ids : [b, a, ...rest];
}

/** A, B, C … Z, AA, AB … */
export function letter(index: number): string {
  const before = Math.floor(index / 26);
  return `${before === 0 ? '' : letter(before - 1)}${String.fromCharCode(65 + (index % 26))}`;
}

/** What decides which images come in which batch, in which order. */
const DATA_ORDER = ['seed', 'dataset', 'batch_size'];

/** Two runs whose difference is their configuration and not the luck of the draw; of imported ones nobody knows. */
export function isValidPair(comparison: Pick<Comparison, 'runs' | 'parameters'>): boolean {
  const differing = Object.keys(comparison.parameters);
  return comparison.runs.length === 2 && !comparison.runs.some(isImported) && differing.length > 0 && !differing.some((name) => DATA_ORDER.includes(name));
}

/** Colour and dash of each run: frozen is 1 and learned is 2 where that tells them apart, else in order. Those for which none is left are
 * grey (0), and named at the crosshair. */
export function slots(runs: Pick<Run, 'parameters'>[]): number[] {
  const frozen = runs.map((run) => run.parameters['frozen_patch_projection'] === true);
  if (runs.length === 2 && frozen[0] !== frozen[1]) return frozen.map((one) => (one ? 1 : 2));
  return runs.map((_, index) => (index < MOST_SLOTS ? index + 1 : 0));
}

/** Every parameter of any run, and every value of a foreign configuration, with one value a run. */
export function allParameters(runs: Given[]): [string, JsonValue[]][] {
  const all = runs.map(given);
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))].sort();
  return names.map((name) => [name, all.map((one) => one[name] ?? null)]);
}

/** `system`: what the machine did, and not what was learned. */
export type Difference = { key: string; system: boolean; values: (number | null)[]; deltas: (number | null)[] };

const SYSTEM = ['images', 'duration'];

/** Rows that stand for a metric, by its name. */
const OF_METRIC: Record<string, string[]> = { [METRIC.KnnTop1]: ['knn_final', 'knn_best'], [METRIC.Loss]: [METRIC.Loss] };

function seconds(run: Run, now: Date): number | null {
  if (run.started_at === null) return null;
  return Math.max(0, (run.ended_at === null ? now.getTime() : Date.parse(run.ended_at)) - Date.parse(run.started_at)) / 1000;
}

/** Rows of the table of differences: each run's value, less the baseline's; those of the objective first. `stability` of each run, null
 * until it comes. */
export function differences(runs: Run[], stability: (Stability | null)[], baseline: number, now: Date, objective: string): Difference[] {
  const began = (run: Run) => run.progress.step > 0;
  const last = (name: string) => (run: Run) => recorded(run.metrics[name]?.last);
  const kinds: [string, (run: Run, stability: Stability | null) => number | null][] = [
    ['knn_final', last(METRIC.KnnTop1)],
    ['knn_best', (run) => run.metrics[METRIC.KnnTop1]?.max ?? null],
    [METRIC.Loss, last(METRIC.Loss)],
    ['stability', (run, stability) => (began(run) ? stability?.score ?? null : null)],
    ['lost_area', (run, stability) => (began(run) && stability !== null ? stability.dip_area_share * run.progress.step * 100 : null)],
    ['spikes', (run) => (began(run) ? run.events['spike'] ?? 0 : null)],
    ['dips', (run) => (began(run) ? run.events['dip'] ?? 0 : null)],
    ['images', (run) => last(METRIC.ImagesPerSecond)(run) ?? run.progress.images_per_second],
    ['duration', (run) => seconds(run, now)],
  ];
  const first = OF_METRIC[objective] ?? [objective];
  const own: typeof kinds = OF_METRIC[objective] === undefined ? [[objective, last(objective)]] : [];
  const all = [...own, ...kinds].sort(([a], [b]) => Number(first.includes(b)) - Number(first.includes(a)));
  return all.map(([key, read]) => {
    const values = runs.map((run, index) => read(run, stability[index] ?? null));
    const base = values[baseline] ?? null;
    const deltas = values.map((value, index) => {
      const delta = index === baseline || value === null || base === null ? null : value - base;
      return delta !== null && Number.isFinite(delta) ? delta : null;
    });
    return { key, system: SYSTEM.includes(key), values, deltas };
  });
}
