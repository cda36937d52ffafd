/**
 * H3 (Fu et al. 2023): linear attention whose sums over time are state space models.
 *
 *   q, k, v = qProj(input), kProj(input), vProj(input)
 *   y = q · inner(conv(k) · v)        output = outProj(y)
 *
 * Heads of one channel, as the Mamba paper has it (section 3.4). The shift SSM over the last dConv inputs is
 * a causal convolution, its D the tap of the present. `inner` takes any sequence layer; H3 has S4D's.
 */

import { type Family, field, residualScale } from '../layers/config.ts';
import { checkInner, type InnerConfig, type InnerLayer, innerField, innerLayer } from '../layers/innerLayer.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { Mixer } from '../layers/mixer.ts';
import { selectiveFields } from '../layers/s6.ts';
import { selectionFields } from '../layers/s6Ablation.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { causalConv1d, MAX_TAPS } from '../ops/causalConv1d.ts';
import { mul } from '../ops/elementwise.ts';
import type { Positions } from '../ops/positions.ts';
import { linearInit, type Parameter, type ParameterTree, zeros } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface H3Config extends InnerConfig {
  /** Inputs that the shift SSM holds. */
  dConv: number;
  expand: number;
  bias: boolean;
}

export class H3Mixer implements Mixer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly projections: readonly LinearMap[];
  private readonly shift: Parameter;
  private readonly inner: InnerLayer;
  private readonly outProj: LinearMap;

  constructor(tree: ParameterTree, config: H3Config) {
    const { dModel, dConv, expand } = config;
    const dInner = expand * dModel;
    const bias = config.bias ? zeros : undefined;
    this.projections = ['q_proj', 'k_proj', 'v_proj'].map((name) =>
      declareLinear(tree, name, [dInner, dModel], linearInit(dModel), bias),
    );
    this.shift = tree.parameter('shift.weight', [dInner, 1, dConv], linearInit(dConv));
    this.inner = innerLayer(tree, config, dInner);
    this.outProj = declareLinear(tree, 'out_proj', [dModel, dInner], linearInit(dInner, residualScale(config)), bias);
    this.stateFields = { conv: { shape: [dConv, dInner], transposed: true }, ...this.inner.stateFields };
    this.mixingFlops = dInner * (dConv + 2) + this.inner.mixingFlops;
    // q, k, v, shifted k, k · v, q · y; the output.
    this.activations = 6 * dInner + this.inner.activations + dModel;
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): { y: Tensor; state: LayerState } {
    const [q, k, v] = this.projections.map((map) => applyLinear(map, input));
    const shifted = causalConv1d({
      x: k,
      weight: this.shift.value,
      state: state?.conv,
      positions,
      activation: 'none',
    });
    const inner = this.inner.forward(mul(shifted.y, v), state, positions);
    return { y: applyLinear(this.outProj, mul(q, inner.y)), state: { conv: shifted.state, ...inner.state } };
  }
}

export const h3: Family<H3Config> = {
  name: 'h3',
  fields: {
    dState: field.count(64, { official: 'ssm_cfg.d_state' }),
    dConv: field.count(4, { official: 'ssm_cfg.d_conv' }, MAX_TAPS),
    expand: field.count(1, { official: 'ssm_cfg.expand' }),
    ...selectiveFields,
    ...selectionFields,
    bias: field.flag(false, { official: 'ssm_cfg.bias' }),
    inner: innerField('s4d'),
  },
  officialLayer: 'H3',
  complete: checkInner,
  block: (config) => [{ norm: 'norm', name: 'mixer', make: (tree) => new H3Mixer(tree, config) }],
};
