// What goes with a copied table: what was changed after looking, as a comment of the format. Pure.

export const COPY_FORMATS = [{ format: 'latex', name: 'LaTeX' }, { format: 'markdown', name: 'Markdown' }, { format: 'csv', name: 'CSV' }] as const;
export type CopyFormat = (typeof COPY_FORMATS)[number]['format'];

/** Each note as a line before the table; CSV has no comments. */
export function withNotes(text: string, format: CopyFormat, notes: readonly string[]): string {
  if (format === 'csv') return text;
  // Two hyphens would end a comment of Markdown.
  const line = (note: string) => (format === 'latex' ? `% ${note}` : `<!-- ${note.replaceAll('--', '- -')} -->`);
  return [...notes.map((note) => line(note.replaceAll('\n', ' '))), text].join('\n');
}
