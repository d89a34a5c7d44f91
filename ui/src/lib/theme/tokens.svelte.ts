// The design tokens as canvas code needs them: plain strings and numbers, read once per theme change, never per frame.
import { theme } from './theme.svelte';
import { ramp, type Rgb } from './ramp';

export type Tokens = {
  panel: string; inset: string; app: string; line1: string; tx1: string; tx2: string; tx3: string; grid: string; axis: string;
  cross: string; band: string; bandEdge: string; accent: string; spike: string; dip: string; dipFill: string; nan: string;
  collapse: string; stalled: string; focus: string; font: string; line2: string; line3: string;
  /** Colours of claims: helps, hurts, no difference, not enough; and the quiet zone of what does not matter. */
  ok: string; error: string; info: string; warn: string; zone: string;
  /** Colour n (1-based at index n − 1) and its dash pattern. */
  categories: string[];
  dashes: number[][];
  /** 256 colours of the ember scale. */
  ember: Rgb[];
  /** 256 colours of the tide scale. */
  tide: Rgb[];
};

function read(): Tokens {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const numbers = (text: string) => (text === 'none' ? [] : text.split(/\s+/).map(Number));
  const ten = Array.from({ length: 10 }, (_, index) => index + 1);
  return {
    panel: token('bg-panel'), inset: token('bg-inset'), app: token('bg-app'), line1: token('line-1'), tx1: token('tx-1'),
    tx2: token('tx-2'), tx3: token('tx-3'), grid: token('chart-grid'), axis: token('chart-axis'), cross: token('chart-cross'),
    band: token('chart-band'), bandEdge: token('chart-band-edge'), accent: token('accent'), spike: token('ev-spike'),
    dip: token('ev-dip'), dipFill: token('ev-dip-fill'), nan: token('ev-nan'), collapse: token('ev-collapse'),
    stalled: token('st-stalled'), focus: token('focus'), font: token('font-ui'),
    line2: token('line-2'), line3: token('line-3'), ok: token('ok'), error: token('error'), info: token('info'), warn: token('warn'), zone: token('info-quiet'),
    categories: ten.map((n) => token(`cat-${n}`)),
    dashes: ten.map((n) => numbers(token(`dash-${n}`))),
    ember: ramp(token('seq-ember').split(',')),
    tide: ramp(token('seq-tide').split(',')),
  };
}

class TokenReader {
  #fonts = $state(0);
  readonly current = $derived.by<Tokens>(() => {
    void [theme.resolved, this.#fonts];
    return read();
  });

  constructor() {
    // Text on a canvas stays in the substitute font until it is drawn again.
    document.fonts.addEventListener('loadingdone', () => {
      this.#fonts += 1;
    });
  }
}

const reader = new TokenReader();

/** Reactive: an effect that calls this runs again when the theme changes. */
export function tokens(): Tokens {
  return reader.current;
}
