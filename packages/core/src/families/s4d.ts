/** S4D (Gu et al. 2022), as in state-spaces/s4 models/s4/s4d.py: the layer of layers/s4.ts with its diagonal kernel. */
import type { ModelConfig } from '../layers/config.ts';
import { OutputMapMixer } from '../layers/outputMapMixer.ts';
import { diagonalKernel, S4Layer } from '../layers/s4.ts';
import type { Family } from './family.ts';
import { choice, evenStates, flag, positive, spelled } from './fields.ts';

/** The config of S4D. */
export interface S4dConfig extends ModelConfig {
  model: 's4d';
  /** N: N/2 complex modes for each channel. Default: 64. */
  dState: number;
  /** First A: S4D-Lin, S4D-Inv or S4D-Real. Default: 'lin'. */
  init: 'lin' | 'inv' | 'real';
  /** The least first Δ. Default: 0.001. */
  dtMin: number;
  /** The largest first Δ. Default: 0.1. */
  dtMax: number;
  /** Whether the output is gated, as in the official layer. Default: true. */
  glu: boolean;
}

/** The S4D family. */
export const s4d: Family<S4dConfig> = {
  name: 's4d',
  fields: {
    dState: spelled(evenStates(64), { official: 'ssm_cfg.d_state' }),
    init: spelled(choice('lin', 'inv', 'real'), { official: 'ssm_cfg.init' }),
    dtMin: spelled(positive(0.001), { official: 'ssm_cfg.dt_min' }),
    dtMax: spelled(positive(0.1), { official: 'ssm_cfg.dt_max' }),
    glu: spelled(flag(true), { official: 'ssm_cfg.glu' }),
  },
  officialLayer: 'S4D',
  block: (config) => [
    {
      norm: 'norm',
      name: 'mixer',
      make: (tree) => new OutputMapMixer(tree, new S4Layer(tree, diagonalKernel(config), config.dModel), config),
    },
  ],
};
