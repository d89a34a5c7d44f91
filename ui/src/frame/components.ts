// The components of the screens, found by the table: `screens/<name>/<Name>.svelte`. A screen without one is a defect of the build,
// which a test finds.
import type { Component } from 'svelte';
import type { ScreenName } from '$lib/screens';

/** Screens that show one thing take its id from the address. */
type Shown = Component<{ id: string }>;
const found = import.meta.glob<Shown>('../screens/*/*.svelte', { eager: true, import: 'default' });

export function componentOf(name: ScreenName): Shown | undefined {
  return found[`../screens/${name}/${name.charAt(0).toUpperCase()}${name.slice(1)}.svelte`];
}
