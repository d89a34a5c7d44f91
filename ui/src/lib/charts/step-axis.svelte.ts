// The one step axis that all charts of a screen share: window, crosshair, follow, smoothing. Window and switches live in
// the address, so reload and Back restore them, and so does the crosshair once it is pinned to a step; while it only
// follows the pointer it is kept here.
import { untrack } from 'svelte';
import type { AddressParams } from './address';
import { readLength, SMOOTHING } from './smoothing';
import { STEPS, X_KINDS, type XKind, type XScale, type XTicks } from './x-scale';
import { YWindows } from './y-windows.svelte';

/** The narrowest window, in steps. */
const NARROWEST = 4;
/** A click on an event shows this many steps before and after it. */
const BEFORE_EVENT = 300;
const AFTER_EVENT = 780;
const CROSS_RESTS_MS = 500;
/** Windows that can be gone back to. */
const REMEMBERED = 50;

/** A jump is a step of the history of windows; gestures that glide (wheel, drag of the strip) are one step together. */
type How = 'jump' | 'glide';

export class StepAxis {
  #first = $state(0);
  #last = $state(0);
  #total = $state(0);
  #pin = $state<number | null>(null);
  #hovered = $state<number | null>(null);
  #ended = $state(false);
  #length = SMOOTHING;
  #plotWidth = $state(0);
  #crossTimer: ReturnType<typeof setTimeout> | null = null;
  #kinds = $state.raw<readonly XKind[]>(X_KINDS);
  #scale = $state.raw<XScale>(STEPS);
  #past = $state.raw<(readonly [number, number] | null)[]>([]);
  #lastMove: How = 'jump';
  readonly #address: AddressParams;
  /** What charts were zoomed to in y. */
  readonly y: YWindows;

  constructor(address: AddressParams) {
    this.#address = address;
    this.y = new YWindows(address);
    const at = address.params['at'];
    this.#pin = at === undefined || !Number.isFinite(Number(at)) ? null : Number(at);
    this.#length = this.smoothing || SMOOTHING;
  }

  /** The window that the address names, null when it shows everything. */
  readonly #explicit = $derived.by<readonly [number, number] | null>(() => {
    const from = Number(this.#address.params['from'] ?? NaN);
    const to = Number(this.#address.params['to'] ?? NaN);
    return Number.isFinite(from) && Number.isFinite(to) && to > from ? [from, to] : null;
  });

