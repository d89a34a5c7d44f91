// The form of a report: what it proposes, what it writes, and when it may. The host answers when it is told to; nothing is drawn.
import { describe, expect, test } from 'vitest';
import type { ReportDraft } from '$lib/backend';
import { filled, parts, ReportForm, reportPath } from '$lib/report/report-form.svelte';

const draft = (title: string): ReportDraft => ({ title, paragraph: '**frozen helps: {difference1}** ({pairs1} pairs)', fields: { difference1: '+1.7 pt', pairs1: '8' }, runs: 16 });
const settled = () => new Promise((done) => setTimeout(done, 0));

/** A host that answers when it is told to. */
function host() {
  const asked: { method: string; params: unknown; answer: (value: unknown) => void; refuse: (reason: unknown) => void }[] = [];
  const rpc = (method: string, params: unknown) => new Promise<never>((resolve, refuse) => asked.push({ method, params, answer: resolve as (value: unknown) => void, refuse }));
  return { asked, form: new ReportForm(rpc as never, () => ({ sweep: 'abc' })) };
}

describe('a paragraph with fields', () => {
  test('takes what stands for them and tells those that are none', () => {
    expect(filled('{a} of {b}, {toString}', { a: '7' })).toEqual({ text: '7 of {b}, {toString}', unknown: ['b', 'toString'] });
  });
  test('is bold between pairs of stars', () => {
    expect(parts('a **b** c')).toEqual([{ text: 'a ', bold: false }, { text: 'b', bold: true }, { text: ' c', bold: false }]);
    expect(parts('2**3')).toEqual([{ text: '2**3', bold: false }]);
  });
});

test('the file is named after its subject, in the exports', () => {
  expect(reportPath('/w', 'What steadies / MoCo?', 'html')).toBe('/w/exports/report-what-steadies-moco.html');
  expect(reportPath('/w', '', 'md')).toBe('/w/exports/report.md');
});

describe('the form', () => {
  test('proposes, shows numbers in their place, and writes only what was written by hand', async () => {
    const { asked, form } = host();
    void form.load();
    expect([form.draft, form.ready]).toEqual([null, false]);
    expect(asked[0]).toMatchObject({ method: 'report_draft', params: { sweep: 'abc', language: 'en' } });
    asked[0]?.answer(draft('Does it help?'));
    await settled();
    expect(form.shown.map((part) => part.text).join('')).toBe('frozen helps: +1.7 pt (8 pairs)');
    expect([form.title, form.ready, form.edited]).toEqual(['Does it help?', true, false]);
    form.setTitle('Mine');
    const writing = form.write('/w/exports/report.html');
    expect([form.busy, form.ready]).toEqual([true, false]);
    expect(asked[1]).toMatchObject({ method: 'report_save', params: { path: '/w/exports/report.html', of: { sweep: 'abc', language: 'en', title: 'Mine' } } });
    expect((asked[1]?.params as { of: object }).of).not.toHaveProperty('paragraph');
    asked[1]?.answer({ path: '/w/exports/report.html', bytes: 9, made: null, large: null });
    expect((await writing).bytes).toBe(9);
    expect(form.busy).toBe(false);
    form.propose();
    expect(form.title).toBe('Does it help?');
  });
  test('is not ready with an unknown field or without a title', async () => {
    const { asked, form } = host();
    void form.load();
    asked[0]?.answer(draft('Does it help?'));
    await settled();
    form.setParagraph('{difference9}');
    expect([form.unknown, form.ready]).toEqual([['difference9'], false]);
    form.propose();
    form.setTitle('  ');
    expect(form.ready).toBe(false);
  });
  test('shows why there is none, and a later language wins', async () => {
    const { asked, form } = host();
    void form.load();
    asked[0]?.refuse({ code: 'invalid_input', message: 'one common seed says nothing' });
    await settled();
    expect([form.error?.code, form.ready]).toEqual(['invalid_input', false]);
    void form.choose('ko');
    void form.choose('en');
    asked[2]?.answer(draft('Second'));
    asked[1]?.answer(draft('First'));
    await settled();
    expect([form.title, form.error]).toEqual(['Second', null]);
  });
  test('a refused file leaves the form as it was', async () => {
    const { asked, form } = host();
    void form.load();
    asked[0]?.answer(draft('Does it help?'));
    await settled();
    const writing = form.write('/nowhere.html');
    asked[1]?.refuse({ code: 'invalid_input', message: 'nobody chose it' });
    await expect(writing).rejects.toBeDefined();
    expect([form.busy, form.title, form.ready]).toEqual([false, 'Does it help?', true]);
  });
});
