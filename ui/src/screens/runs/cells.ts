// What stands in a cell of the runs table: values as their column holds them, means of groups with their spread. Pure but for the
// catalogue and the clock, which is an argument.
import type { GroupCell, RunCell, RunColumn, RunGroup } from '$lib/backend';
import { clockTime, NONE, number, recorded, scaled, setting, significant } from '$lib/format';
import { t, translated } from '$lib/i18n/index.svelte';
import { duration } from '$lib/words';
import { titleOf } from './names';

/** Whether a number is shown in the colour of what is not finite. */
export const isNonfinite = (column: RunColumn, cell: RunCell | null | undefined): boolean =>
  (column.holds === 'number' || column.holds === 'share') && cell !== null && cell !== undefined && !Number.isFinite(Number(cell));

/** A number of this column, without the unit that its head says. */
function measured(column: RunColumn, value: number): string {
  if (column.holds === 'share') return number(Number.isFinite(value) ? scaled(value, 100) : value, 1);
  if (column.name === 'eta_seconds') return Number.isFinite(value) ? duration(value) : number(value);
  if (column.name === 'stability') return number(value, 2);
  if (column.name === 'step' || column.name === 'total_steps') return number(value);
  if (column.of.kind === 'events') return number(value, Number.isInteger(value) || !Number.isFinite(value) ? 0 : 1);
  if (column.of.kind === 'parameter' || column.name === 'effective_learning_rate') return setting(value);
  return significant(value);
}

export function cellText(column: RunColumn, cell: RunCell | null | undefined, now: Date): string {
  if (cell === null || cell === undefined) return NONE;
  if (Array.isArray(cell)) return cell.length === 0 ? NONE : cell.join(', ');
  if (typeof cell === 'boolean') return t(cell ? 'value.true' : 'value.false');
  if (column.holds === 'number' || column.holds === 'share') return measured(column, recorded(cell) ?? Number.NaN);
  if (column.holds === 'time') return clockTime(String(cell), now, false);
  if (column.name === 'state') return translated(`state.${String(cell)}`, String(cell));
  if (typeof cell === 'number') return setting(cell);
  return cell === '' ? NONE : cell;
}

/** A value that runs are grouped by. */
export function keyText(name: string, cell: RunCell | null): string {
  if (typeof cell === 'number') return setting(cell);
  if (cell === null || cell === '') return NONE;
  if (typeof cell === 'boolean') return t(cell ? 'value.true' : 'value.false');
  if (Array.isArray(cell)) return cell.length === 0 ? NONE : cell.join(', ');
  return name === 'state' ? translated(`state.${cell}`, cell) : cell;
}

/** What a group shares, in words; `names` is what the table is grouped by. */
export const keyParts = (group: RunGroup, names: readonly string[]): { title: string; value: string }[] =>
  group.key.map((value, at) => ({ title: titleOf(names[at] ?? '').text, value: keyText(names[at] ?? '', value) }));

/** What the runs of a group have in a column: `spread` stands after it, quieter. */
export function groupText(column: RunColumn, cell: GroupCell, now: Date): { text: string; spread: string } {
  switch (cell.kind) {
    case 'nothing': return { text: NONE, spread: '' };
    case 'several': return { text: t('runs.several'), spread: '' };
    case 'same': return { text: cellText(column, cell.value, now), spread: '' };
    case 'mean': return { text: measured(column, cell.mean), spread: cell.std === null ? '' : `± ${spreadText(column, cell.std)}` };
  }
}

function spreadText(column: RunColumn, std: number): string {
  return column.holds === 'share' || column.name === 'stability' || column.name === 'eta_seconds' ? measured(column, std) : significant(std, 2);
}
