// The newest alarms of all runs: how many are unread, for the rail; and what goes to the desktop's notifications.
import { backend, asApiError, type Alarm, type Alarms } from '$lib/backend';
import { Announcer, type Announcement } from '$lib/announce';
import { eventPlace, eventSize } from '$lib/event-words';
import { number } from '$lib/format';
import { t, translated } from '$lib/i18n/index.svelte';
import { app } from './app.svelte';
import { Resource } from './resource.svelte';
import { toasts } from './toasts.svelte';

const EVERY_MS = 1000;
const NEWEST = 50;

class AlarmState {
  readonly #newest = new Resource<Alarms>(() => this.#ask(), (notice) => notice.overview, EVERY_MS);
  readonly #announcer = new Announcer();
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** The desktop has refused once; said once, not with every alarm. */
  #refused = false;

  get unread(): number {
    return this.#newest.value?.unread ?? 0;
  }

  refresh(): void {
    this.#newest.refresh();
  }

  /** Notes that everything up to the newest of these has been seen. */
  async markRead(alarms: readonly Alarm[]): Promise<void> {
    const through = Math.max(0, ...alarms.map((alarm) => alarm.event.id));
    if ((await toasts.attempt(() => backend.rpc('alarms_read', { through }).then(() => true))) !== null) this.refresh();
  }

  listen(): () => void {
    const end = this.#newest.listen();
    return () => {
      end();
      if (this.#timer !== null) clearTimeout(this.#timer);
    };
  }

  async #ask(): Promise<Alarms> {
    const alarms = await backend.rpc('alarms', { limit: NEWEST });
    this.#announcer.take(alarms.alarms, Date.now());
    this.#announce();
    return alarms;
  }

  #announce(): void {
    const now = Date.now();
    for (const one of this.#announcer.due(now)) if (app.settings.notifications) void this.#tell(one);
    const wait = this.#announcer.wait(now);
    if (wait === null || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#announce();
    }, wait);
  }

  async #tell({ alarm, more }: Announcement): Promise<void> {
    try {
      await backend.notify(notificationOf(alarm, more));
      this.#refused = false;
    } catch (reason) {
      if (!this.#refused) toasts.failInPassing(asApiError(reason));
      this.#refused = true;
    }
  }
}

/** What a notification says of an alarm: kind and run, then layer, step and size. */
export function notificationOf(alarm: Alarm, more: number): { title: string; body: string } {
  const { event } = alarm;
  const parts = [
    eventPlace(event), t('alarms.at_step', { step: number(event.step) }), eventSize(event), event.injected ? t('event.injected') : '',
    more === 0 ? '' : t('alarms.more', { n: more }),
  ];
  return {
    title: t('alarms.notification', { kind: translated(`event.${event.kind}`, event.kind), run: alarm.label }),
    body: parts.filter((part) => part !== '').join(' · '),
  };
}

export const alarmState = new AlarmState();
