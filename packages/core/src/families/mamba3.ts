/**
 * Mamba-3 (Lahoti et al. 2026), as in mamba_ssm/modules/mamba3.py.
 *
 *   z, x, B, C, Δ, A, trap, angles = inProj(input)      B = norm(B)      C = norm(C)
 *   y = mamba3Scan(C, B, x, A Δ, Δ, trap, angles)       output = outProj(y · silu(z))
 *
 * There is no convolution and no A_log: the decay of a step comes from the input, and the scan looks one step back.
 * Heads share the angles. With `mimo`, a head has R = mimoRank of B and C, and each weights x, z and y. With
 * `outProjNorm`, y is normed, each head alone, before the gate.
 */
import { UsageError } from '../errors.ts';
import { type ModelConfig, residualScale } from '../layers/config.ts';
import type { LayerOutput, Mixer } from '../layers/layer.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { stepBias } from '../layers/stepInit.ts';
import { mul } from '../ops/elementwise.ts';
import { gatedNorm } from '../ops/gatedNorm.ts';
import { MAX_RANK, type Mamba3State, mamba3FromState } from '../ops/mamba3Scan.ts';
import { mamba3Steps } from '../ops/mamba3Steps.ts';
import { rmsNorm } from '../ops/norm.ts';
import type { Positions } from '../ops/positions.ts';
import { rankGate } from '../ops/rankGate.ts';
import { reshape, split } from '../ops/shape.ts';
import type { Field } from '../schema/index.ts';
import { type Init, linearInit, ones, type Parameter, type ParameterTree } from '../tensor/parameters.ts';
import { offer } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Family } from './family.ts';
import { count, flag, positive, spelled } from './fields.ts';
import { headsOf } from './mamba2.ts';

/** The config of Mamba-3. */
export interface Mamba3Config extends ModelConfig {
  model: 'mamba3';
  /** N, the states of a channel, an even number. Default: 128. */
  dState: number;
  /** dInner = expand · dModel. Default: 2. */
  expand: number;
  /** P, the channels of a head, a divisor of dInner. Default: 64. */
  headDim: number;
  /** G, the groups of heads that share B and C, a divisor of the heads. Default: 1. */
  nGroups: number;
  /** The part of dState that is rotated. Default: 0.5. */
  ropeFraction: 0.5 | 1;
  /** The least first Δ. Default: 0.001. */
  dtMin: number;
  /** The largest first Δ. Default: 0.1. */
  dtMax: number;
  /** No first Δ is smaller. Default: 1e-4. */
  dtInitFloor: number;
  /** A is at most −aFloor. Default: 1e-4. */
  aFloor: number;
  /** A norm of y, each head alone, before the gate. Default: false. */
  outProjNorm: boolean;
  /** Several B, C, x and z for each head (MIMO) instead of one (SISO). Default: false. */
  mimo: boolean;
  /** R, the number of them, with `mimo`. Default: 4. */
  mimoRank: number;
  /** Read and written, and not used: the kernel chooses its chunks. Default: 64. */
  chunkSize: number;
}

const NORM_EPSILON = 1e-5;

/**
 * (B, L, dModel) → (B, L, dModel). State, for each row: `angle` (heads, S), `ssm` (heads, N, P), and the B and x of the
 * last step, `k` (R, heads, N) and `v` (heads, P).
 */
export class Mamba3Mixer implements Mixer {
  readonly stateFields: StateFields;
  private readonly sizes: Sizes;
  private readonly projected: readonly number[];
  private readonly inProj: LinearMap;
  private readonly outProj: LinearMap;
  private readonly dtBias: Parameter;
  private readonly bBias: Parameter;
  private readonly cBias: Parameter;
  private readonly bNorm: Parameter;
  private readonly cNorm: Parameter;
  private readonly mimo?: Record<'x' | 'z' | 'o', Parameter>;
  private readonly D: Parameter;
  private readonly norm?: Parameter;

  constructor(
    tree: ParameterTree,
    private readonly config: Mamba3Config,
  ) {
    const { dModel, dState, headDim, nGroups } = config;
    this.sizes = sizesOf(config);
    const { dInner, heads, rank, angles } = this.sizes;
    const states = rank * nGroups * dState;
    this.projected = [dInner, dInner, states, states, heads, heads, heads, angles];
    const inputs = this.projected.reduce((sum, width) => sum + width, 0);
    this.stateFields = {
      angle: { shape: [heads, angles] },
      ssm: { shape: [heads, dState, headDim], transposed: true },
      k: { shape: [rank, heads, dState] },
      v: { shape: [heads, headDim] },
    };
    const fixed = { decay: false };
    const biases = [heads, rank, dState];
    this.dtBias = tree.parameter('dt_bias', [heads], stepBias(config), fixed);
    this.bBias = tree.parameter('B_bias', biases, ones, fixed);
    this.cBias = tree.parameter('C_bias', biases, ones, fixed);
    if (config.mimo) {
      const weights = (name: string, first: number) =>
        tree.parameter(`mimo_${name}`, [heads, rank, headDim], filledWith(first));
      this.mimo = { x: weights('x', 1 / rank), z: weights('z', 1), o: weights('o', 1 / rank) };
    }
    this.D = tree.parameter('D', [heads], ones, fixed);
    this.inProj = declareLinear(tree, 'in_proj', [inputs, dModel], linearInit(dModel));
    this.bNorm = tree.parameter('B_norm.weight', [dState], ones, fixed);
    this.cNorm = tree.parameter('C_norm.weight', [dState], ones, fixed);
    if (config.outProjNorm) this.norm = tree.parameter('norm.weight', [dInner], ones, fixed);
    this.outProj = declareLinear(tree, 'out_proj', [dModel, dInner], linearInit(dInner, residualScale(config)));
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): LayerOutput {
    const { nGroups, dState, aFloor } = this.config;
    const [batch, L] = input.shape;
    const [z, x, B, C, dt, a, trap, angles] = split(applyLinear(this.inProj, input), this.projected);
    const normed = (values: Tensor, weight: Parameter) =>
      rmsNorm(reshape(values, [batch, L, this.sizes.rank, nGroups, dState]), weight.value, NORM_EPSILON);
    const [normedC, normedB] = [normed(C, this.cNorm), normed(B, this.bNorm)];
    const steps = mamba3Steps({ dt, a, dtBias: this.dtBias.value, floor: aFloor });
    offer('delta', () => steps.DT);
    offer('B', () => normedB);
    offer('C', () => normedC);
    const scan = mamba3FromState(
      {
        C: normedC,
        B: normedB,
        x,
        ...steps,
        trap,
        angles,
        sharedAngles: true,
        CBias: this.cBias.value,
        BBias: this.bBias.value,
        D: this.D.value,
        mimoX: this.mimo?.x.value,
        positions,
      },
      state as Mamba3State | undefined,
    );
    return { y: applyLinear(this.outProj, this.gate(scan.y, z)), state: { ...scan.state } };
  }

