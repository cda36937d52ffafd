/**
 * H3 (Fu et al. 2023): linear attention whose sums over time are state space models.
 *
 *   q, k, v = qProj(input), kProj(input), vProj(input)
 *   y = q · inner(conv(k) · v)        output = outProj(y)
 *
 * Heads have one channel, as in section 3.4 of the Mamba paper. The shift SSM over the last dConv inputs is a causal
 * convolution; its D is the tap of the present. In H3, `inner` is S4D; any other sequence layer can stand there.
 */
import { residualScale } from '../layers/config.ts';
import { type InnerConfig, innerLayer } from '../layers/innerLayer.ts';
import type { InnerLayer, LayerOutput, Mixer } from '../layers/layer.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { causalConv1d, MAX_TAPS } from '../ops/causalConv1d.ts';
import { mul } from '../ops/elementwise.ts';
import type { Positions } from '../ops/positions.ts';
import { linearInit, type Parameter, type ParameterTree, zeros } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Family } from './family.ts';
import { count, flag, spelled } from './fields.ts';
import { checkInner, innerField, s6AblationFields, s6Fields } from './innerFields.ts';

/** The config of H3. */
export interface H3Config extends InnerConfig {
  model: 'h3';
  /** N, the states of a channel. Default: 64. */
  dState: number;
  /** Inputs that the shift SSM holds. Default: 4. */
  dConv: number;
  /** dInner = expand · dModel. Default: 1. */
  expand: number;
  /** Whether the linear maps have a bias. Default: false. */
  bias: boolean;
}

/** (B, L, dModel) → (B, L, dModel). State: `conv`, the last dConv keys, and that of `inner`. */
export class H3Mixer implements Mixer {
  readonly stateFields: StateFields;
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
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): LayerOutput {
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

/** The H3 family. */
export const h3: Family<H3Config> = {
  name: 'h3',
  fields: {
    dState: spelled(count(64), { official: 'ssm_cfg.d_state' }),
    dConv: spelled(count(4, MAX_TAPS), { official: 'ssm_cfg.d_conv' }),
    expand: spelled(count(1), { official: 'ssm_cfg.expand' }),
    ...s6Fields,
    ...s6AblationFields,
    bias: spelled(flag(false), { official: 'ssm_cfg.bias' }),
    inner: innerField('s4d'),
  },
  officialLayer: 'H3',
  complete: checkInner,
  block: (config) => [{ norm: 'norm', name: 'mixer', make: (tree) => new H3Mixer(tree, config) }],
};
