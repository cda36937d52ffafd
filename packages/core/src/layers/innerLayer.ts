/**
 * The sequence layer that a config names: what stands in the middle of a Mamba or H3 block.
 *
 * Any of them in either block is the ablation of table 6 of the Mamba paper. 'selective' is S6, or what `selects`
 * leaves of it; 's4' and 's4d' are time-invariant and complex; 's4d-real' starts on the real line.
 */
import type { ParameterTree } from '../tensor/parameters.ts';
import type { InnerLayer } from './layer.ts';
import { diagonalKernel, dplrKernel, S4Layer } from './s4.ts';
import { S6Layer } from './s6.ts';
import { isS6, S6Ablation, type S6AblationConfig } from './s6Ablation.ts';

/** The names of the sequence layers. */
export const innerNames = ['selective', 's4d', 's4d-real', 's4'] as const;

/** The config of a block around a sequence layer. */
export interface InnerConfig extends S6AblationConfig {
  /** The sequence layer inside the block. Default: 'selective' in Mamba, 's4d' in H3. */
  inner: (typeof innerNames)[number];
}

/** Declares the layer that the config names, over `channels` channels. */
export function innerLayer(tree: ParameterTree, config: InnerConfig, channels: number): InnerLayer {
  switch (config.inner) {
    case 'selective':
      return isS6(config) ? new S6Layer(tree, config, channels) : new S6Ablation(tree, config, channels);
    case 's4':
      return new S4Layer(tree, dplrKernel(config), channels);
    case 's4d':
      return new S4Layer(tree, diagonalKernel({ ...config, init: 'lin' }), channels);
    case 's4d-real':
      return new S4Layer(tree, diagonalKernel({ ...config, init: 'real' }), channels);
  }
}
