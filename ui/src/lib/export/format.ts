// What files there are to write, what each holds, and where they go.
import { EXPORT_FORMATS, type Run } from '../backend';

export type Format = (typeof EXPORT_FORMATS)[number]['name'];
export const FORMATS: readonly Format[] = EXPORT_FORMATS.map((one) => one.name);

/** What a file of a format holds: every value of a run, or one figure of all runs. */
export function holds(format: Format): (typeof EXPORT_FORMATS)[number]['holds'] | undefined {
  return EXPORT_FORMATS.find((one) => one.name === format)?.holds;
}

/** Whether what is written is a folder: the tables of several runs, a file each. */
export function isFolder(runs: readonly unknown[], format: Format): boolean {
  return holds(format) === 'values' && runs.length > 1;
}

/** A file in the workspace's exports folder; a folder for the tables of several runs. */
export function exportPath(workspace: string, runs: readonly Pick<Run, 'label' | 'id'>[], format: Format, part = '', folder = isFolder(runs, format)): string {
  const [first] = runs;
  const end = (id: string) => id.replaceAll('-', '').slice(-6);
  const plain = (label: string) => label.replace(/[^\p{L}\p{N}._-]/gu, '-');
  const name = first === undefined ? 'runs' : runs.length === 1 ? `${plain(first.label)}-${end(first.id)}` : `${runs.length}-runs-${end(first.id)}`;
  return `${workspace}/exports/${name}${part}${folder ? '' : `.${format}`}`;
}

/** Of charts in view: their values, or a figure. */
export const CHART_FORMATS: readonly Format[] = FORMATS.filter((format) => format === 'csv' || holds(format) === 'figure');
export const FIGURES: readonly Format[] = FORMATS.filter((format) => holds(format) === 'figure');
