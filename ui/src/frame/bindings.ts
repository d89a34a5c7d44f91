// The keys that work on every screen.
import { codeOf, PLACES } from '$lib/screens';
import { app } from '$lib/state/app.svelte';
import type { Binding } from '$lib/state/keys.svelte';
import { overlays } from '$lib/state/overlays.svelte';
import { router } from '$lib/state/router.svelte';
import { theme } from '$lib/theme/theme.svelte';

/** Percent, as the host takes them. */
export const LEAST_ZOOM = 80;
export const MOST_ZOOM = 200;

const zoomBy = (step: number) => () => {
  const zoom_percent = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, app.settings.zoom_percent + step));
  void app.change({ zoom_percent });
};

export const globalBindings: Binding[] = [
  { code: 'Ctrl+KeyK', shown: 'Ctrl K', label: 'keys.palette', run: () => overlays.open('palette') },
  { code: 'Shift+Slash', shown: '?', label: 'keys.help', run: () => overlays.open('keys') },
  ...PLACES.map(({ name, rail: { keys } }): Binding => ({ code: codeOf(keys), shown: keys, label: `keys.go_${name}`, run: () => router.go(name) })),
  { code: 'KeyN', shown: 'N', label: 'keys.new_sweep', run: () => router.go('sweeps', '', { new: '1' }) },
  { code: 'Ctrl+Shift+KeyT', shown: 'Ctrl Shift T', label: 'keys.theme', run: () => void app.change({ theme: theme.opposite() }) },
  { code: 'Ctrl+Equal', shown: 'Ctrl +', label: 'keys.zoom_in', run: zoomBy(10) },
  { code: 'Ctrl+Minus', shown: 'Ctrl −', label: 'keys.zoom_out', run: zoomBy(-10) },
];
