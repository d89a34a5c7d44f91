// What the Config tab finds, hides and copies.
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../src/lib/backend';
import { asText, grouped, matches } from '../src/screens/run/config';
import { valueText } from '../src/lib/words';
import { parameterTable } from './fixtures/parameters';
import { presetParameters } from './fixtures/workspace';

describe('config', () => {
  it.each<[string, JsonValue, string, boolean]>([
    ['base_learning_rate', 1.5e-4, 'learning', true], ['base_learning_rate', 1.5e-4, 'rate base', true], ['base_learning_rate', 1.5e-4, '1.5e', true], ['base_learning_rate', 1.5e-4, 'momentum', false],
    ['optimizer', 'adamw', 'ADAM', true], ['frozen_patch_projection', true, 'on', true], ['optimizer', 'adamw', '', true],
  ])('%s = %j is found by "%s": %s', (name, value, search, found) => {
    expect(matches(name, value, search)).toBe(found);
  });

  it('groups in the order of the table, and keeps what the table does not know', () => {
    const table = parameterTable(presetParameters);
    const names = table.map((one) => one.name);
    const groups = grouped(['theirs', ...[...names].reverse()], table);
    expect(groups.flatMap(([, members]) => members)).toEqual([...names, 'theirs']);
    expect(groups.at(-1)).toEqual(['other', ['theirs']]);
  });

  it('copies as lines that a sweep file takes', () => {
    expect(asText(['optimizer', 'epsilon', 'predictor'], { optimizer: 'adamw', epsilon: 1e-8, predictor: true })).toBe('optimizer = "adamw"\nepsilon = 1e-8\npredictor = true\n');
    expect([valueText(1e-8), valueText(0.003), valueText(0.1), valueText(4096), valueText(null), valueText('adamw')]).toEqual(['1e−8', '3e−3', '0.1', '4,096', '–', 'adamw']);
  });
});
