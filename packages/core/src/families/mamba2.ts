/**
 * Mamba-2 (Dao & Gu 2024), as in mamba_ssm/modules/mamba2.py.
 *
 *   z, [x, B, C], Δ = inProj(input)       [x, B, C] = silu(conv([x, B, C]))
 *   y = ssd(x, Δ, A, B, C, D)             output = outProj(norm(y · silu(z)))
 *
 * dInner = expand · dModel channels in heads of headDim; a head has one Δ, A and D, and dState states a
 * channel; the heads of a group share B and C. The norm is over the channels of a group.
 */
import { UsageError } from '../errors.ts';
import { type Family, type Field, field, type ModelConfig, residualScale } from '../layers/config.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { Mixer } from '../layers/mixer.ts';
import { stepBias } from '../layers/s6.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { causalConv1d, MAX_TAPS } from '../ops/causalConv1d.ts';
import { add, exp, mul, neg, silu, softplus } from '../ops/elementwise.ts';
import { gatedNorm } from '../ops/gatedNorm.ts';
import type { Positions } from '../ops/positions.ts';
import { split } from '../ops/shape.ts';
import { SSD_CHUNK, ssdFromState } from '../ops/ssd.ts';
import {
  Derived,
  type Init,
  linearInit,
  ones,
  type Parameter,
  type ParameterTree,
  zeros,
} from '../tensor/parameters.ts';
import { offer } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { mambaName } from './mamba.ts';

export interface Mamba2Config extends ModelConfig {
  dState: number;
  dConv: number;
  expand: number;
  headDim: number;
  /** 'auto' is dInner / headDim, and nothing else fits; Hugging Face's configs spell it out. */
  numHeads: number | 'auto';
  nGroups: number;
  /** A of a head starts uniform in this range, negated. */
  aInitRange: readonly [number, number];
  dtMin: number;
  dtMax: number;
  dtInitFloor: number;
  /** Steps are clamped to this range by others; here only the whole one is taken. */
  dtLimit: readonly [number, number | null];
  /** The norm before outProj; without it y · silu(z) goes there. */
  gatedRmsNorm: boolean;
  normBeforeGate: boolean;
  /** 'group' as the official module has it; 'whole' norms all of dInner, as Hugging Face does. */
  gatedNormOver: 'group' | 'whole';
  gatedNormEpsilon: number;
  convBias: boolean;
  bias: boolean;
}

export class Mamba2Mixer implements Mixer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly projected: readonly [number, number, number];
  private readonly convolved: readonly [number, number, number];
  private readonly inProj: LinearMap;
  private readonly conv: LinearMap;
  private readonly outProj: LinearMap;
  private readonly dtBias: Parameter;
  /** A = −exp(A_log), (H). */
  private readonly decay: Derived;
  private readonly skip: Parameter;
  private readonly norm?: Parameter;

  constructor(
    tree: ParameterTree,
    private readonly config: Mamba2Config,
  ) {
    const { dModel, dState, dConv, headDim, nGroups } = config;
    const { dInner, heads } = headsOf(config);
    const states = nGroups * dState;
    const convDim = dInner + 2 * states;
    this.projected = [dInner, convDim, heads];
    this.convolved = [dInner, states, states];
    this.stateFields = {
      conv: { shape: [dConv, convDim], transposed: true },
      ssm: { shape: [heads, dState, headDim], transposed: true },
    };
    this.mixingFlops = convDim * dConv + dInner * 5 * dState;
    // z, x, B, C and Δ; the convolution's output; the scan's and its kept states; the norm's; the output.
    this.activations = 3 * dInner + 2 * convDim + heads + (dInner * dState) / SSD_CHUNK + dModel;
    this.dtBias = tree.parameter('dt_bias', [heads], stepBias(config), { decay: false });
    const aLog = tree.parameter('A_log', [heads], logUniform(config.aInitRange), { decay: false });
    this.decay = new Derived(aLog, (values) => neg(exp(values)));
    this.skip = tree.parameter('D', [heads], ones, { decay: false });
    const inputs = dInner + convDim + heads;
    const bias = config.bias ? zeros : undefined;
    const convInit = linearInit(dConv);
    this.inProj = declareLinear(tree, 'in_proj', [inputs, dModel], linearInit(dModel), bias);
    this.conv = declareLinear(tree, 'conv1d', [convDim, 1, dConv], convInit, config.convBias ? convInit : undefined);
    if (config.gatedRmsNorm) this.norm = tree.parameter('norm.weight', [dInner], ones, { decay: false });
    this.outProj = declareLinear(tree, 'out_proj', [dModel, dInner], linearInit(dInner, residualScale(config)), bias);
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): { y: Tensor; state: LayerState } {
    const { nGroups } = this.config;
    const [z, xBC, dt] = split(applyLinear(this.inProj, input), this.projected);
    const conv = causalConv1d({
      x: xBC,
      weight: this.conv.weight.value,
      bias: this.conv.bias?.value,
      state: state?.conv,
      positions,
    });
    const [x, B, C] = split(conv.y, this.convolved);
    offer('delta', () => softplus(add(dt, this.dtBias.value)));
    offer('B', () => B);
    offer('C', () => C);
    const scan = ssdFromState(
      {
        x,
        dt,
        A: this.decay.value,
        B,
        C,
        D: this.skip.value,
        dtBias: this.dtBias.value,
        dtSoftplus: true,
        positions,
      },
      nGroups,
      state?.ssm,
    );
    return {
      y: applyLinear(this.outProj, this.gate(scan.out, z)),
      state: { conv: conv.state, ssm: scan.state },
    };
  }

  private gate(y: Tensor, z: Tensor): Tensor {
    if (!this.norm) return mul(y, silu(z));
    const { nGroups, gatedNormOver, gatedNormEpsilon: eps, normBeforeGate } = this.config;
    const groups = gatedNormOver === 'group' ? nGroups : 1;
    return gatedNorm({ x: y, z, weight: this.norm.value, groups, eps, normBeforeGate });
  }
}

