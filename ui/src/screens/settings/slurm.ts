// The cluster's fields as the form checks them before the host does. Pure.

/** The forms of `sbatch --time`: M, M:S, H:M:S, D-H, D-H:M, D-H:M:S, above zero; or none, or without a limit. */
export function isTime(text: string): boolean {
  if (text === '' || /^(unlimited|infinite)$/i.test(text)) return true;
  const clock = '[0-5]?\\d';
  const forms = ['\\d+', `\\d+:${clock}`, `\\d+:${clock}:${clock}`, '\\d+-\\d+', `\\d+-\\d+:${clock}`, `\\d+-\\d+:${clock}:${clock}`];
  return forms.some((form) => new RegExp(`^${form}$`).test(text)) && /[1-9]/.test(text);
}

/** Lines that say something. */
export const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '');

/** The first line that is no option of sbatch; null: none. */
export const noOption = (text: string): string | null => linesOf(text).find((line) => !line.replace(/^#SBATCH\s*/, '').startsWith('-')) ?? null;
