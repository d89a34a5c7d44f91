// What the form of a probe offers and asks for. Knows no host and no window.
import { describe, expect, it } from 'vitest';
import { withoutGradients } from '../src/screens/run/heat-rows';
import { isProbeKind, request, steps } from '../src/screens/run/probes';
import { written } from '../src/screens/run/readout';

const checkpoint = (step: number) => ({ step, path: `checkpoints/step-${step}`, bytes: 1, at: '' });

describe('probes', () => {
  it('offer each kept checkpoint once, the newest first', () => {
    expect(steps([checkpoint(200), checkpoint(400), checkpoint(200)])).toEqual([400, 200]);
  });

  it('ask for the newest checkpoint by leaving it out, and for nothing that the kind does not take', () => {
    expect(request('a', 'knn', 'cifar10', '', { knn_k: 20, mixup: 0.8 }, ['knn_k'])).toEqual({ run: 'a', kind: 'knn', dataset: 'cifar10', settings: { knn_k: 20 } });
    expect(request('a', 'linear', 'cifar10', 'random', { epochs: 5 }, null)).toEqual({ run: 'a', kind: 'linear', dataset: 'cifar10', checkpoint: 'random', settings: { epochs: 5 } });
  });

  it('have accuracies in percent', () => {
    expect([written('probe_top1', 0.7607), written('probe_top5', 1), written('probe_loss', 0.7607)]).toEqual([{ text: '76.1', unit: '%' }, { text: '100.0', unit: '%' }, { text: '0.7607', unit: '' }]);
  });

  it('are known to record no gradients once they record anything, other runs once they ended', () => {
    type Detail = Parameters<typeof withoutGradients>[0];
    const of = (probed: boolean, ended: boolean, names: string[]) => withoutGradients({
      run: { probed: probed ? {} : null, ended_at: ended ? '2026-01-01T00:00:00Z' : null }, series: names.map((name) => ({ name, values: 1 })),
    } as unknown as Detail);
    expect([of(true, false, []), of(true, false, ['loss', 'grad_norm']), of(true, false, ['grad_norm/patch_embed'])]).toEqual([false, true, false]);
    expect([of(false, false, ['loss']), of(false, true, ['loss']), of(false, true, ['loss', 'update_ratio/projector'])]).toEqual([false, true, false]);
  });

  it('know their kinds', () => {
    expect([isProbeKind('linear'), isProbeKind('pretrain')]).toEqual([true, false]);
  });
});
