// Every kind of sentence that the host has is put into words in every language, with every form of field, and nothing of
// the host's English is needed for the Korean ones.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Told } from '$lib/backend';
import { en, ko } from '$lib/i18n/catalogues';
import { forms, type Form } from '$lib/i18n/forms';
import { messages } from '$lib/i18n/index.svelte';
import { errorHints, errorText, evidenceText, findingHint, findingText, say } from '$lib/i18n/say';
import { finding, refusal } from './fixtures/told';

const speak = (language: string) => messages.choose(language, language);
beforeAll(() => { vi.stubGlobal('document', { documentElement: {} }); });
afterAll(() => { speak('en'); vi.unstubAllGlobals(); });

const inner: Told = { kind: 'evidence.signal', fields: { signal: 9 }, text: 'killed (signal 9)' };
const SAMPLES: Record<Form, { value: unknown; en: string; ko: string }> = {
  text: { value: '/runs/a b', en: '/runs/a b', ko: '/runs/a b' },
  number: { value: 12345, en: '12,345', ko: '12,345' },
  bytes: { value: 3 * 2 ** 29, en: '1.5 GiB', ko: '1.5 GiB' },
  names: { value: ['cpu', 'cuda:0'], en: 'cpu, cuda:0', ko: 'cpu, cuda:0' },
  sentence: { value: inner, en: 'killed (signal 9)', ko: '강제 종료됨(시그널 9)' },
};

const kinds = Object.entries(forms as Record<string, Record<string, Form>>);

describe.each(['en', 'ko'] as const)('in %s', (language) => {
  it.each(kinds)('%s', (kind, fields) => {
    speak(language);
    const values = Object.fromEntries(Object.entries(fields).map(([name, form]) => [name, SAMPLES[form].value]));
    const said = say({ kind, fields: values, text: 'the host’s own words' });
    expect(said).not.toMatch(/[{}]/);
    expect(said).not.toContain('the host’s own words');
    for (const form of Object.values(fields)) expect(said).toContain(SAMPLES[form][language]);
  });
});

it('says findings, filter errors and failures in the reader’s language, whatever the host’s English is', () => {
  const reworded = finding(6, 13, 'no parameter is called that', {
    code: 'value.unknown_parameter', fields: { name: 'batchsize' }, hint: 'perhaps another?', hint_told: { kind: 'hint.did_you_mean', fields: { name: 'batch_size' }, text: 'perhaps another?' },
  });
  const expected: Told = { kind: 'expected.whole_number', fields: {}, text: '?' };
  const found: Told = { kind: 'found.text', fields: { text: '"many"' }, text: '?' };
  const typed = finding(1, 1, '?', { code: 'value.wrong_type', fields: { name: 'batch_size', expected, found } });
  const filter: Told = { kind: 'query.expected_value', fields: { found: { kind: 'token.end', fields: {}, text: '?' } }, text: '?' };
  const failure = { ...refusal('invalid_input', '?'), told: { kind: 'failure.filter', fields: { column: 8, said: filter }, text: '?' }, hints_told: [{ kind: 'advice.try_again', fields: {}, text: '?' }] };
  speak('ko');
  expect([findingText(reworded), findingHint(reworded), findingText(typed), errorText(failure), ...errorHints(failure)]).toEqual([
    '`batchsize`(이)라는 파라미터는 없습니다', '`batch_size`을(를) 뜻했나요?', '`batch_size`의 형식이 다릅니다: 글 "many" (필요한 것: 정수)',
    '필터 8번째 글자: 값이 와야 합니다. 지금은 글의 끝입니다', '다시 시도하세요. 아무것도 바뀌지 않았습니다',
  ]);
  speak('en');
  expect([findingText(reworded), findingHint(reworded), findingText(typed), errorText(failure)]).toEqual([
    'There is no parameter `batchsize`', 'Did you mean `batch_size`?', '`batch_size` must be a whole number, not the text "many"', 'filter, column 8: expected a value, not the end',
  ]);
});

it('has each sentence in Korean letters, but where it is nothing but its fields', () => {
  const foreign = kinds.map(([kind]) => kind).filter((kind) => /[a-z]/.test(en[kind as keyof typeof en].replace(/\{\w+\}/g, '')) && !/[가-힣]/.test(ko[kind as keyof typeof ko]));
  expect(foreign).toEqual([]);
});

it('falls back to the host’s English for kinds and fields that it does not know', () => {
  speak('ko');
  expect(say({ kind: 'evidence.of_tomorrow', fields: {}, text: 'something new' })).toBe('something new');
  expect(say({ kind: 'evidence.signal', fields: {}, text: 'killed (signal 9)' })).toBe('killed (signal 9)');
});

it('writes numbers and bytes with no more digits than they need', () => {
  speak('en');
  const number = (step: number) => evidenceText({ evidence: '', evidence_code: { kind: 'rewind_requested', step } });
  expect([number(1200), number(0.25)]).toEqual(['rewind to step 1,200 requested', 'rewind to step 0.25 requested']);
  const bytes = (need: number) => evidenceText({ evidence: '', evidence_code: { kind: 'waits_for_memory', device: 'cpu', need, room: 0 } });
  expect(bytes(2 ** 20 - 1)).toContain('about 1.0 MiB, 0 B are free');
});

it('says a sentence inside another one', () => {
  const claim = { evidence: '', evidence_code: { kind: 'by_journal' as const, what: inner } };
  speak('ko');
  expect(evidenceText(claim)).toBe('강제 종료됨(시그널 9)(저널의 종료 기록에 따름, exit.json 없음)');
  speak('en');
  expect(evidenceText(claim)).toBe("killed (signal 9) (journal's end record; no exit.json)");
});

/** The end reasons of the contract, as an attempt's journal keeps them. */
it.each(['finished', 'paused', 'cancelled', 'terminated', 'nonfinite', 'error', 'out_of_memory', 'dataset_unreadable', 'checkpoint_unreadable'])('an attempt ended: %s', (reason) => {
  const ended = () => say({ kind: `ending.${reason}`, fields: {}, text: reason });
  speak('en');
  expect(ended()).not.toContain('_');
  speak('ko');
  expect(ended()).toMatch(/^[가-힣 ]+$/);
});
