// What Explore shows, as the address has it, and which columns that asks of the host. Pure.
import type { RunColumn } from '$lib/backend';
import { parseNames } from '../columns';
import { parseBrushes, type Brush } from './brush';

export const COLOURS = ['metric', 'arm', 'score'] as const;
export type Colour = (typeof COLOURS)[number];

export type Asked = {
  /** Columns between arm and metric, in order; null: what runs differ in. */
  axes: string[] | null;
  /** `NAME.reading`; null: what the sweeps are after. */
  metric: string | null;
  /** Parameters whose values make the arms; null: the usual ones. */
  arms: string[] | null;
  /** Axes that stand on their heads. */
  turned: string[];
  colour: Colour;
  brushes: Brush[];
};

const named = (text: string | undefined): string[] | null => (text === undefined || text === '' ? null : parseNames(text));

export function askedFor(params: Readonly<Record<string, string>>): Asked {
  return {
    axes: named(params['axes']), metric: params['metric'] ?? null, arms: named(params['arms']), turned: parseNames(params['turned']),
    colour: COLOURS.find((one) => one === params['colour']) ?? 'metric', brushes: parseBrushes(params['brush']),
  };
}

/** What the address says of Explore: another query keeps it. */
const OWN = ['face', 'axes', 'metric', 'arms', 'turned', 'colour', 'brush'];

export function paramsKept(params: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => OWN.includes(name)));
}

/** By which lines may be coloured, and what they are told by. */
const STABILITY = 'stability';

/** None: what the host thinks usual. */
export function columnsOf({ axes, metric, arms }: Pick<Asked, 'axes' | 'metric' | 'arms'>): string[] {
  if (axes === null) return [];
  return [...new Set([...(arms ?? []), ...axes, ...(metric === null ? [] : [metric]), STABILITY])];
}

/** What is shown and was not answered, as nobody had named it. */
export function lacking({ metric, arms }: Pick<Asked, 'metric' | 'arms'>, columns: readonly RunColumn[]): string[] {
  const has = (name: string) => columns.some((column) => column.name === name);
  return [...(arms ?? []), ...(metric === null ? [] : [metric])].filter((name) => !has(name));
}
