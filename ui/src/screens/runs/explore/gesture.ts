// What a drag or a click on an axis makes of its brush. A drag beside the brush draws a new one, on it moves it, near an end moves that end;
// on categories it takes whole ones, and a click on a stop takes or leaves it. Pure.
import { numberAt, type Axis } from './axes';
import { brushOf, type Brush } from './brush';
import { placeOf, type Stop } from './scale';
import { STOP_PX, stopY, type Layout } from './lines';

export type Grip = { axis: Axis; turned: boolean; from: number; kind: 'new' | 'move' | 'low' | 'high'; brush: Brush | null; stop: Stop | null };

/** Near enough to an end, in pixels. */
const END_PX = 5;
/** Less than this is a click. */
export const CLICK_PX = 3;

type Room = Pick<Layout, 'top' | 'bottom'>;

/** The place on an axis at a height; beyond its ends it stays at them. */
export function placeAt(y: number, turned: boolean, { top, bottom }: Room): number {
  const place = Math.max(0, Math.min(1, (bottom - y) / (bottom - top)));
  return turned ? 1 - place : place;
}

const heightAt = (place: number, turned: boolean, { top, bottom }: Room): number => bottom - (turned ? 1 - place : place) * (bottom - top);

export function stopAt(axis: Axis, y: number, bottom: number): Stop | null {
  return axis.used.find(({ stop }) => Math.abs(stopY(axis, stop, bottom) - y) <= STOP_PX / 2)?.stop ?? null;
}

/** Where the pointer took hold. */
export function grip(axis: Axis, turned: boolean, y: number, brush: Brush | null, room: Room): Grip {
  const stop = y > room.bottom + 6 ? stopAt(axis, y, room.bottom) : null;
  const held: Grip = { axis, turned, from: y, kind: 'new', brush, stop };
  if (stop !== null || brush === null || brush.range === null || axis.categories.length > 0) return held;
  const [low, high] = brush.range.map((value) => heightAt(placeOf(axis.scale, value), turned, room)) as [number, number];
  if (Math.abs(y - high) <= END_PX) return { ...held, kind: 'high' };
  if (Math.abs(y - low) <= END_PX) return { ...held, kind: 'low' };
  return y > Math.min(low, high) && y < Math.max(low, high) ? { ...held, kind: 'move' } : held;
}

/** The brush while the pointer is at a height; null where nothing changes. */
export function dragged({ axis, turned, from, kind, brush, stop }: Grip, y: number, room: Room): Brush | null {
  if (stop !== null) return null;
  const [a, b] = [placeAt(from, turned, room), placeAt(y, turned, room)];
  const stops = brush?.stops ?? [];
  const count = axis.categories.length;
  if (count > 0) {
    const [first, last] = [Math.min(a, b), Math.max(a, b)].map((place) => Math.min(count - 1, Math.floor(place * count))) as [number, number];
    return brushOf(axis.name, { values: axis.categories.slice(first, last + 1).map(({ value }) => value), stops });
  }
  const before = brush?.range ?? null;
  if (kind === 'new' || before === null) return brushOf(axis.name, { range: [numberAt(axis, Math.min(a, b)), numberAt(axis, Math.max(a, b))], stops });
  const [low, high] = before.map((value) => placeOf(axis.scale, value)) as [number, number];
  if (kind === 'move') {
    const by = Math.max(-low, Math.min(1 - high, b - a));
    return brushOf(axis.name, { range: [numberAt(axis, low + by), numberAt(axis, high + by)], stops });
  }
  const [one, other] = kind === 'low' ? [b, high] : [low, b];
  return brushOf(axis.name, { range: [numberAt(axis, Math.min(one, other)), numberAt(axis, Math.max(one, other))], stops });
}

/** A click: a stop or a category is taken or left, the brush of an axis of numbers is taken away. */
export function clicked({ axis, turned, from, brush, stop }: Grip, room: Room): Brush {
  const now = brush ?? brushOf(axis.name, {});
  if (stop !== null) return { ...now, stops: now.stops.includes(stop) ? now.stops.filter((one) => one !== stop) : [...now.stops, stop] };
  const count = axis.categories.length;
  if (count === 0) return brushOf(axis.name, {});
  const category = axis.categories[Math.min(count - 1, Math.floor(placeAt(from, turned, room) * count))];
  if (category === undefined) return now;
  const has = (value: unknown) => JSON.stringify(value) === JSON.stringify(category.value);
  return { ...now, values: now.values.some(has) ? now.values.filter((value) => !has(value)) : [...now.values, category.value] };
}
