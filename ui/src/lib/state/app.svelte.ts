// What the frame itself shows: the application, its supervisor, the settings that the window keeps.
import { backend, type AppInfo, type Settings, type SupervisorStatus, type Told } from '$lib/backend';
import { zoomed } from '$lib/charts/pixels.svelte';
import { messages } from '$lib/i18n/index.svelte';
import { theme } from '$lib/theme/theme.svelte';
import { Resource } from './resource.svelte';
import { toasts } from './toasts.svelte';

const INFO_EVERY_MS = 1000;
const DEFAULTS: Settings = { language: 'system', theme: 'system', single_key_shortcuts: true, zoom_percent: 100, notifications: true };

class App {
  readonly info = new Resource(() => this.#ask(), () => true, INFO_EVERY_MS);
  #unattended = $state(0);
  /** What the window was enlarged to by this page; a page that was there before may have left another. */
  #zoomPercent: number | null = null;
  #settings = $state.raw<Settings>(DEFAULTS);

  get supervisor(): SupervisorStatus | null {
    return this.info.value?.supervisor ?? null;
  }

  /** Work is there and nobody looks after it. Without work there is no supervisor, and none is missed. */
  get disconnected(): boolean {
    return this.supervisor !== null && !this.supervisor.connected && this.#unattended > 0;
  }

  /** Why nothing in the workspace can be changed; null where it can. */
  get readOnly(): Told | null {
    return this.info.value?.read_only ?? null;
  }

  /** What to look at twice before anything is started here: whose the workspace is, and who may write it. */
  get cautions(): Told[] {
    return this.info.value?.cautions ?? [];
  }

  get settings(): Settings {
    return this.#settings;
  }

  async loadSettings(): Promise<void> {
    this.#show(this.#settings);
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

  async #ask(): Promise<AppInfo> {
    const info = await backend.rpc('app_info', {});
    if (info.supervisor.connected) return info;
    const { active, queued_total } = await backend.rpc('overview', {});
    this.#unattended = active.filter((run) => run.state !== 'paused').length + queued_total;
    return info;
  }

  #show(settings: Settings): void {
    this.#settings = settings;
    messages.choose(settings.language);
    theme.choose(settings.theme);
  }

  #take(settings: Settings): void {
    this.#show(settings);
    if (settings.zoom_percent === this.#zoomPercent) return;
    this.#zoomPercent = settings.zoom_percent;
    const factor = settings.zoom_percent / 100;
    void toasts.attempt(() => backend.zoom(factor).then(() => zoomed(factor)));
  }
}

export const app = new App();
