// The table of screens. Addresses, the rail, the keys that lead to a screen, the palette and the key list follow from it; its
// component is `screens/<name>/<Name>.svelte`, its words are `screen.<name>` and `keys.go_<name>` in the catalogues. Names nothing
// of what a screen shows, so that screens may name each other.
import type { IconName } from './ui/icons';

type Row = {
  name: string;
  /** Its place in the rail; none where one comes to it from another screen only. */
  rail: { icon: IconName; keys: string; low?: true } | null;
  /** The screen that the rail marks while this one is shown, where it has no place of its own. */
  under?: string;
  /** Made anew for every argument of the address, as it shows one thing. */
  anew?: true;
};

export const SCREENS = [
  { name: 'sweeps', rail: { icon: 'sweep', keys: 'G S' } },
  { name: 'live', rail: { icon: 'live', keys: 'G L' } },
  { name: 'runs', rail: { icon: 'runs', keys: 'G R' } },
  { name: 'run', rail: null, under: 'runs', anew: true },
  { name: 'compare', rail: { icon: 'compare', keys: 'G C' } },
  { name: 'map', rail: { icon: 'map', keys: 'G M' } },
  { name: 'datasets', rail: { icon: 'images', keys: 'G D' } },
  { name: 'alarms', rail: { icon: 'bell', keys: 'A', low: true } },
  { name: 'settings', rail: { icon: 'gear', keys: 'G ,', low: true } },
] as const satisfies readonly Row[];

type Known = (typeof SCREENS)[number];
export type ScreenName = Known['name'];
/** A screen that has a place in the rail. */
export type Place = Extract<Known, { rail: object }>;

/** What is shown where an address names nothing. */
export const HOME: ScreenName = 'live';

export const PLACES: readonly Place[] = SCREENS.filter((row): row is Place => row.rail !== null);

export function screenOf(name: string): ScreenName {
  return SCREENS.find((row) => row.name === name)?.name ?? HOME;
}

export function rowOf(name: ScreenName): Row {
  return SCREENS.find((row) => row.name === name) ?? SCREENS[0];
}

/** The physical keys of what is written: `G ,` is `KeyG Comma`. */
export function codeOf(keys: string): string {
  return keys.split(' ').map((key) => (key === ',' ? 'Comma' : `Key${key}`)).join(' ');
}