const logUniform =
  ([low, high]: readonly [number, number]): Init =>
  (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = Math.log(low + random.uniform() * (high - low));
  };

/** Channels and heads. Throws where heads do not divide the channels, or groups the heads. */
export function headsOf({
  expand,
  dModel,
  headDim,
  nGroups,
  numHeads = 'auto',
}: Pick<Mamba2Config, 'expand' | 'dModel' | 'headDim' | 'nGroups'> & Partial<Pick<Mamba2Config, 'numHeads'>>): {
  dInner: number;
  heads: number;
} {
  const dInner = expand * dModel;
  if (dInner % headDim !== 0) {
    throw new UsageError(
      'config',
      `headDim is ${headDim}, expected a divisor of ${dInner}, the dInner of expand ${expand} × dModel ${dModel}.`,
    );
  }
  const heads = dInner / headDim;
  if (numHeads !== 'auto' && numHeads !== heads) {
    throw new UsageError(
      'config',
      `numHeads is ${numHeads}, expected ${heads}, the dInner of ${dInner} by headDim ${headDim}.`,
    );
  }
  if (heads % nGroups !== 0) {
    throw new UsageError(
      'config',
      `nGroups is ${nGroups}, expected a divisor of ${heads}, the heads of ${headDim} of ${dInner} channels.`,
    );
  }
  return { dInner, heads };
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const initRange: Field = {
  default: [1, 16],
  accepts: (value) =>
    Array.isArray(value) && value.length === 2 && value.every(isNumber) && value[0] > 0 && value[1] >= value[0],
  expected: 'two numbers above 0, the second at least the first, e.g. [1, 16]',
  official: 'ssm_cfg.A_init_range',
};
const noLimit: Field = {
  default: [0, null],
  // JSON has no infinity: writers leave null or a number that no step reaches.
  accepts: (value) =>
    Array.isArray(value) && value.length === 2 && value[0] === 0 && (value[1] === null || value[1] > 1e30),
  expected: '[0, null]: this version does not clamp the steps',
  huggingface: 'time_step_limit',
};

export const mamba2: Family<Mamba2Config> = {
  name: 'mamba2',
  fields: {
    dState: field.count(128, { official: 'ssm_cfg.d_state', huggingface: 'state_size' }),
    dConv: field.count(4, { official: 'ssm_cfg.d_conv', huggingface: 'conv_kernel' }, MAX_TAPS),
    expand: field.count(2, { official: 'ssm_cfg.expand', huggingface: 'expand' }),
    headDim: field.count(64, { official: 'ssm_cfg.headdim', huggingface: 'head_dim' }),
    numHeads: field.countOrAuto({ huggingface: 'num_heads' }),
    nGroups: field.count(1, { official: 'ssm_cfg.ngroups', huggingface: 'n_groups' }),
    aInitRange: initRange,
    dtMin: field.positive(0.001, { official: 'ssm_cfg.dt_min', huggingface: 'time_step_min' }),
    dtMax: field.positive(0.1, { official: 'ssm_cfg.dt_max', huggingface: 'time_step_max' }),
    dtInitFloor: field.positive(1e-4, { official: 'ssm_cfg.dt_init_floor', huggingface: 'time_step_floor' }),
    dtLimit: noLimit,
    gatedRmsNorm: field.flag(true, { official: 'ssm_cfg.rmsnorm', huggingface: 'rms_norm' }),
    normBeforeGate: field.flag(false, { official: 'ssm_cfg.norm_before_gate' }),
    gatedNormOver: { ...field.choice(['group', 'whole'], { official: 'ssm_cfg.norm_over' }), extension: true },
    gatedNormEpsilon: {
      ...field.positive(1e-5, { official: 'ssm_cfg.norm_eps', huggingface: 'layer_norm_epsilon' }),
      extension: true,
    },
    convBias: field.flag(true, { official: 'ssm_cfg.conv_bias', huggingface: 'use_conv_bias' }),
    bias: field.flag(false, { official: 'ssm_cfg.bias', huggingface: 'use_bias' }),
    dPerChannel: field.only(false, 'false: this version has no D for each channel', { official: 'ssm_cfg.D_has_hdim' }),
    chunkSize: field.count(256, { official: 'ssm_cfg.chunk_size', huggingface: 'chunk_size' }),
  },
  officialLayer: 'Mamba2',
  huggingfaceType: 'mamba2',
  huggingfaceDefaults: { gatedNormOver: 'whole' },
  officialName: mambaName,
  complete(config) {
    headsOf(config);
    return config;
  },
  block: (config) => [{ norm: 'norm', name: 'mixer', make: (tree) => new Mamba2Mixer(tree, config) }],
};
