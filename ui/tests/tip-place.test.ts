// Where an explanation stands: beside what it explains, never on it, always inside the window.
import { describe, expect, it } from 'vitest';
import { placeTip, type Rect } from '../src/lib/ui/tip-place';

const ROOM = { width: 1000, height: 700 };
const TIP = { width: 200, height: 40 };
const at = (left: number, top: number, width: number, height: number): Rect => ({ left, top, right: left + width, bottom: top + height });

describe('an explanation', () => {
  it.each<[string, Rect, number | null, { left: number; top: number }]>([
    ['stands below, in the middle', at(400, 100, 40, 20), null, { left: 320, top: 126 }],
    ['stands above at the lower edge', at(400, 660, 40, 20), null, { left: 320, top: 614 }],
    ['keeps off the left edge', at(0, 100, 40, 20), null, { left: 8, top: 126 }],
    ['keeps off the right edge', at(980, 100, 20, 20), null, { left: 792, top: 126 }],
    ['follows the pointer along what is wider than itself', at(0, 100, 900, 20), 700, { left: 600, top: 126 }],
    ['ignores the pointer on what is not', at(400, 100, 40, 20), 401, { left: 320, top: 126 }],
  ])('%s', (_, anchor, pointer, place) => {
    expect(placeTip(anchor, TIP, ROOM, pointer)).toEqual(place);
  });

  it('never lies on what it explains where there is room on a side of it', () => {
    for (let top = 0; top <= 680; top += 20) {
      const anchor = at(400, top, 40, 20);
      const place = placeTip(anchor, TIP, ROOM);
      expect(place.top >= anchor.bottom || place.top + TIP.height <= anchor.top).toBe(true);
      expect(place.top >= 0 && place.top + TIP.height <= ROOM.height).toBe(true);
    }
  });
});
