// The one way of charts into a file: their values as the window has them, or the figure that the host draws of what they show.
import { asApiError, backend, type Exported, type FigurePage } from '../backend';
import type { Format } from '../export/format';
import { t } from '../i18n/index.svelte';
import { csv, figureOf, type About, type Part } from './figure';

export async function saveCharts(parts: Part[], about: Pick<About, 'title' | 'subtitle' | 'notes'>, page: FigurePage, format: Format, path: string): Promise<Exported> {
  if (format === 'csv') return backend.rpc('file_save', { path, content: await base64(new Blob([csv(parts)], { type: 'text/csv' })) });
  const figure = figureOf(parts, about, page);
  if (figure === null) throw asApiError({ code: 'invalid_input', message: t('chart.nothing_to_draw') });
  return backend.rpc('figure_save', { path, format, figure });
}

/** For the host, which writes files; the page cannot. */
function base64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
    reader.onerror = () => reject(reader.error ?? new Error('read'));
    reader.readAsDataURL(blob);
  });
}