  /** y: (B, L, H, R, P), z: (B, L, H·P) → (B, L, H·P) */
  private gate(y: Tensor, z: Tensor): Tensor {
    const [mimoZ, mimoO] = [this.mimo?.z.value, this.mimo?.o.value];
    if (!this.norm) return rankGate({ y, z, mimoZ, mimoO });
    const [batch, L, heads, rank, P] = y.shape;
    const rows = [batch, L, heads * rank * P];
    // Each rank is normed with the weights of its head's channels.
    const perRank = (values: Tensor, shape: readonly number[], by: Tensor) => mul(reshape(values, shape), by);
    const weight = perRank(this.norm.value, [heads, 1, P], y.backend.full([rank, 1], 1));
    const gate = mimoZ ? reshape(perRank(z, [batch, L, heads, 1, P], mimoZ), rows) : z;
    const normed = gatedNorm({
      x: reshape(y, rows),
      z: gate,
      weight: reshape(weight, [heads * rank * P]),
      groups: heads * rank,
      eps: NORM_EPSILON,
      normBeforeGate: true,
    });
    return rankGate({ y: reshape(normed, y.shape), mimoO });
  }
}

const filledWith =
  (value: number): Init =>
  (values) =>
    void values.fill(value);

interface Sizes {
  dInner: number;
  heads: number;
  rank: number;
  /** Pairs of a head's dState that are rotated. */
  angles: number;
}

/** Throws UsageError where headDim does not divide the channels, nGroups the heads, or no pair is left to rotate. */
function sizesOf({ expand, dModel, dState, headDim, nGroups, ropeFraction, mimo, mimoRank }: Mamba3Config): Sizes {
  const { dInner, heads } = headsOf({ expand, dModel, headDim, nGroups });
  const angles = Math.floor((dState * ropeFraction) / 2);
  if (dState % 2 !== 0) {
    throw new UsageError('config', `dState is ${dState}, expected an even number: B and C are rotated in pairs.`);
  }
  if (angles < 1) {
    throw new UsageError(
      'config',
      `dState is ${dState}, expected at least ${2 / ropeFraction} with ropeFraction ${ropeFraction}: a pair must be rotated.`,
    );
  }
  return { dInner, heads, rank: mimo ? mimoRank : 1, angles };
}

const halfOrAll: Field<0.5 | 1> = {
  default: 0.5,
  accepts: (value) => value === 0.5 || value === 1,
  expected: '0.5 or 1',
};

/** The Mamba-3 family. */
export const mamba3: Family<Mamba3Config> = {
  name: 'mamba3',
  fields: {
    dState: spelled(count(128), { official: 'ssm_cfg.d_state' }),
    expand: spelled(count(2), { official: 'ssm_cfg.expand' }),
    headDim: spelled(count(64), { official: 'ssm_cfg.headdim' }),
    nGroups: spelled(count(1), { official: 'ssm_cfg.ngroups' }),
    ropeFraction: spelled(halfOrAll, { official: 'ssm_cfg.rope_fraction' }),
    dtMin: spelled(positive(0.001), { official: 'ssm_cfg.dt_min' }),
    dtMax: spelled(positive(0.1), { official: 'ssm_cfg.dt_max' }),
    dtInitFloor: spelled(positive(1e-4), { official: 'ssm_cfg.dt_init_floor' }),
    aFloor: spelled(positive(1e-4), { official: 'ssm_cfg.A_floor' }),
    outProjNorm: spelled(flag(false), { official: 'ssm_cfg.is_outproj_norm' }),
    mimo: spelled(flag(false), { official: 'ssm_cfg.is_mimo' }),
    mimoRank: spelled(count(4, MAX_RANK), { official: 'ssm_cfg.mimo_rank' }),
    chunkSize: spelled(count(64), { official: 'ssm_cfg.chunk_size' }),
  },
  officialLayer: 'Mamba3',
  complete(config) {
    sizesOf(config);
    return config;
  },
  block: (config) => [{ norm: 'norm', name: 'mixer', make: (tree) => new Mamba3Mixer(tree, config) }],
};
