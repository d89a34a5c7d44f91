// Layers in the reader's words: the window's one place that understands how networks name theirs. Layers of other programs,
// and tensors, keep their names.
import { t, translated, type Key } from './i18n/index.svelte';

/** Names with numbers in them, and the messages that say the numbers. */
const BLOCKS: readonly { name: RegExp; long: Key; short: Key; said: (found: RegExpExecArray) => Record<string, number> }[] = [
  { name: /^blocks\.(\d+)$/, long: 'layer.block', short: 'layer_short.block', said: (found) => ({ n: Number(found[1]) }) },
  // Blocks of a ResNet's stages, which are counted from 1.
  { name: /^layer(\d+)\.(\d+)$/, long: 'layer.stage', short: 'layer_short.stage', said: (found) => ({ stage: Number(found[1]), block: Number(found[2]) + 1 }) },
];
const HEAD = 'projector';

function said(layer: string, size: 'long' | 'short'): string | null {
  for (const pattern of BLOCKS) {
    const found = pattern.name.exec(layer);
    if (found !== null) return t(pattern[size], pattern.said(found));
  }
  return null;
}

/** `blocks.3` as "Block 3", `layer1.0` as "Stage 1, block 1". */
export function layerName(layer: string): string {
  return said(layer, 'long') ?? translated(`layer.${layer}`, layer);
}

/** For legends: Patch, B3, Proj. */
export function layerShort(layer: string): string {
  return said(layer, 'short') ?? translated(`layer_short.${layer}`, layerName(layer));
}

/** As the subject of a sentence, and as anything else in one. */
export function layerSubject(layer: string): string {
  return translated(`layer_subject.${layer}`, t('layer_subject.other', { layer: layerName(layer) }));
}
export function layerInside(layer: string): string {
  return translated(`layer_inside.${layer}`, layerName(layer));
}

/** The layers that say most together: the first, the first, middle and last of the blocks, and the head. `layers` in network order. */
export function telling(layers: readonly string[]): string[] {
  const known = layers.filter((layer) => BLOCKS.some((pattern) => pattern.name.test(layer)));
  const blocks = known.length > 0 ? known : layers.slice(1);
  const wanted = [layers[0], blocks[0], blocks[blocks.length >> 1], blocks.at(-1), HEAD];
  return layers.filter((layer) => wanted.includes(layer));
}
