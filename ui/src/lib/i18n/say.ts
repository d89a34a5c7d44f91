// Sentences of the host in the reader's language. Kind and fields come through the doors; the catalogues have the words,
// and fields are written as the generated table says. A kind that this page does not know is shown in the host's English.
import type { ApiError, DeviceStatus, Diagnostic, Evidence, Told } from '$lib/backend';
import { bytes, plain } from '$lib/format';
import { forms, type Form } from './forms';
import { translated } from './index.svelte';

/** A sentence, with those inside it. */
export function say(told: Told): string {
  const fields: Record<string, Form> | undefined = (forms as Record<string, Record<string, Form>>)[told.kind];
  // A kind that has gained a field since the sentence was stored: its text is whole.
  if (fields === undefined || Object.keys(fields).some((name) => told.fields[name] === undefined)) return told.text;
  return translated(told.kind, told.text).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const form = fields[name];
    return form === undefined ? whole : written(form, told.fields[name]);
  });
}

/** What a state rests on, of a run or of one change of its state. */
export function evidenceText(claim: { evidence: string; evidence_code: Evidence }): string {
  return say({ kind: `evidence.${claim.evidence_code.kind}`, fields: claim.evidence_code, text: claim.evidence });
}

/** A failure, without what to do about it. */
export function errorText(error: ApiError): string {
  return say(error.told);
}

export function errorHints(error: ApiError): string[] {
  return error.hints_told.map(say);
}

/** Something about a text, as a sentence of its own. */
export function findingText(found: Diagnostic): string {
  return begun(say({ kind: found.code, fields: found.fields, text: found.message }));
}

/** What to do about it; empty where nothing is known. */
export function findingHint(found: Diagnostic): string {
  return found.hint_told === null ? '' : begun(say(found.hint_told));
}

/** Both in a row, as sentences: what is so, then what to do. */
export function findingSaid(found: Diagnostic): string {
  const hint = findingHint(found);
  return hint === '' ? findingText(found) : `${ended(findingText(found))} ${ended(hint)}`;
}

/** Why a device cannot be used, and what to do about it; empty where it can. */
export function deviceText(device: DeviceStatus): string {
  const said = [device.reason_told, device.remedy_told].flatMap((told) => (told === null ? [] : [asSentence(say(told))]));
  return said.length > 0 ? said.join(' ') : device.reason ?? '';
}

const ended = (sentence: string) => (/[.?!…。]$/.test(sentence) ? sentence : `${sentence}.`);

/** With the first letter large, as heads begin. */
export function begun(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** What is told stands in the middle of other words as it is; alone, so. */
export const asSentence = (told: string): string => ended(begun(told));

function written(form: Form, value: unknown): string {
  switch (form) {
    case 'number': return plain(Number(value));
    case 'bytes': return bytes(Number(value));
    case 'names': return (value as string[]).join(', ');
    case 'sentence': return say(value as Told);
    case 'text': return String(value);
  }
}
