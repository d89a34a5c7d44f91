// What the supervisor obeys, as the settings screen shows and changes it: part by part, each stored as soon as it is saved.
// A refusal stays beside the part that it concerns until that part is changed or saved again.
import { asApiError, backend, type ApiError, type QueueSettings } from '$lib/backend';
import { t } from '$lib/i18n/index.svelte';
import { toasts } from '$lib/state/toasts.svelte';

export type Part = 'devices' | 'retry' | 'limits' | 'slurm';

export class QueueForm {
  #stored = $state.raw<QueueSettings | null>(null);
  #refused = $state.raw<Partial<Record<Part, ApiError>>>({});
  #failed = $state.raw<ApiError | null>(null);

  get stored(): QueueSettings | null {
    return this.#stored;
  }

  /** Why the settings could not be read. */
  get failed(): ApiError | null {
    return this.#failed;
  }

  refused(part: Part): ApiError | null {
    return this.#refused[part] ?? null;
  }

  async load(): Promise<void> {
    try {
      this.#stored = await backend.rpc('queue_settings', {});
      this.#failed = null;
    } catch (reason) {
      this.#failed = asApiError(reason);
    }
  }

  /** Stores a part beside what the others have stored; false where it was refused. */
  async save(part: Part, change: Partial<QueueSettings>): Promise<boolean> {
    if (this.#stored === null) return false;
    const { [part]: _, ...others } = this.#refused;
    try {
      this.#stored = await backend.rpc('queue_settings_set', { ...(await backend.rpc('queue_settings', {})), ...change });
      this.#refused = others;
      toasts.say(t('settings.saved'));
      return true;
    } catch (reason) {
      this.#refused = { ...others, [part]: asApiError(reason) };
      return false;
    }
  }
}
