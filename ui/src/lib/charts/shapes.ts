// The mark of a series by its number: shape n beside colour n. Triangles up and down are events and stand for no series. Pure.

/** Corners on a square from −1 to 1; null is a circle. */
const SHAPES: readonly (readonly [number, number][] | null)[] = [
  null,
  [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
  [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]],
  [[-0.85, -1.05], [1.1, 0], [-0.85, 1.05]],
  [[-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4], [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4], [-1.1, -0.4], [-0.4, -0.4]],
  [[-0.55, -1], [0.55, -1], [1.1, 0], [0.55, 1], [-0.55, 1], [-1.1, 0]],
];
export const DIAMOND = 3;

/** Corners of shape n around a place; null: a circle of this radius. */
export function corners(shape: number, x: number, y: number, radius: number): [number, number][] | null {
  const found = shape < 1 ? null : SHAPES[(shape - 1) % SHAPES.length] ?? null;
  return found === null ? null : found.map(([dx, dy]) => [x + dx * radius, y + dy * radius]);
}
