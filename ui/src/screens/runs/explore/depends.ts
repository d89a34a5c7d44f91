// What an outcome depends on as it is drawn and read: where a bar ends, what a share and its interval are called, what the forest rests on
// and what it leaves out. Pure but for the catalogue.
import type { FigureShares, ImportanceBy, ImportanceOf, ImportanceShare } from '$lib/backend';
import { number, percent } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { say } from '$lib/i18n/say';
import { ticks } from '$lib/charts/ticks';
import { titleOf } from '../names';

/** Shares below this are told with a decimal. */
const SMALL = 0.1;

export const shareText = (share: number): string => number(100 * share, share < SMALL ? 1 : 0);
export const intervalText = ({ low, high }: Pick<ImportanceShare, 'low' | 'high'>): string => t('explore.range', { low: shareText(low), high: shareText(high) });
export const shareName = (names: readonly string[]): string => names.map((name) => titleOf(name).text).join(' × ');

/** Where the scale ends: at a tick beyond the longest whisker. */
export function scaleEnd({ shares, random }: Pick<ImportanceOf, 'shares' | 'random'>): number {
  const most = Math.max(0.01, random ?? 0, ...shares.map((share) => share.high));
  const [first = 0, second = most] = ticks(0, most, 5);
  return Math.min(1, Math.ceil(most / (second - first) - 1e-9) * (second - first));
}

/** Shares at which the scale is ruled. */
export const scaleTicks = (end: number): number[] => ticks(0, end, 5);

/** For a figure: the question, which the host answers anew, and the words for its answer. */
export function sharesOf(of: ImportanceBy, { shares, failing }: ImportanceOf): FigureShares & { kind: 'shares' } {
  const names = [...new Set(shares.flatMap((share) => share.names))];
  return {
    kind: 'shares', of, names: names.map((name) => ({ name, label: titleOf(name).text })),
    random: t('explore.random', { share: '{share}' }), note: t('explore.figure_share', { share: '{share}', range: t('explore.range', { low: '{low}', high: '{high}' }) }),
    count: `${t('explore.depends_unit')}; ${t(failing ? 'explore.figure_depends_failing' : 'explore.figure_depends', { n: '{n}', failed: '{failed}', r2: '{r2}' })}`,
  };
}

/** What its reader has to know. */
export function sharesNotes(found: ImportanceOf): string[] {
  const more = [...toldTogether(found), leftOut(found)].filter((part) => part !== '').join(' ');
  return [`${restsOn(found)} ${t('explore.figure_grey')}`, ...(more === '' ? [] : [more])];
}

/** What the forest rests on, and how to read it. */
export function restsOn(found: ImportanceOf): string {
  const key = found.failing ? 'explore.depends_failing_text' : 'explore.depends_text';
  return t(key, { trees: number(found.trees), n: number(found.runs), failed: number(found.failed), r2: number(found.explained, 2) });
}

/** Parameters that cannot be told apart, one sentence a pair. */
export const toldTogether = (found: ImportanceOf): string[] =>
  found.together.map(({ names: [a, b], correlation }) => t('explore.together', { a: titleOf(a).text, b: titleOf(b).text, r: number(correlation, 2) }));

/** Runs and parameters that are no part of it; empty where nothing is. */
export function leftOut(found: ImportanceOf): string {
  return [
    ...(found.failed > 0 && !found.failing ? [t('explore.depends_failed', { n: number(found.failed) })] : []),
    ...(found.unended > 0 ? [t('explore.depends_unended', { n: number(found.unended) })] : []),
    ...(found.lacking > 0 ? [t('explore.lacking', { n: number(found.lacking) })] : []),
    ...(found.beyond > 0 ? [t('explore.depends_beyond', { n: number(found.beyond) })] : []),
  ].join(' ');
}

/** The picture in a sentence. */
export function dependsSummary(found: ImportanceOf): string {
  if (found.why !== null) return say(found.why);
  const clear = found.shares.filter((share) => share.is_clear).map((share) => `${shareName(share.names)} ${percent(share.mean)}`);
  return clear.length === 0 ? t('explore.depends_none_clear') : t('explore.depends_summary', { shares: clear.join(', ') });
}
