// What the supervisor obeys, as the settings screen shows and changes it: part by part, each stored as soon as it is saved.
// A refusal stays beside the part that it concerns until that part is changed or saved again.
import { asApiError, backend, type ApiError, type QueueSettings, type Told } from '$lib/backend';
import { t } from '$lib/i18n/index.svelte';
import { toasts } from '$lib/state/toasts.svelte';

export type Part = 'devices' | 'retry' | 'limits' | 'slurm';

export class QueueForm {
  #stored = $state.raw<QueueSettings | null>(null);
  #refused = $state.raw<Partial<Record<Part, ApiError>>>({});
  #failed = $state.raw<ApiError | null>(null);
  #unconfirmed = $state.raw<Told | null>(null);

  get stored(): QueueSettings | null {
    return this.#stored;
  }

  /** Why the settings could not be read. */
  get failed(): ApiError | null {
    return this.#failed;
  }

  /** Why nothing is sent to the cluster that stands here: this user has neither written nor confirmed it. */
  get unconfirmed(): Told | null {
    return this.#unconfirmed;
  }

  refused(part: Part): ApiError | null {
    return this.#refused[part] ?? null;
  }

  async load(): Promise<void> {
    try {
      this.#unconfirmed = await backend.rpc('queue_settings_unconfirmed', {});
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
      this.#unconfirmed = await backend.rpc('queue_settings_unconfirmed', {});
      this.#refused = others;
      toasts.say(t('settings.saved'));
      return true;
    } catch (reason) {
      this.#refused = { ...others, [part]: asApiError(reason) };
      return false;
    }
  }

  /** Runs may be sent off by the cluster as it is shown; what stands there since then is looked at again. */
  async confirm(): Promise<void> {
    if (this.#stored === null) return;
    const { slurm: _, ...others } = this.#refused;
    try {
      await backend.rpc('queue_settings_confirm', this.#stored);
      this.#refused = others;
    } catch (reason) {
      this.#refused = { ...others, slurm: asApiError(reason) };
    }
    await this.load();
  }
}
