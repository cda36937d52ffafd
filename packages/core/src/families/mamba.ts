/**
 * Mamba (Gu & Dao 2023), as in mamba_ssm/modules/mamba_simple.py: the Mamba block around a sequence layer.
 *
 *   x, z = inProj(input)         x = silu(conv(x))
 *   y = inner(x)                 output = outProj(y · silu(z))
 *
 * dInner = expand · dModel channels. In Mamba, `inner` is S6 (layers/s6.ts); any other sequence layer can stand there.
 */

import { residualScale } from '../layers/config.ts';
import { type InnerConfig, innerLayer } from '../layers/innerLayer.ts';
import type { InnerLayer, LayerOutput, Mixer } from '../layers/layer.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { causalConv1d, MAX_TAPS } from '../ops/causalConv1d.ts';
import type { Positions } from '../ops/positions.ts';
import { split } from '../ops/shape.ts';
import { linearInit, type ParameterTree, zeros } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Family } from './family.ts';
import { count, flag, spelled } from './fields.ts';
import { checkInner, innerField, s6AblationFields, s6Fields } from './innerFields.ts';

/** The config of Mamba. */
export interface MambaConfig extends InnerConfig {
  model: 'mamba';
  /** N, the states of a channel. Default: 16. */
  dState: number;
  /** Taps of the convolution. Default: 4. */
  dConv: number;
  /** dInner = expand · dModel. Default: 2. */
  expand: number;
  /** Whether the convolution has a bias. Default: true. */
  convBias: boolean;
  /** Whether inProj and outProj have a bias. Default: false. */
  bias: boolean;
}

/** (B, L, dModel) → (B, L, dModel). State: `conv`, the last dConv inputs of the convolution, and that of `inner`. */
export class MambaMixer implements Mixer {
  readonly stateFields: StateFields;
  private readonly inProj: LinearMap;
  private readonly conv: LinearMap;
  private readonly inner: InnerLayer;
  private readonly outProj: LinearMap;

  constructor(tree: ParameterTree, config: MambaConfig) {
    const { dModel, dConv, expand } = config;
    const dInner = expand * dModel;
    const bias = config.bias ? zeros : undefined;
    const convInit = linearInit(dConv);
    this.inProj = declareLinear(tree, 'in_proj', [2 * dInner, dModel], linearInit(dModel), bias);
    this.conv = declareLinear(tree, 'conv1d', [dInner, 1, dConv], convInit, config.convBias ? convInit : undefined);
    this.inner = innerLayer(tree, config, dInner);
    this.outProj = declareLinear(tree, 'out_proj', [dModel, dInner], linearInit(dInner, residualScale(config)), bias);
    this.stateFields = { conv: { shape: [dConv, dInner], transposed: true }, ...this.inner.stateFields };
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): LayerOutput {
    const [x, z] = split(applyLinear(this.inProj, input), 2);
    const conv = causalConv1d({
      x,
      weight: this.conv.weight.value,
      bias: this.conv.bias?.value,
      state: state?.conv,
      positions,
    });
    const inner = this.inner.forward(conv.y, state, positions, z);
    return { y: applyLinear(this.outProj, inner.y), state: { conv: conv.state, ...inner.state } };
  }
}

/** Hugging Face's checkpoints of the Mamba families name one tensor differently. */
export const mambaName = (found: string): string => found.replace('backbone.embeddings.', 'backbone.embedding.');

/** The Mamba family. */
export const mamba: Family<MambaConfig> = {
  name: 'mamba',
  fields: {
    dState: spelled(count(16), { official: 'ssm_cfg.d_state', huggingface: 'state_size' }),
    dConv: spelled(count(4, MAX_TAPS), {
      official: 'ssm_cfg.d_conv',
      huggingface: 'conv_kernel',
    }),
    expand: spelled(count(2), { official: 'ssm_cfg.expand', huggingface: 'expand' }),
    ...s6Fields,
    ...s6AblationFields,
    convBias: spelled(flag(true), { official: 'ssm_cfg.conv_bias', huggingface: 'use_conv_bias' }),
    bias: spelled(flag(false), { official: 'ssm_cfg.bias', huggingface: 'use_bias' }),
    inner: innerField('selective'),
  },
  officialLayer: 'Mamba1',
  huggingfaceType: 'mamba',
  officialName: mambaName,
  complete: checkInner,
  block: (config) => [{ norm: 'norm', name: 'mixer', make: (tree) => new MambaMixer(tree, config) }],
};
