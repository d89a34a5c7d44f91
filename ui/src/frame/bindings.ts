// The keys that work on every screen.
import { app } from '$lib/state/app.svelte';
import type { Binding } from '$lib/state/keys.svelte';
import { overlays } from '$lib/state/overlays.svelte';
import { router } from '$lib/state/router.svelte';
import { theme } from '$lib/theme/theme.svelte';

const zoomBy = (step: number) => () => {
  const zoom_percent = Math.min(150, Math.max(80, app.settings.zoom_percent + step));
  void app.change({ zoom_percent });
};

export const globalBindings: Binding[] = [
  { code: 'Ctrl+KeyK', shown: 'Ctrl K', label: 'keys.palette', run: () => overlays.open('palette') },
  { code: 'Shift+Slash', shown: '?', label: 'keys.help', run: () => overlays.open('keys') },
  { code: 'KeyG KeyS', shown: 'G S', label: 'keys.go_sweeps', run: () => router.go('sweeps') },
  { code: 'KeyG KeyL', shown: 'G L', label: 'keys.go_live', run: () => router.go('live') },
  { code: 'KeyG KeyR', shown: 'G R', label: 'keys.go_runs', run: () => router.go('runs') },
  { code: 'KeyG KeyC', shown: 'G C', label: 'keys.go_compare', run: () => router.go('compare') },
  { code: 'KeyG KeyM', shown: 'G M', label: 'keys.go_map', run: () => router.go('map') },
  { code: 'KeyG KeyD', shown: 'G D', label: 'keys.go_datasets', run: () => router.go('datasets') },
  { code: 'KeyA', shown: 'A', label: 'keys.go_alarms', run: () => router.go('alarms') },
  { code: 'KeyG Comma', shown: 'G ,', label: 'keys.go_settings', run: () => router.go('settings') },
  { code: 'KeyN', shown: 'N', label: 'keys.new_sweep', run: () => router.go('sweeps', '', { new: '1' }) },
  { code: 'Ctrl+Shift+KeyT', shown: 'Ctrl Shift T', label: 'keys.theme', run: () => void app.change({ theme: theme.opposite() }) },
  { code: 'Ctrl+Equal', shown: 'Ctrl +', label: 'keys.zoom_in', run: zoomBy(10) },
  { code: 'Ctrl+Minus', shown: 'Ctrl −', label: 'keys.zoom_out', run: zoomBy(-10) },
];
