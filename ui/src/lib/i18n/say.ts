// Sentences of the host in the reader's language. Kind and fields come through the doors; the catalogues have the words,
// and fields are written as the generated table says. A kind that this page does not know is shown in the host's English.
import type { Evidence, Told } from '$lib/backend';
import { number, rate } from '$lib/format';
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

/** What a state rests on. */
export function evidenceText(code: Evidence, text: string): string {
  return say({ kind: `evidence.${code.kind}`, fields: code, text });
}

function written(form: Form, value: unknown): string {
  switch (form) {
    case 'number': return numberText(Number(value));
    case 'bytes': return bytesText(Number(value));
    case 'names': return (value as string[]).join(', ');
    case 'sentence': return say(value as Told);
    case 'text': return String(value);
  }
}

/** Whole numbers whole, others with no more digits than they need. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return number(value);
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e9) return rate(value, 6);
  const digits = String(Number(value.toPrecision(6))).split('.')[1]?.length ?? 0;
  return number(value, digits);
}

/** With a unit of the binary series, as the host writes it. */
function bytesText(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  while (size >= (unit === 0 ? 1024 : 1023.95) && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${number(size, unit === 0 ? 0 : 1)} ${units[unit]}`;
}
