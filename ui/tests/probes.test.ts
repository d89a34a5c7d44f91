// What the form of a probe offers and asks for. Knows no host and no window.
import { describe, expect, it } from 'vitest';
import { isProbeKind, request, steps } from '../src/screens/run/probes';

const checkpoint = (step: number) => ({ step, path: `checkpoints/step-${step}`, bytes: 1, at: '' });

describe('probes', () => {
  it('offer each kept checkpoint once, the newest first', () => {
    expect(steps([checkpoint(200), checkpoint(400), checkpoint(200)])).toEqual([400, 200]);
  });

  it('ask for the newest checkpoint by leaving it out, and for nothing that the kind does not take', () => {
    expect(request('a', 'knn', 'cifar10', '', { knn_k: 20, mixup: 0.8 }, ['knn_k'])).toEqual({ run: 'a', kind: 'knn', dataset: 'cifar10', settings: { knn_k: 20 } });
    expect(request('a', 'linear', 'cifar10', 'random', { epochs: 5 }, null)).toEqual({ run: 'a', kind: 'linear', dataset: 'cifar10', checkpoint: 'random', settings: { epochs: 5 } });
  });

  it('know their kinds', () => {
    expect([isProbeKind('linear'), isProbeKind('pretrain')]).toEqual([true, false]);
  });
});
