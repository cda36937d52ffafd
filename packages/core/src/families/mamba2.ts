/**
 * Mamba-2 (Dao & Gu 2024), as in mamba_ssm/modules/mamba2.py.
 *
 *   z, [x, B, C], Δ = inProj(input)       [x, B, C] = silu(conv([x, B, C]))
 *   y = ssd(x, Δ, A, B, C, D)             output = outProj(norm(y · silu(z)))
 *
 * The dInner = expand · dModel channels are in heads of P = headDim. A head has one Δ, A and D, and N = dState states
 * for each channel. The heads of a group share B and C. The norm is over the channels of a group.
 */
import { UsageError } from '../errors.ts';
import { type ModelConfig, residualScale } from '../layers/config.ts';
import type { LayerOutput, Mixer } from '../layers/layer.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { stepBias } from '../layers/stepInit.ts';
import { causalConv1d, MAX_TAPS } from '../ops/causalConv1d.ts';
import { add, exp, mul, neg, silu, softplus } from '../ops/elementwise.ts';
import { gatedNorm } from '../ops/gatedNorm.ts';
import type { Positions } from '../ops/positions.ts';
import { split } from '../ops/shape.ts';
import { ssdFromState } from '../ops/ssd.ts';
import { type Field, field } from '../schema/index.ts';
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
import type { Family } from './family.ts';
import { choice, count, countOrAuto, flag, positive, spelled } from './fields.ts';
import { mambaName } from './mamba.ts';

/** The config of Mamba-2. */
export interface Mamba2Config extends ModelConfig {
  model: 'mamba2';
  /** N, the states of a channel. Default: 128. */
  dState: number;
  /** Taps of the convolution. Default: 4. */
  dConv: number;
  /** dInner = expand · dModel. Default: 2. */
  expand: number;
  /** P, the channels of a head, a divisor of dInner. Default: 64. */
  headDim: number;
  /** 'auto' is dInner / headDim, the only number that fits; Hugging Face's configs spell it out. Default: 'auto'. */
  numHeads: number | 'auto';
  /** G, the groups of heads that share B and C, a divisor of the heads. Default: 1. */
  nGroups: number;
  /** −A of a head starts uniform in this range. Default: [1, 16]. */
  aInitRange: readonly [number, number];
  /** The least first Δ. Default: 0.001. */
  dtMin: number;
  /** The largest first Δ. Default: 0.1. */
  dtMax: number;
  /** No first Δ is smaller. Default: 1e-4. */
  dtInitFloor: number;
  /** The range that Δ is clamped to. This version clamps nothing. Default: [0, null]. */
  dtLimit: readonly [number, number | null];
  /** A norm before outProj; without it y · silu(z) goes there. Default: true. */
  gatedRmsNorm: boolean;
  /** norm(y) · silu(z) instead of norm(y · silu(z)). Default: false. */
  normBeforeGate: boolean;
  /** What the norm averages over: the channels of a group, or all of dInner as Hugging Face's model does. Default: 'group'. */
  gatedNormOver: 'group' | 'whole';
  /** ε of the norm. Default: 1e-5. */
  gatedNormEpsilon: number;
  /** Whether the convolution has a bias. Default: true. */
  convBias: boolean;
  /** Whether inProj and outProj have a bias. Default: false. */
  bias: boolean;
  /** A D for each channel instead of each head: not in this version. Default: false. */
  dPerChannel: false;
  /** Read and written, and not used: the kernel chooses its chunks. Default: 256. */
  chunkSize: number;
}

