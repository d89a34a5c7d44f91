// What a fix of the host is called on its button. The host applies it, as it applies every edit of the form.
import type { SweepEdit } from '$lib/backend';
import { t } from '$lib/i18n/index.svelte';

/** A button says no more than this; the hint beside it says the rest. */
const MOST = 28;

export function fixText(fix: SweepEdit): string {
  const text = textOf(fix);
  return text.length > MOST ? t('sweeps.mend') : text;
}

function textOf(fix: SweepEdit): string {
  switch (fix.op) {
    case 'replace_text': return t('sweeps.use_name', { name: fix.new.trim().replace(/^(["'])(.*)\1$/, '$2') });
    case 'set_parameter': return fix.value === null ? t('sweeps.leave_out', { name: fix.parameter }) : t('sweeps.use_name', { name: `${fix.parameter} = ${JSON.stringify(fix.value)}` });
    case 'set_seeds': return t('sweeps.use_name', { name: `seeds = [${fix.value.join(', ')}]` });
    default: return t('sweeps.mend');
  }
}