  /** First and last step in view. */
  readonly window = $derived.by<readonly [number, number]>(() => {
    const explicit = this.#explicit;
    if (explicit === null) return [this.#first, Math.max(this.#last, this.#first + NARROWEST)];
    if (!this.following || this.#last <= explicit[1]) return explicit;
    return [this.#last - (explicit[1] - explicit[0]), this.#last];
  });

  /** What x can count. */
  get kinds(): readonly XKind[] {
    return this.#kinds;
  }

  /** What is not known of a run cannot be counted, as epochs of an imported one. */
  setKinds(kinds: readonly XKind[]): void {
    this.#kinds = kinds;
  }

  /** What x counts, from the address. */
  get xKind(): XKind {
    return this.#kinds.find((kind) => kind === this.#address.params['x']) ?? 'step';
  }

  setXKind(kind: XKind): void {
    this.#address.patch({ x: kind === 'step' ? null : kind });
  }

  /** The scale that is drawn with: steps until frames have come that know what was asked for. */
  get scale(): XScale {
    return this.#scale;
  }

  setScale(scale: XScale): void {
    this.#scale = scale;
  }

  /** 0…1 of the window. */
  position = (step: number): number => this.#scale.position(step, this.window);

  stepAt(share: number): number {
    return this.#scale.stepAt(share, this.window);
  }

  ticks(count: number): XTicks {
    return this.#scale.ticks(this.window, count);
  }

  get logY(): boolean {
    return this.#address.params['log'] === '1';
  }

  /** Steps over which the moving average reaches, 0 when off. */
  get smoothing(): number {
    return readLength(this.#address.params['smooth']);
  }

  /** Whether y holds the loss band as a whole; else charts fit their data, and show of the band what lies there. */
  get wholeBand(): boolean {
    return this.#address.params['band'] === '1';
  }

  toggleBand(): void {
    this.#address.patch({ band: this.wholeBand ? null : '1' });
  }

  /** Whether new steps move the window. All of a run in view always grows with it; no step comes to one that has ended. */
  get following(): boolean {
    return !this.#ended && (this.#explicit === null || this.#address.params['follow'] === '1');
  }

  /** Nothing new will be recorded. */
  get ended(): boolean {
    return this.#ended;
  }

  get fitted(): boolean {
    return this.#explicit === null;
  }

  /** First and last recorded step. */
  get extent(): readonly [number, number] {
    return [this.#first, this.#last];
  }

  /** Steps the run will have in all, for the overview. */
  get total(): number {
    return Math.max(this.#total, this.#last);
  }

  /** The step of the crosshair: under the pointer, else where it is pinned. */
  get cross(): number | null {
    return this.#hovered ?? this.#pin;
  }

  /** Where the crosshair stays when the pointer leaves. */
  get pinned(): number | null {
    return this.#pin;
  }

  /** Pixel columns of the widest chart, in device pixels. */
  get columns(): number {
    return this.#plotWidth;
  }

  /** Called by charts with the width of their plot. */
  offerWidth(devicePixels: number): void {
    const before = untrack(() => this.#plotWidth);
    const width = Math.round(devicePixels);
    if (width > before || width < before * 0.6) this.#plotWidth = width;
  }

  /** What is recorded; never moves an explicit window unless Follow is on. */
  setExtent(first: number, last: number, total = this.#total, ended = false): void {
    this.#ended = ended;
    this.#first = first;
    this.#last = Math.max(first, last);
    this.#total = total;
  }

  zoomTo(from: number, to: number, how: How = 'jump'): void {
    const [low, high] = from < to ? [from, to] : [to, from];
    const width = Math.max(NARROWEST, high - low);
    const limit = Math.max(this.#last, this.#first + NARROWEST);
    if (width >= limit - this.#first) {
      this.fit(how);
      return;
    }
    const start = Math.min(Math.max(this.#first, low), limit - width);
    this.#remember(how);
    this.#write(start, start + width);
  }

  /** `factor` < 1 shows fewer steps; `at` keeps its place. */
  zoom(factor: number, at = this.#middle()): void {
    const [from, to] = this.window;
    this.zoomTo(at - (at - from) * factor, at + (to - at) * factor, 'glide');
  }

  /** By a share of the window. */
  pan(share: number): void {
    const [from, to] = this.window;
    const by = (to - from) * share;
    if (this.#explicit !== null) this.zoomTo(from + by, to + by, 'glide');
  }

  fit(how: How = 'jump'): void {
    if (this.#explicit === null) return;
    this.#remember(how);
    this.#address.patch({ from: null, to: null, follow: null });
  }

  /** Everything recorded, in x and in y. */
  fitAll(): void {
    this.fit();
    if (this.y.any) this.#address.patch({ y: null });
  }

  get canGoBack(): boolean {
    return this.#past.length > 0;
  }

  /** The window before the last zoom. */
  goBack(): void {
    const before = this.#past.at(-1);
    if (before === undefined) return;
    this.#past = this.#past.slice(0, -1);
    this.#lastMove = 'jump';
    if (before === null) this.#address.patch({ from: null, to: null, follow: null });
    else this.#write(...before);
  }

  toggleFollow(): void {
    if (this.#ended) return;
    const [from, to] = this.window;
    if (this.following) this.#write(from, to);
    else this.#address.patch({ follow: '1' });
  }

  toggleLogY(): void {
    this.#address.patch({ log: this.logY ? null : '1' });
  }

  toggleSmoothing(): void {
    this.#address.patch({ smooth: this.smoothing > 0 ? null : String(this.#length) });
  }

  /** Over so many steps; remembered for the next time it is switched on. */
  smoothOver(steps: number): void {
    this.#length = steps;
    this.#address.patch({ smooth: String(steps) });
  }

  /** The crosshair goes with the pointer; null: the pointer has left, and it is where it was pinned. */
  hover(step: number | null): void {
    this.#hovered = step === null ? null : this.#recorded(step);
  }

  /** Pins the crosshair to a step; null takes it away. */
  point(step: number | null): void {
    this.#hovered = null;
    this.#pin = step === null ? null : this.#recorded(step);
    if (this.#crossTimer !== null) clearTimeout(this.#crossTimer);
    this.#crossTimer = setTimeout(() => this.#address.patch({ at: this.#pin === null ? null : String(this.#pin) }), CROSS_RESTS_MS);
  }

  /** By steps, from the keyboard; the window goes along when the crosshair leaves it. */
  movePoint(by: number): void {
    this.point((this.cross ?? Math.round(this.#middle())) + by);
    const [from, to] = this.window;
    const cross = this.#pin ?? from;
    if (cross < from) this.zoomTo(cross, cross + (to - from), 'glide');
    else if (cross > to) this.zoomTo(cross - (to - from), cross, 'glide');
  }

  /** Shows the neighbourhood of an event and points at it. */
  showEvent(step: number): void {
    this.zoomTo(step - BEFORE_EVENT, step + AFTER_EVENT);
    this.point(step);
  }

  /** Ends the timer of the crosshair; for when the screen goes. */
  release(): void {
    if (this.#crossTimer !== null) clearTimeout(this.#crossTimer);
  }

  #remember(how: How): void {
    if (how === 'jump' || this.#lastMove === 'jump') this.#past = [...this.#past, this.#explicit].slice(-REMEMBERED);
    this.#lastMove = how;
  }

  /** The whole step next to it within what is recorded. */
  #recorded(step: number): number {
    const limit = Math.max(this.#last, this.#first);
    return Math.round(Math.min(limit, Math.max(this.#first, step)));
  }

  #middle(): number {
    const [from, to] = this.window;
    return (from + to) / 2;
  }

  #write(from: number, to: number): void {
    const text = (value: number) => String(Math.round(value * 100) / 100);
    this.#address.patch({ from: text(from), to: text(to), follow: null });
  }
}
