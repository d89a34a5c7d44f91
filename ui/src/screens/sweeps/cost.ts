// How long runs take, in words that say how sure it is: what was not measured has a sign before it and its reason beside it.
import type { EstimateBasis } from '$lib/backend';
import { NONE } from '$lib/format';
import { t } from '$lib/i18n/index.svelte';
import { duration } from '$lib/words';

/** 1 h 20 min, ≈ 1 h 20 min, or –. */
export function timeText(seconds: number | null, basis: EstimateBasis | null): string {
  return seconds === null ? NONE : unsure(duration(seconds), [basis]);
}

/** A time or a span of times with the sign before it, where one of them was not measured. */
export function unsure(text: string, bases: readonly (EstimateBasis | null)[]): string {
  return text !== '' && bases.some((basis) => basis === 'scaled' || basis === 'guessed') ? `\u2248 ${text}` : text;
}

/** What a time rests on, or why there is none. */
export function basisText(basis: EstimateBasis | null): string {
  return basis === null ? t('sweeps.cost_unknown') : t(`sweeps.basis.${basis}`);
}
