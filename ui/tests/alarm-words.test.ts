// An alarm as one sentence with what came of it, in both languages.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { alarmSentence } from '../src/lib/alarm-words';
import type { EventInfo } from '../src/lib/backend';
import { messages } from '../src/lib/i18n/index.svelte';

const NONE: EventInfo = {
  id: 1, kind: 'spike', step: 301, end_step: null, peak_step: null, peak_z: null, layer: null, peak_layer: null, injected: false, layers: [], lead: null, metric: null, baseline: null, depth: null,
  area: null, recovered_step: null, confirmed: null, follows: [], from: null, to: null, count: null, open: false, details: {},
};
const layers = ['patch_embed', 'predictor'].map((layer) => ({ layer, onset: 301, onset_low: 300, onset_high: 302, peak_step: 303, peak_z: 9 }));
const speak = (language: string) => messages.choose(language, language);
beforeAll(() => { vi.stubGlobal('document', { documentElement: {} }); });
afterAll(() => { speak('en'); vi.unstubAllGlobals(); });

describe('in English', () => {
  beforeAll(() => speak('en'));
  it.each<[Partial<EventInfo>, string]>([
    [{ peak_z: 22.3, peak_layer: 'predictor', layers, end_step: 329 }, 'Gradient norm of Predictor rose to 22 × its noise, 2 layers together; over after 28 steps'],
    [{ peak_z: 22.3, peak_layer: 'predictor', layer: 'patch_embed', layers, open: true }, 'Gradient norm of Predictor rose to 22 × its noise, Patch projection first of 2 layers; it still goes on'],
    [{ peak_z: -12, layer: 'patch_embed' }, 'Gradient norm of Patch projection fell by 12 × its noise'],
    [{ kind: 'dip', metric: 'knn_top1', baseline: 0.452, depth: 0.219, follows: [3], recovered_step: 421 }, 'kNN accuracy fell 21.9 points from 45.2 %, after a spike; recovered after 120 steps'],
    [{ kind: 'dip', metric: 'knn_top1', baseline: 0.452, depth: -0.219, open: true }, 'kNN accuracy fell 21.9 points from 45.2 %; not recovered so far'],
    [{ kind: 'dip', metric: 'knn_top1', baseline: 0.452, depth: 0.219 }, 'kNN accuracy fell 21.9 points from 45.2 %; it did not recover'],
    [{ kind: 'dip', metric: 'knn_top1', depth: 0.068, open: true }, 'kNN accuracy fell 6.8 points; not recovered so far'],
    [{ kind: 'divergence', metric: 'loss', from: 3.4, to: 4.02, open: true }, 'Loss diverged from 3.40 to 4.02 (+0.62); it still goes on'],
    [{ kind: 'collapse', metric: 'feature_std', from: 0.5, to: 0.01, end_step: 341 }, 'Feature std collapsed from 0.500 to 0.0100; over after 40 steps'],
    [{ kind: 'nonfinite', layer: 'blocks.1', count: 12, end_step: 301 }, '12 values of Block 1 were not finite; over within the step'],
    [{ kind: 'nonfinite', layer: 'blocks.1', count: 1 }, '1 value of Block 1 was not finite'],
    [{ kind: 'nonfinite' }, 'The loss was not finite'],
    [{ kind: 'stalled', details: { silent_seconds: 62 } }, 'Nothing was recorded for 1 min'],
    [{ kind: 'stalled', details: { lasted_secs: 5 } }, 'The disk was full for 5 s'],
    [{ kind: 'stalled', details: {} }, 'The run stalled'],
  ])('%j', (part, said) => expect(alarmSentence({ ...NONE, ...part })).toBe(said));
});

describe('in Korean', () => {
  beforeAll(() => speak('ko'));
  it.each<[Partial<EventInfo>, string]>([
    [{ peak_z: 22.3, peak_layer: 'predictor', layers, end_step: 329 }, '프레딕터 그래디언트 노름이 잡음의 22배로 치솟음, 2개 레이어 동시. 28 스텝 뒤 끝남'],
    [{ kind: 'dip', metric: 'knn_top1', baseline: 0.452, depth: 0.219 }, 'kNN 정확도 45.2 %에서 21.9%p 떨어짐. 회복하지 못함'],
    [{ kind: 'divergence', metric: 'loss', from: 3.4, to: 4.02, open: true }, '손실 3.40에서 4.02로 발산(+0.62). 아직 계속 중'],
  ])('%j', (part, said) => expect(alarmSentence({ ...NONE, ...part })).toBe(said));
});
