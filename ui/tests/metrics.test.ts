// Words of metrics and layers, and what the tab of all series has a place for.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { METRICS, type RunDetail, type SeriesInfo } from '../src/lib/backend';
import { messages } from '../src/lib/i18n/index.svelte';
import { layerName, layerShort, telling } from '../src/lib/layers';
import { metricHelp, metricName, patternOf, rowOf } from '../src/lib/metrics';
import korean from '../src/lib/metrics.ko.json';
import { groups, layersWithTensors, parts, tensorName, tensorsOf } from '../src/screens/run/all-series';
import { heatRows } from '../src/screens/run/heat-rows';
import { readingOf } from '../src/screens/run/labels';
import { written } from '../src/screens/run/readout';

const choose = (language: string) => messages.choose(language, language);
beforeEach(() => {
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  choose('en');
});
afterEach(() => void vi.unstubAllGlobals());

describe('layers', () => {
  it('have words for every backbone', () => {
    expect(['patch_embed', 'blocks.3', 'conv1', 'layer1.0', 'layer4.2', 'encoder.7'].map(layerName)).toEqual(['Patch projection', 'Block 3', 'Stem', 'Stage 1, block 1', 'Stage 4, block 3', 'encoder.7']);
    expect(['patch_embed', 'blocks.3', 'layer1.0', 'projector'].map(layerShort)).toEqual(['Patch', 'B3', 'S1.1', 'Proj.']);
    choose('ko');
    expect(layerName('layer1.0')).toBe('스테이지 1, 블록 1');
  });

  it('are chosen from input to head', () => {
    const vit = ['patch_embed', 'cls_token', ...Array.from({ length: 6 }, (_, i) => `blocks.${i}`), 'norm', 'projector', 'predictor'];
    expect(telling(vit)).toEqual(['patch_embed', 'blocks.0', 'blocks.3', 'blocks.5', 'projector']);
    expect(telling(['conv1', 'layer1.0', 'layer1.1', 'layer2.0', 'projector', 'predictor'])).toEqual(['conv1', 'layer1.0', 'layer1.1', 'layer2.0', 'projector']);
    expect(telling(['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
    expect(telling([])).toEqual([]);
  });
});

describe('metrics', () => {
  it('have a title and a help in both languages', () => {
    expect(Object.keys(korean).filter((key) => !METRICS.some((row) => patternOf(row) === key))).toEqual([]);
    expect(METRICS.filter((row) => row.title === '' || row.help === '').map(patternOf)).toEqual([]);
    expect([metricName('grad_norm/blocks.0'), metricName('knn_top1'), metricName('grad_max'), metricName('val/accuracy')]).toEqual(['Block 0 · Gradient norm', 'kNN accuracy', 'Largest gradient', 'val/accuracy']);
    choose('ko');
    expect([metricName('loss'), metricHelp('unknown')]).toEqual(['손실', '']);
    expect(metricHelp('loss_scale')).toContain('반정밀도');
  });

  it('are read as the table says', () => {
    expect(rowOf('grad_norm/base_encoder.norm.bias', 'tensor_norm')?.key).toBe('TensorNorm');
    expect(rowOf('grad_norm/anything')?.key).toBe('LayerNorm');
    expect([written('loss', 3.14159), written('knn_top1_pixels', 0.25), written('journal_wait_seconds', 1.5), written('device_memory_bytes', 2 ** 31)]).toEqual([
      { text: '3.142', unit: '' }, { text: '25.0', unit: '%' }, { text: '1.500', unit: 's' }, { text: '2.00', unit: 'GiB' },
    ]);
    expect([readingOf('knn_top1_pixels').scale, readingOf('loss_scale').scale]).toEqual([100, 1]);
  });
});

describe('all series', () => {
  const one = (name: string, role: SeriesInfo['role'], panel: SeriesInfo['panel'], layer: number | null = null, values = 10): SeriesInfo => ({ name, unit: '', role, panel, layer, values, first_step: 0, last_step: 9 });
  const detail = {
    layers: ['patch_embed', 'blocks.0'],
    series: [
      one('loss', 'loss', 'curves'), one('loss_scale', 'other', 'all'), one('val/b', null, 'all'), one('val/a', null, 'all'), one('empty', null, 'all', null, 0),
      one('attention_entropy/blocks.0', 'layer_value', 'all', 1), one('attention_entropy/blocks.1', 'layer_value', 'all', 2),
      one('grad_norm/patch_embed', 'layer_norm', 'curves', 0), one('grad_norm/base_encoder.blocks.0.norm1.bias', 'tensor_norm', 'all', 1), one('knn_top1_pixels', 'knn_pixels', 'all'),
    ],
  } as Pick<RunDetail, 'series' | 'layers'>;

  it('are those that no tab places, in groups', () => {
    expect(groups(detail)).toEqual([
      { metric: 'loss_scale', series: ['loss_scale'] }, { metric: 'knn_top1_pixels', series: ['knn_top1_pixels'] },
      { metric: 'attention_entropy', series: ['attention_entropy/blocks.0', 'attention_entropy/blocks.1'] }, { metric: 'val', series: ['val/b', 'val/a'] },
    ]);
    expect(groups({ series: [] })).toEqual([]);
  });

  it('unfold a layer into its tensors, here and in the heat map', () => {
    expect(layersWithTensors(detail)).toEqual(['blocks.0']);
    expect(tensorsOf(detail, 'blocks.0')).toEqual(['grad_norm/base_encoder.blocks.0.norm1.bias']);
    expect([tensorName('base_encoder.blocks.0.norm1.bias', 'blocks.0'), tensorName('base_encoder.head.0.weight', 'projector')]).toEqual(['norm1.bias', 'base_encoder.head.0.weight']);
    expect(heatRows('grad_norm', ['patch_embed', 'blocks.0'], new Set(['blocks.0']), [...detail.series, one('grad_norm/blocks.0', 'layer_norm', 'curves', 1)])).toEqual(['patch_embed', 'blocks.0', 'base_encoder.blocks.0.norm1.bias']);
  });

  it('are cut into charts of few lines', () => {
    expect(parts(Array.from({ length: 12 }, (_, i) => i)).map((part) => part.length)).toEqual([6, 6]);
    expect(parts([])).toEqual([]);
  });
});