/** (B, L, dModel) → (B, L, dModel). State: `conv`, the last dConv inputs, and `ssm` (heads, N, P) for each row. */
export class Mamba2Mixer implements Mixer {
  readonly stateFields: StateFields;
  private readonly projected: readonly [number, number, number];
  private readonly convolved: readonly [number, number, number];
  private readonly inProj: LinearMap;
  private readonly conv: LinearMap;
  private readonly outProj: LinearMap;
  private readonly dtBias: Parameter;
  /** A = −exp(A_log), (heads). */
  private readonly A: Derived;
  private readonly D: Parameter;
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
    this.dtBias = tree.parameter('dt_bias', [heads], stepBias(config), { decay: false });
    const aLog = tree.parameter('A_log', [heads], logOfUniform(config.aInitRange), { decay: false });
    this.A = new Derived(aLog, (values) => neg(exp(values)));
    this.D = tree.parameter('D', [heads], ones, { decay: false });
    const inputs = dInner + convDim + heads;
    const bias = config.bias ? zeros : undefined;
    const convInit = linearInit(dConv);
    this.inProj = declareLinear(tree, 'in_proj', [inputs, dModel], linearInit(dModel), bias);
    this.conv = declareLinear(tree, 'conv1d', [convDim, 1, dConv], convInit, config.convBias ? convInit : undefined);
    if (config.gatedRmsNorm) this.norm = tree.parameter('norm.weight', [dInner], ones, { decay: false });
    this.outProj = declareLinear(tree, 'out_proj', [dModel, dInner], linearInit(dInner, residualScale(config)), bias);
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): LayerOutput {
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
        A: this.A.value,
        B,
        C,
        D: this.D.value,
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

/** The logarithm of numbers that are uniform in a range. */
const logOfUniform =
  ([low, high]: readonly [number, number]): Init =>
  (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = Math.log(low + random.uniform() * (high - low));
  };

/** Channels and heads. Throws UsageError where headDim does not divide the channels, or nGroups the heads. */
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

const initRange: Field<readonly [number, number]> = {
  default: [1, 16],
  accepts: (value) =>
    Array.isArray(value) && value.length === 2 && value.every(isNumber) && value[0] > 0 && value[1] >= value[0],
  expected: 'two numbers above 0, the second at least the first, e.g. [1, 16]',
};

const noLimit: Field<readonly [number, number | null]> = {
  default: [0, null],
  // JSON has no infinity: files have null, or a number that no step reaches.
  accepts: (value) =>
    Array.isArray(value) && value.length === 2 && value[0] === 0 && (value[1] === null || value[1] > 1e30),
  expected: '[0, null]: this version does not clamp the steps',
};

/** The Mamba-2 family. */
export const mamba2: Family<Mamba2Config> = {
  name: 'mamba2',
  fields: {
    dState: spelled(count(128), { official: 'ssm_cfg.d_state', huggingface: 'state_size' }),
    dConv: spelled(count(4, MAX_TAPS), { official: 'ssm_cfg.d_conv', huggingface: 'conv_kernel' }),
    expand: spelled(count(2), { official: 'ssm_cfg.expand', huggingface: 'expand' }),
    headDim: spelled(count(64), { official: 'ssm_cfg.headdim', huggingface: 'head_dim' }),
    numHeads: spelled(countOrAuto(), { huggingface: 'num_heads' }),
    nGroups: spelled(count(1), { official: 'ssm_cfg.ngroups', huggingface: 'n_groups' }),
    aInitRange: spelled(initRange, { official: 'ssm_cfg.A_init_range' }),
    dtMin: spelled(positive(0.001), { official: 'ssm_cfg.dt_min', huggingface: 'time_step_min' }),
    dtMax: spelled(positive(0.1), { official: 'ssm_cfg.dt_max', huggingface: 'time_step_max' }),
    dtInitFloor: spelled(positive(1e-4), { official: 'ssm_cfg.dt_init_floor', huggingface: 'time_step_floor' }),
    dtLimit: spelled(noLimit, { huggingface: 'time_step_limit' }),
    gatedRmsNorm: spelled(flag(true), { official: 'ssm_cfg.rmsnorm', huggingface: 'rms_norm' }),
    normBeforeGate: spelled(flag(false), { official: 'ssm_cfg.norm_before_gate' }),
    gatedNormOver: spelled(choice('group', 'whole'), { official: 'ssm_cfg.norm_over', extension: true }),
    gatedNormEpsilon: spelled(positive(1e-5), {
      official: 'ssm_cfg.norm_eps',
      huggingface: 'layer_norm_epsilon',
      extension: true,
    }),
    convBias: spelled(flag(true), { official: 'ssm_cfg.conv_bias', huggingface: 'use_conv_bias' }),
    bias: spelled(flag(false), { official: 'ssm_cfg.bias', huggingface: 'use_bias' }),
    dPerChannel: spelled(field.only(false, 'false: this version has no D for each channel'), {
      official: 'ssm_cfg.D_has_hdim',
    }),
    chunkSize: spelled(count(256), { official: 'ssm_cfg.chunk_size', huggingface: 'chunk_size' }),
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
