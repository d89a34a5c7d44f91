// Which alarms are announced, and when: those whose rule says so, new ones only, recent ones only, and of one run at most one in a few seconds; what
// comes meanwhile is counted and told with the next. Pure: the clock is an argument.
import type { Alarm } from './backend';

/** Between two announcements of one run. */
export const QUIET_MS = 5000;
/** What older rules missed and newer ones find in a run of last week is no news. */
export const RECENT_MS = 10 * 60_000;

/** The alarm to tell, and how many others of its run have come since the last one. */
export type Announcement = { alarm: Alarm; more: number };

export class Announcer {
  #known: number | null = null;
  readonly #toldAt = new Map<string, number>();
  readonly #waiting = new Map<string, Announcement>();

  /** The newest alarms as the host lists them. What the first list holds was there before. */
  take(alarms: readonly Alarm[], now: number): void {
    const newest = alarms.reduce((id, alarm) => Math.max(id, alarm.event.id), this.#known ?? 0);
    const before = this.#known;
    this.#known = newest;
    if (before === null) return;
    const fresh = alarms.filter((alarm) => alarm.notified && alarm.event.id > before && alarm.at !== null && now - Date.parse(alarm.at) < RECENT_MS);
    for (const alarm of fresh.sort((a, b) => a.event.id - b.event.id)) {
      const waiting = this.#waiting.get(alarm.run);
      this.#waiting.set(alarm.run, waiting === undefined ? { alarm, more: 0 } : { ...waiting, more: waiting.more + 1 });
    }
  }

  /** What may be told now. */
  due(now: number): Announcement[] {
    const due = [...this.#waiting.values()].filter(({ alarm }) => now - (this.#toldAt.get(alarm.run) ?? -Infinity) >= QUIET_MS);
    for (const { alarm } of due) {
      this.#waiting.delete(alarm.run);
      this.#toldAt.set(alarm.run, now);
    }
    return due;
  }

  /** Milliseconds until the next one may be told; null where none waits. */
  wait(now: number): number | null {
    const times = [...this.#waiting.keys()].map((run) => (this.#toldAt.get(run) ?? -Infinity) + QUIET_MS - now);
    return times.length === 0 ? null : Math.max(0, Math.min(...times));
  }
}
