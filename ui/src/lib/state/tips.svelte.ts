// The one explanation that is shown: of what carries `data-tip`, is pointed at or has the keyboard's focus. It goes with the
// pointer, with the first key or click, with scrolling, and with what it explains.

const DELAY_MS = 500;
/** Soon after one explanation the next comes at once. */
const WARM_MS = 400;

export type Shown = { anchor: HTMLElement; text: string; pointer: number | null };

/** What is explained at a place of the page. */
function explained(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('[data-tip]') : null;
}

/** Its words; none where they would repeat what can be read whole. */
function textOf(anchor: HTMLElement): string {
  const text = anchor.dataset['tip'] ?? '';
  const whole = [anchor, ...anchor.querySelectorAll('.el')].every((part) => part.scrollWidth <= part.clientWidth);
  return whole && anchor.textContent.trim() === text.trim() ? '' : text;
}

class Tips {
  #shown = $state.raw<Shown | null>(null);
  #over: HTMLElement | null = null;
  #pointer: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #goneAt = -Infinity;
  readonly #watch = new MutationObserver(() => this.#check());

  get shown(): Shown | null {
    return this.#shown;
  }

  listen(): () => void {
    const end = new AbortController();
    const on = <K extends keyof WindowEventMap>(name: K, act: (event: WindowEventMap[K]) => void) => addEventListener(name, act, { capture: true, passive: true, signal: end.signal });
    on('pointerover', (event) => { if (event.pointerType !== 'touch') this.#point(explained(event.target), event.clientX); });
    on('pointermove', (event) => { this.#pointer = event.clientX; });
    on('focusin', (event) => { if (event.target instanceof Element && event.target.matches(':focus-visible')) this.#point(explained(event.target), null); });
    on('focusout', () => this.hide());
    on('pointerout', (event) => { if (event.relatedTarget === null) this.hide(); });
    for (const name of ['pointerdown', 'keydown', 'wheel', 'scroll', 'resize', 'blur', 'hashchange', 'dragstart'] as const) on(name, () => this.hide());
    return () => {
      end.abort();
      this.hide();
    };
  }

  hide(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#watch.disconnect();
    if (this.#shown === null) return;
    this.#shown.anchor.removeAttribute('aria-describedby');
    this.#shown = null;
    this.#goneAt = performance.now();
  }

  #point(anchor: HTMLElement | null, pointer: number | null): void {
    if (anchor === this.#over && (this.#timer !== null || this.#shown !== null)) return;
    const [again, before] = [anchor === this.#over, this.#over];
    this.hide();
    this.#over = anchor;
    this.#pointer = pointer;
    // What was hidden by a key or a click stays so until the pointer has left it.
    if (anchor === null || (again && before !== null)) return;
    const wait = performance.now() - this.#goneAt < WARM_MS ? 0 : DELAY_MS;
    this.#timer = setTimeout(() => this.#show(anchor, pointer !== null), wait);
  }

  #show(anchor: HTMLElement, pointed: boolean): void {
    this.#timer = null;
    const text = anchor.isConnected ? textOf(anchor) : '';
    // What has opened a list or a question says enough.
    if (text === '' || anchor.getAttribute('aria-expanded') === 'true') return;
    this.#shown = { anchor, text, pointer: pointed ? this.#pointer : null };
    if (!anchor.hasAttribute('aria-describedby')) anchor.setAttribute('aria-describedby', 'tip');
    this.#watch.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-tip'] });
  }

  #check(): void {
    const shown = this.#shown;
    if (shown === null) return;
    const text = shown.anchor.isConnected ? textOf(shown.anchor) : '';
    if (text === '') this.hide();
    else if (text !== shown.text) this.#shown = { ...shown, text };
  }
}

export const tips = new Tips();
