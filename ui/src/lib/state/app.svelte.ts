// What the frame itself shows: the application, its supervisor, the settings that the window keeps.
import { backend, type Settings, type SupervisorStatus } from '$lib/backend';
import { messages } from '$lib/i18n/index.svelte';
import { theme } from '$lib/theme/theme.svelte';
import { Resource } from './resource.svelte';
import { toasts } from './toasts.svelte';

const INFO_EVERY_MS = 1000;
const DEFAULTS: Settings = { language: 'system', theme: 'system', single_key_shortcuts: true, zoom_percent: 100, slots: {} };

class App {
  readonly info = new Resource(() => backend.rpc('app_info', {}), () => true, INFO_EVERY_MS);
  #zoomPercent = 100;
  #settings = $state.raw<Settings>(DEFAULTS);

  get supervisor(): SupervisorStatus | null {
    return this.info.value?.supervisor ?? null;
  }

  /** False only when it is known: actions that need the supervisor are off. */
  get disconnected(): boolean {
    return this.supervisor !== null && !this.supervisor.connected;
  }

  get settings(): Settings {
    return this.#settings;
  }

  async loadSettings(): Promise<void> {
    this.#take(this.#settings);
    const loaded = await toasts.attempt(() => backend.rpc('settings', {}));
    if (loaded !== null) this.#take(loaded);
  }

  /** Applies at once and stores; a refusal is shown and the former value returns. */
  async change(part: Partial<Settings>): Promise<void> {
    const before = this.#settings;
    const wanted = { ...before, ...part };
    this.#take(wanted);
    const stored = await toasts.attempt(() => backend.rpc('settings_set', wanted));
    this.#take(stored ?? before);
  }

  #take(settings: Settings): void {
    this.#settings = settings;
    messages.choose(settings.language);
    theme.choose(settings.theme);
    if (settings.zoom_percent === this.#zoomPercent) return;
    this.#zoomPercent = settings.zoom_percent;
    void toasts.attempt(() => backend.zoom(settings.zoom_percent / 100));
  }
}

export const app = new App();
