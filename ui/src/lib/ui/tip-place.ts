// Where an explanation stands: below what it explains, above where there is no room, never on it. Pure.

export type Rect = { left: number; top: number; right: number; bottom: number };
export type Size = { width: number; height: number };

const GAP = 6;
const EDGE = 8;

/** The left upper corner. What is explained may be wide: then the explanation stands by the pointer, where there is one. */
export function placeTip(anchor: Rect, tip: Size, room: Size, pointer: number | null = null): { left: number; top: number } {
  const below = anchor.bottom + GAP;
  const above = anchor.top - GAP - tip.height;
  const fitsBelow = below + tip.height <= room.height - EDGE;
  const top = fitsBelow || above < EDGE ? below : above;
  const middle = (anchor.left + anchor.right) / 2;
  const at = pointer !== null && anchor.right - anchor.left > tip.width ? pointer : middle;
  const most = Math.max(EDGE, room.width - EDGE - tip.width);
  return { left: Math.round(Math.min(most, Math.max(EDGE, at - tip.width / 2))), top: Math.round(top) };
}
