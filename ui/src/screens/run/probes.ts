// Kinds of probes and what a form of one asks the host for. Pure.
import type { CheckpointInfo, JsonValue } from '$lib/backend';
import { t } from '$lib/i18n/index.svelte';

export const PROBE_KINDS = ['linear', 'finetune', 'knn'] as const;
export type ProbeKind = (typeof PROBE_KINDS)[number];

export function isProbeKind(word: string): word is ProbeKind {
  return PROBE_KINDS.some((kind) => kind === word);
}

export function kindName(kind: ProbeKind): string {
  return t(`probe.kind.${kind}`);
}

/** Steps of the checkpoints that can be judged, newest first. */
export function steps(checkpoints: CheckpointInfo[]): number[] {
  return [...new Set(checkpoints.map((one) => one.step))].sort((a, b) => b - a);
}

/** What is asked of the host; an empty checkpoint is the newest, and settings that this kind does not take are left out. */
export function request(run: string, kind: ProbeKind, dataset: string, checkpoint: string, settings: Record<string, JsonValue>, settable: string[] | null) {
  const taken = Object.entries(settings).filter(([name]) => settable === null || settable.includes(name));
  return { run, kind, dataset, ...(checkpoint === '' ? {} : { checkpoint }), settings: Object.fromEntries(taken) };
}
