// The results of a decision as text for papers and sheets: LaTeX (booktabs), Markdown, CSV, each with the sentence that says what
// its numbers are. Pure.

export type Cell = string;
/** Heads, rows, and which row is the best one. */
export type Table = { heads: readonly string[]; rows: readonly (readonly Cell[])[]; best: number; caption: string };
export const COPY_FORMATS = ['LaTeX', 'Markdown', 'CSV'] as const;
export type CopyFormat = (typeof COPY_FORMATS)[number];

const tex = (text: string) => text.replace(/[\\&%$#_{}~^]/g, (one) => ({ '\\': '\\textbackslash{}', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}' })[one] ?? `\\${one}`).replaceAll('±', '$\\pm$').replaceAll('−', '$-$').replaceAll('δ', '$\\delta$');
const cell = (text: string) => text.replaceAll('|', '\\|');
const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export function copied({ heads, rows, best, caption }: Table, format: CopyFormat): string {
  if (format === 'CSV') return `${[heads, ...rows].map((row) => row.map(quoted).join(',')).join('\n')}\n# ${caption}\n`;
  if (format === 'Markdown') {
    const line = (row: readonly string[]) => `| ${row.map(cell).join(' | ')} |`;
    const bold = rows.map((row, at) => row.map((text, column) => (at === best && column === 1 ? `**${text}**` : text)));
    return `${[line(heads), line(heads.map((_, at) => (at === 0 ? '---' : '---:'))), ...bold.map(line)].join('\n')}\n\n${caption}\n`;
  }
  const line = (row: readonly string[], at: number) => `${row.map((text, column) => (at === best && column === 1 ? `\\textbf{${tex(text)}}` : tex(text))).join(' & ')} \\\\`;
  return `\\begin{table}\n\\caption{${tex(caption)}}\n\\begin{tabular}{l${'r'.repeat(heads.length - 1)}}\n\\toprule\n${line(heads, -1)}\n\\midrule\n${rows.map(line).join('\n')}\n\\bottomrule\n\\end{tabular}\n\\end{table}\n`;
}
