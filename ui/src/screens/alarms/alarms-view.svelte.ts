// What the alarms screen shows: the alarms that its address asks for, and the row that the keyboard is on.
import { KINDS, type Kind } from '$lib/alarm-kinds';
import { backend, type Alarm, type Alarms } from '$lib/backend';
import { Resource } from '$lib/state/resource.svelte';
import { address, router } from '$lib/state/router.svelte';

const MOST = 500;
const EVERY_MS = 1000;

/** The place of an alarm in its run. */
export function placeOf(alarm: Alarm): string {
  return address('run', alarm.run, alarm.event.kind === 'stalled' ? { tab: 'log' } : { event: String(alarm.event.step) });
}

export class AlarmsView {
  readonly answer = new Resource<Alarms>(
    () => backend.rpc('alarms', { kinds: this.kind === null ? null : [this.kind], run: this.run, limit: MOST }), (notice) => notice.overview, EVERY_MS,
  );
  #cursor = $state<number | null>(null);

  get kind(): Kind | null {
    return KINDS.find((kind) => kind === router.params['kind']) ?? null;
  }

  /** Id of the one run whose alarms are shown; null for all. */
  get run(): string | null {
    return router.params['run'] ?? null;
  }

  get text(): string {
    return router.params['text'] ?? '';
  }

  get onlyNew(): boolean {
    return router.params['new'] === '1';
  }

  get hidesInjected(): boolean {
    return router.params['injected'] === '0';
  }

  readonly rows = $derived.by<Alarm[]>(() => {
    const wanted = this.text.trim().toLowerCase();
    return (this.answer.value?.alarms ?? []).filter((alarm) => (
      (!this.onlyNew || alarm.unread) && (!this.hidesInjected || !alarm.event.injected)
      && (wanted === '' || `${alarm.label} ${alarm.event.layer ?? ''} ${alarm.run}`.toLowerCase().includes(wanted))
    ));
  });

  get filtered(): boolean {
    return this.kind !== null || this.run !== null || this.text !== '' || this.onlyNew || this.hidesInjected;
  }

  get cursor(): number | null {
    return this.#cursor;
  }

  move(by: number): void {
    const at = this.rows.findIndex((alarm) => alarm.event.id === this.#cursor);
    this.#cursor = this.rows[Math.max(0, Math.min(this.rows.length - 1, at < 0 ? 0 : at + by))]?.event.id ?? null;
  }

  open(): void {
    const alarm = this.rows.find((one) => one.event.id === this.#cursor);
    if (alarm !== undefined) location.hash = placeOf(alarm);
  }
}
