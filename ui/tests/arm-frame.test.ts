// The binary frame of mean curves is read as the host writes it, and a damaged one is refused with what is wrong.
import { describe, expect, it } from 'vitest';
import { parseArmFrame } from '../src/lib/backend/arm-frame';
import type { ArmsRequest } from '../src/lib/backend/generated';
import { encodeArms } from './fixtures/arms';
import type { Curve } from './fixtures/series';

const request: ArmsRequest = { arms: [['a', 'b', 'c'], ['d', 'e'], ['nobody']], series: [{ name: 'knn_top1' }], from: 0, to: 3, columns: 4 };
const curves: Record<string, Curve> = {
  a: { steps: [0, 1, 2, 3], values: [1, 1, 1, 1] },
  b: { steps: [0, 1, 2, 3], values: [2, 2, 2, NaN] },
  // It ended early: from step 2 on the arm has one seed less.
  c: { steps: [0, 1], values: [3, 3] },
  d: { steps: [0, 1, 2, 3], values: [5, 5, 5, 5] },
  e: { steps: [0, 1, 2, 3], values: [7, 7, 7, 7] },
};
const buffer = () => encodeArms(request, (run) => curves[run] ?? null);

describe('parseArmFrame', () => {
  it('reads each arm in its place, with n where it falls and no interval below three seeds', () => {
    const frame = parseArmFrame(buffer());
    expect([frame.from, frame.to, frame.series.map((one) => [one.arm, one.runs])]).toEqual([0, 3, [[0, 3], [1, 2]]]);
    const [first, second] = frame.series;
    expect([...(first?.step ?? [])]).toEqual([0, 1, 2, 3]);
    expect([...(first?.n ?? [])]).toEqual([3, 3, 2, 1]);
    expect([...(first?.mean ?? [])]).toEqual([2, 2, 1.5, 1]);
    expect([...(first?.low ?? [])].map(Number.isFinite)).toEqual([true, true, false, false]);
    expect(first?.low[0]).toBeCloseTo(2 - 4.303 / Math.sqrt(3), 6);
    expect(first?.high[0]).toBeCloseTo(2 + 4.303 / Math.sqrt(3), 6);
    expect([...(first?.min ?? [])]).toEqual([1, 1, 1, 1]);
    expect([...(first?.max ?? [])]).toEqual([3, 3, 2, 1]);
    expect([...(first?.nonfinite ?? [])]).toEqual([0, 0, 0, 1]);
    expect([...(second?.mean ?? [])]).toEqual([6, 6, 6, 6]);
  });

  it('copies nothing', () => {
    const bytes = buffer();
    expect(parseArmFrame(bytes).series[0]?.step.buffer).toBe(bytes);
  });

  it.each([[2, 'inside its length'], [20, 'inside its header'], [-8, 'has no 4 columns of knn_top1']])('refuses a frame cut at %i', (at, message) => {
    expect(() => parseArmFrame(buffer().slice(0, at))).toThrow(message);
  });
});
