// The binary frame is read as the host writes it, and a damaged one is refused with what is wrong.
import { describe, expect, it } from 'vitest';
import { columnAt, find, parseFrame } from '../src/lib/backend/frame';
import type { FrameRequest } from '../src/lib/backend/generated';
import { readAt, valueAt } from '../src/lib/charts/value-at';
import { encode } from './fixtures/frames';

const request: FrameRequest = { runs: ['r'], series: [{ name: 'loss' }, { name: 'absent' }], from: 0, to: 9, columns: 5 };
const curve = { steps: [0, 1, 2, 3, 4, 5, 8, 9], values: [5, 4, 3, 7, NaN, NaN, 1, 2] };
const buffer = () => encode(request, (_run, name) => (name === 'loss' ? curve : null));

describe('parseFrame', () => {
  it('reads each column and leaves out empty ones', () => {
    const frame = parseFrame(buffer());
    expect([frame.from, frame.to, frame.series.length]).toEqual([0, 9, 1]);
    const loss = find(frame, 'r', 'loss');
    expect([...(loss?.step ?? [])]).toEqual([0, 2, 4, 8]);
    expect([...(loss?.min ?? [])]).toEqual([4, 3, NaN, 1]);
    expect([...(loss?.max ?? [])]).toEqual([5, 7, NaN, 2]);
    expect([...(loss?.mean ?? [])]).toEqual([4.5, 5, NaN, 1.5]);
    expect([...(loss?.first ?? [])]).toEqual([5, 3, NaN, 1]);
    expect([...(loss?.last ?? [])]).toEqual([4, 7, NaN, 2]);
    expect([...(loss?.nonfinite ?? [])]).toEqual([0, 0, 2, 0]);
    expect(find(frame, 'r', 'absent')).toBeNull();
  });

  it('copies nothing', () => {
    const bytes = buffer();
    expect(parseFrame(bytes).series[0]?.step.buffer).toBe(bytes);
  });

  it.each([[2, 'inside its length'], [20, 'inside its header'], [-8, 'has no 4 columns of loss']])('refuses a frame cut at %i', (at, message) => {
    expect(() => parseFrame(buffer().slice(0, at))).toThrow(message);
  });
});

describe('values at a step', () => {
  const loss = find(parseFrame(buffer()), 'r', 'loss');
  it.each([[0, 0], [1, 0], [2, 1], [7, 2], [8, 3], [100, 3], [-1, -1]])('step %i lies in column %i', (step, column) => {
    expect(loss === null ? null : columnAt(loss, step)).toBe(column);
  });
  it('is the mean of several, NaN where all are non-finite, nothing before the first', () => {
    expect([valueAt(loss, 3), valueAt(loss, 5), valueAt(loss, -1), valueAt(null, 0)]).toEqual([5, NaN, null, null]);
  });
  it('says at which steps it was recorded', () => {
    expect([readAt(loss, 3), readAt(loss, 7)].map((one) => [one?.from, one?.to])).toEqual([[2, 3], [4, 7]]);
    const sparse = find(parseFrame(encode({ ...request, series: [{ name: 'knn' }] }, () => ({ steps: [0, 4, 8], values: [0.1, 0.2, 0.3] }))), 'r', 'knn');
    expect([readAt(sparse, 3), readAt(sparse, 9)]).toEqual([{ value: 0.1, last: 0.1, from: 0, to: 0 }, { value: 0.3, last: 0.3, from: 8, to: 8 }]);
  });
});
