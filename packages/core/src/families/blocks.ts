/** The residual layers of a block: the family's own mixers or attention, and what its config adds to every block. */
import type { ModelConfig } from '../layers/config.ts';
import { gatedMlpLayers } from '../layers/gatedMlp.ts';
import { mhaLayer } from '../layers/mha.ts';
import type { LayerDeclaration } from '../layers/mixer.ts';
import { familyOf } from './registry.ts';

/** Block `i` of a model. Official: mamba_ssm/models/mixer_seq_simple.py, create_block. */
export function blockOf(config: ModelConfig, i: number): LayerDeclaration[] {
  const { attnLayerIdx = [], attnCfg = {} } = config;
  const layers = attnLayerIdx.includes(i) ? [mhaLayer(config, attnCfg)] : familyOf(config.model).block(config, i);
  // A block that brings a second layer of its own takes no other.
  return layers.length > 1 ? [...layers] : [...layers, ...gatedMlpLayers(config)];
}
