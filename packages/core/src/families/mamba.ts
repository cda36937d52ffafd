/**
 * Mamba (Gu & Dao 2023), as in mamba_ssm/modules/mamba_simple.py: the Mamba block around the selective scan.
 *
 *   x, z = inProj(input)         x = silu(conv(x))
 *   y = inner(x)                 output = outProj(y · silu(z))
 *
 * dInner = expand · dModel channels. `inner` takes any sequence layer: Mamba has the selective one.
 */

import { type Family, field, residualScale } from '../layers/config.ts';
import { checkInner, type InnerConfig, type InnerLayer, innerField, innerLayer } from '../layers/innerLayer.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { Mixer } from '../layers/mixer.ts';
import { selectiveFields } from '../layers/s6.ts';
import { selectionFields } from '../layers/s6Ablation.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { causalConv1d, MAX_TAPS } from '../ops/causalConv1d.ts';
import type { Positions } from '../ops/positions.ts';
import { split } from '../ops/shape.ts';
import { linearInit, type ParameterTree, zeros } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface MambaConfig extends InnerConfig {
  dConv: number;
  expand: number;
  convBias: boolean;
  bias: boolean;
}

export class MambaMixer implements Mixer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
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
    this.mixingFlops = dInner * dConv + this.inner.mixingFlops;
    // x, z and u; what gates where the scan does not; the output.
    this.activations = dInner * (config.inner === 'selective' ? 3 : 5) + this.inner.activations + dModel;
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): { y: Tensor; state: LayerState } {
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

/** Hugging Face names one tensor of the Mamba families otherwise. */
export const mambaName = (found: string): string => found.replace('backbone.embeddings.', 'backbone.embedding.');

export const mamba: Family<MambaConfig> = {
  name: 'mamba',
  fields: {
    dState: field.count(16, { official: 'ssm_cfg.d_state', huggingface: 'state_size' }),
    dConv: field.count(4, { official: 'ssm_cfg.d_conv', huggingface: 'conv_kernel' }, MAX_TAPS),
    expand: field.count(2, { official: 'ssm_cfg.expand', huggingface: 'expand' }),
    ...selectiveFields,
    ...selectionFields,
    convBias: field.flag(true, { official: 'ssm_cfg.conv_bias', huggingface: 'use_conv_bias' }),
    bias: field.flag(false, { official: 'ssm_cfg.bias', huggingface: 'use_bias' }),
    inner: innerField('selective'),
  },
  officialLayer: 'Mamba1',
  huggingfaceType: 'mamba',
  officialName: mambaName,
  complete: checkInner,
  block: (config) => [{ norm: 'norm', name: 'mixer', make: (tree) => new MambaMixer(tree, config) }],
};
