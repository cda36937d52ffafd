/** The residual layers of a block: the mixers of the family or attention, and what the config adds to every block. */
import type { ModelConfig } from '../layers/config.ts';
import { gatedMlpLayers } from '../layers/gatedMlp.ts';
import type { LayerDeclaration } from '../layers/layer.ts';
import { mhaLayer } from '../layers/mha.ts';
import type { Family } from './family.ts';

/** Block `i` of a model. Official: mamba_ssm/models/mixer_seq_simple.py, create_block. */
export function blockOf(family: Family, config: ModelConfig, i: number): readonly LayerDeclaration[] {
  const { attnLayerIdx = [], attnCfg = {} } = config;
  const layers = attnLayerIdx.includes(i) ? [mhaLayer(config, attnCfg)] : family.block(config, i);
  // A block of several layers has its own MLP.
  return layers.length > 1 ? layers : [...layers, ...gatedMlpLayers(config)];
}
