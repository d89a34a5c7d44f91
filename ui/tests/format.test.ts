// Numbers as the design writes them; addresses and keys as they are read back.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytes, durationParts, number, rate, recorded, signed, significant, timeAfter, utcOffset } from '../src/lib/format';
import { chordOf } from '../src/lib/state/keys.svelte';
import { formatAddress, parseAddress } from '../src/lib/state/router.svelte';
import { validTag } from '../src/lib/language-tag';
import { ramp } from '../src/lib/theme/ramp';

describe('numbers', () => {
  it.each([[1234567, 0, '1,234,567'], [-1.5, 1, '−1.5'], [-0.001, 1, '0.0'], [NaN, 2, 'NaN'], [-Infinity, 0, '−Inf'], [null, 0, '–'], [999.5, 0, '1,000']])('number(%d, %d) = %s', (value, digits, text) => {
    expect(number(value, digits)).toBe(text);
  });
  it.each([[1.5e-4, '1.5e−4'], [2.4e-3, '2.4e−3'], [1e-5, '1e−5'], [0, '0'], [-3e6, '−3e6']])('rate(%d) = %s', (value, text) => {
    expect(rate(value)).toBe(text);
  });
  it.each([[3.14159, '3.14'], [0.051234, '0.0512'], [12345, '12,345'], [4.2e-7, '4.2e−7'], [100, '100']])('significant(%d) = %s', (value, text) => {
    expect(significant(value)).toBe(text);
  });
  it('reads recorded numbers, non-finite ones too', () => {
    expect([recorded(1.5), recorded('NaN'), recorded('-Infinity'), recorded(null)]).toEqual([1.5, NaN, -Infinity, null]);
  });
  it('writes sizes and differences', () => {
    expect([bytes(3 * 2 ** 29), bytes(900), bytes(2 ** 20 - 1), bytes(5 * 2 ** 40), signed(0.4), signed(-6.8), signed(0)]).toEqual(['1.5 GiB', '900 B', '1.0 MiB', '5.0 TiB', '+0.4', '−6.8', '±0.0']);
  });
  it('says when something will be, with the date only on another day, and the year in another year', () => {
    const now = new Date(2026, 10, 29, 22, 30);
    expect([timeAfter(60, now), timeAfter(2 * 3600, now), timeAfter(40 * 86_400, now)]).toEqual(['22:31', '11-30 00:30', '2027-01-08 22:30']);
  });
  it.each([[0, 'UTC'], [540, 'UTC+9'], [-210, 'UTC−3:30'], [345, 'UTC+5:45']])('%d minutes ahead: %s', (minutes, text) => {
    expect(utcOffset(minutes)).toBe(text);
  });
  it.each([[41, 's', 41, ''], [59.7, 'm', 1, ''], [3300, 'm', 55, ''], [10260, 'h', 2, '51'], [200000, 'd', 2, '8']] as const)('%d seconds', (seconds, key, a, b) => {
    expect(durationParts(seconds)).toEqual({ key, a, b });
  });
});

describe('notation', () => {
  it('is made in one place', () => {
    const source = new URL('../src', import.meta.url).pathname;
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(svelte|ts)$/.test(path) && path !== 'lib/format.ts');
    expect(files.length).toBeGreaterThan(200);
    const own = files.filter((path) => /toFixed|toLocale(Date|Time)?String|Intl\.(Number|DateTime|RelativeTime)Format|\b[KMGT]B\b/.test(readFileSync(join(source, path), 'utf8')));
    expect(own).toEqual([]);
  });
});

describe('addresses', () => {
  it.each(['#/live', '#/run/0193-ab?from=10&to=20&tab=config', '#/compare?runs=a%2Cb', '#/sweeps/figure5%2Fa.toml'])('%s reads back', (text) => {
    expect(formatAddress(parseAddress(text))).toBe(text);
  });
  it('shows Live for what it does not know', () => {
    expect([parseAddress('').screen, parseAddress('#/nowhere').screen]).toEqual(['live', 'live']);
  });
});

describe('keys', () => {
  it('names the physical key, whatever letter it types', () => {
    const press = { code: 'KeyK', ctrlKey: true, metaKey: false, altKey: false, shiftKey: true };
    expect(chordOf(press)).toBe('Ctrl+Shift+KeyK');
  });
});

describe('language tags', () => {
  // LANG=C made WebKit report "C", on which a library threw while it loaded and the window stayed empty.
  it.each([['C', 'en-US'], ['', 'en-US'], ['ko-KR', 'ko-KR'], ['en', 'en']])('%s becomes %s', (tag, valid) => {
    expect(validTag(tag)).toBe(valid);
    expect(() => new Intl.NumberFormat(valid)).not.toThrow();
  });
});

describe('scales', () => {
  it.each([['#14171c, #1f1b30, #3f2160, #7d236c, #c13d56, #ec7435, #f9bd48, #fff6c9', 1], ['#f6f7f8, #f5efe0, #fbd68c, #f49c47, #de5b3d, #a92a5c, #5f1b6b, #1e1240', -1]])('ember keeps its order of lightness', (stops, direction) => {
    const light = ramp(stops.split(',')).map(([r, g, b]) => 0.2126 * (r / 255) ** 2.2 + 0.7152 * (g / 255) ** 2.2 + 0.0722 * (b / 255) ** 2.2);
    const wrong = light.filter((value, i) => i > 0 && direction * (value - (light[i - 1] ?? value)) < -0.004);
    expect(wrong).toEqual([]);
  });
});
