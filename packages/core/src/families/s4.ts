/** S4 (Gu, Goel & Ré 2022): the layer of layers/s4.ts with its diagonal-plus-low-rank kernel, and the output map of S4D. */
import type { ModelConfig } from '../layers/config.ts';
import { OutputMapMixer } from '../layers/outputMapMixer.ts';
import { dplrKernel, S4Layer } from '../layers/s4.ts';
import type { Family } from './family.ts';
import { evenStates, flag, positive, spelled } from './fields.ts';

/** The config of S4. */
export interface S4Config extends ModelConfig {
  model: 's4';
  /** N: N/2 complex modes for each channel. Default: 64. */
  dState: number;
  /** The least first Δ. Default: 0.001. */
  dtMin: number;
  /** The largest first Δ. Default: 0.1. */
  dtMax: number;
  /** Whether the output is gated, as in the official layer. Default: true. */
  glu: boolean;
}

/** The S4 family. */
export const s4: Family<S4Config> = {
  name: 's4',
  fields: {
    dState: spelled(evenStates(64), { official: 'ssm_cfg.d_state' }),
    dtMin: spelled(positive(0.001), { official: 'ssm_cfg.dt_min' }),
    dtMax: spelled(positive(0.1), { official: 'ssm_cfg.dt_max' }),
    glu: spelled(flag(true), { official: 'ssm_cfg.glu' }),
  },
  officialLayer: 'S4',
  block: (config) => [
    {
      norm: 'norm',
      name: 'mixer',
      make: (tree) => new OutputMapMixer(tree, new S4Layer(tree, dplrKernel(config), config.dModel), config),
    },
  ],
};
