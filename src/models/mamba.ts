/**
 * Mamba (Gu & Dao 2023), as in mamba_ssm/modules/mamba_simple.py.
 *
 *   x, z = inProj(input)         x = silu(conv(x))
 *   Δ, B, C = xProj(x)           Δ = softplus(dtProj(Δ))
 *   y = scan(x, Δ, A, B, C, D)   output = outProj(y · silu(z))
 *
 * dInner = expand · dModel channels, dState states each; dtRank numbers make all the Δ.
 */
import { causalConv1d, MAX_TAPS } from '../ops/causalConv1d.ts';
import { exp, neg } from '../ops/elementwise.ts';
import { linear } from '../ops/linear.ts';
import type { Positions } from '../ops/positions.ts';
import { CHUNK, scanFromState } from '../ops/selectiveScan.ts';
import { split, transposeLast } from '../ops/shape.ts';
import {
  Derived,
  type Init,
  linearInit,
  ones,
  type Parameter,
  type ParameterTree,
  uniform,
  zeros,
} from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Family, field, type ModelConfig, residualScale } from './config.ts';
import { applyLinear, declareLinear, type LinearMap } from './linearMap.ts';
import type { Mixer } from './mixer.ts';
import type { LayerState, StateFields } from './state.ts';

export interface MambaConfig extends ModelConfig {
  dState: number;
  dConv: number;
  expand: number;
  /** Rank of the map that makes Δ; 'auto' is dModel / 16, rounded up. */
  dtRank: number | 'auto';
  dtMin: number;
  dtMax: number;
  dtInit: 'random' | 'constant';
  dtScale: number;
  dtInitFloor: number;
  convBias: boolean;
  bias: boolean;
}

export class MambaMixer implements Mixer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly sizes: readonly [number, number, number];
  private readonly inProj: LinearMap;
  private readonly conv: LinearMap;
  private readonly xProj: LinearMap;
  private readonly dtProj: { weight: Parameter; bias: Parameter };
  private readonly outProj: LinearMap;
  /** A = −exp(A_log), (dState, dInner). */
  private readonly decay: Derived;
  private readonly skip: Parameter;

  constructor(tree: ParameterTree, config: MambaConfig) {
    const { dModel, dState, dConv, expand } = config;
    const dInner = expand * dModel;
    const dtRank = config.dtRank === 'auto' ? Math.ceil(dModel / 16) : config.dtRank;
    this.sizes = [dtRank, dState, dState];
    this.stateFields = {
      conv: { shape: [dConv, dInner], transposed: true },
      ssm: { shape: [dState, dInner], transposed: true },
    };
    this.mixingFlops = dInner * (dConv + 5 * dState);
    // x and z, u, Δ, the scan's output and its kept states; Δ, B, C; the output.
    this.activations = dInner * (5 + dState / CHUNK) + dtRank + 2 * dState + dModel;
    const dtBound = dtRank ** -0.5 * config.dtScale;
    const aLog = tree.parameter('A_log', [dInner, dState], logOfIndex, { decay: false });
    this.decay = new Derived(aLog, (values) => transposeLast(neg(exp(values))));
    this.skip = tree.parameter('D', [dInner], ones, { decay: false });
    const bias = config.bias ? zeros : undefined;
    const convInit = linearInit(dConv);
    this.inProj = declareLinear(tree, 'in_proj', [2 * dInner, dModel], linearInit(dModel), bias);
    this.conv = declareLinear(tree, 'conv1d', [dInner, 1, dConv], convInit, config.convBias ? convInit : undefined);
    this.xProj = declareLinear(tree, 'x_proj', [dtRank + 2 * dState, dInner], linearInit(dInner));
    this.dtProj = {
      weight: tree.parameter(
        'dt_proj.weight',
        [dInner, dtRank],
        config.dtInit === 'random' ? uniform(dtBound) : (v) => v.fill(dtBound),
      ),
      bias: tree.parameter('dt_proj.bias', [dInner], stepBias(config), { decay: false }),
    };
    this.outProj = declareLinear(tree, 'out_proj', [dModel, dInner], linearInit(dInner, residualScale(config)), bias);
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
    const u = conv.y;
    const [dt, B, C] = split(applyLinear(this.xProj, u), this.sizes);
    const scan = scanFromState(
      {
        u,
        delta: linear(dt, this.dtProj.weight.value),
        A: this.decay.value,
        B,
        C,
        D: this.skip.value,
        z,
        deltaBias: this.dtProj.bias.value,
        deltaSoftplus: true,
        positions,
      },
      state?.ssm,
    );
    return { y: applyLinear(this.outProj, scan.out), state: { conv: conv.state, ssm: scan.state } };
  }
}

/** A_log = log(1 … N) for every channel: S4D-Real. */
const logOfIndex: Init = (values, _random, [, N]) => {
  for (let i = 0; i < values.length; i++) values[i] = Math.log((i % N) + 1);
};

/** The inverse softplus of step sizes that are log-uniform in [dtMin, dtMax]. */
export function stepBias({ dtMin, dtMax, dtInitFloor }: Pick<MambaConfig, 'dtMin' | 'dtMax' | 'dtInitFloor'>): Init {
  return (values, random) => {
    for (let i = 0; i < values.length; i++) {
      const low = Math.log(dtMin);
      const dt = Math.max(dtInitFloor, Math.exp(low + random.uniform() * (Math.log(dtMax) - low)));
      values[i] = dt + Math.log(-Math.expm1(-dt));
    }
  };
}

/** Hugging Face names one tensor of the Mamba families otherwise. */
export const mambaName = (found: string): string => found.replace('backbone.embeddings.', 'backbone.embedding.');

export const mamba: Family<MambaConfig> = {
  name: 'mamba',
  fields: {
    dState: field.count(16, { official: 'ssm_cfg.d_state', huggingface: 'state_size' }),
    dConv: field.count(4, { official: 'ssm_cfg.d_conv', huggingface: 'conv_kernel' }, MAX_TAPS),
    expand: field.count(2, { official: 'ssm_cfg.expand', huggingface: 'expand' }),
    dtRank: field.countOrAuto({ official: 'ssm_cfg.dt_rank', huggingface: 'time_step_rank' }),
    dtMin: field.positive(0.001, { official: 'ssm_cfg.dt_min', huggingface: 'time_step_min' }),
    dtMax: field.positive(0.1, { official: 'ssm_cfg.dt_max', huggingface: 'time_step_max' }),
    dtInit: field.choice(['random', 'constant'], { official: 'ssm_cfg.dt_init', huggingface: 'time_step_init_scheme' }),
    dtScale: field.positive(1, { official: 'ssm_cfg.dt_scale', huggingface: 'time_step_scale' }),
    dtInitFloor: field.positive(1e-4, { official: 'ssm_cfg.dt_init_floor', huggingface: 'time_step_floor' }),
    convBias: field.flag(true, { official: 'ssm_cfg.conv_bias', huggingface: 'use_conv_bias' }),
    bias: field.flag(false, { official: 'ssm_cfg.bias', huggingface: 'use_bias' }),
  },
  officialLayer: 'Mamba1',
  huggingfaceType: 'mamba',
  officialName: mambaName,
  block: (config) => [{ norm: 'norm', name: 'mixer', make: (tree) => new MambaMixer(tree, config) }],
};
