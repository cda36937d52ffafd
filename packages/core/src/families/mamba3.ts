/**
 * Mamba-3 (Lahoti et al. 2026), as in mamba_ssm/modules/mamba3.py.
 *
 *   z, x, B, C, Δ, A, trap, angles = inProj(input)      B = norm(B)      C = norm(C)
 *   y = mamba3Scan(C, B, x, A Δ, Δ, trap, angles)       output = outProj(y · silu(z))
 *
 * There is no convolution and no A_log: a step's decay comes from the input, and the scan looks one step back.
 * Heads share the angles. With `mimo` a head has mimoRank of B and C, and x, z and y are weighted for each.
 * With `outProjNorm` y is normed, each head alone, before the gate.
 */
import { UsageError } from '../errors.ts';
import { type Family, type Field, field, type ModelConfig, residualScale } from '../layers/config.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { Mixer } from '../layers/mixer.ts';
import { stepBias } from '../layers/s6.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { mul } from '../ops/elementwise.ts';
import { gatedNorm } from '../ops/gatedNorm.ts';
import { MAMBA3_ROWS, MAX_RANK, type Mamba3State, mamba3FromState } from '../ops/mamba3Scan.ts';
import { mamba3Steps } from '../ops/mamba3Steps.ts';
import { rmsNorm } from '../ops/norm.ts';
import type { Positions } from '../ops/positions.ts';
import { rankGate } from '../ops/rankGate.ts';
import { reshape, split } from '../ops/shape.ts';
import { type Init, linearInit, ones, type Parameter, type ParameterTree } from '../tensor/parameters.ts';
import { offer } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { headsOf } from './mamba2.ts';

export interface Mamba3Config extends ModelConfig {
  dState: number;
  expand: number;
  headDim: number;
  nGroups: number;
  /** The part of dState that is rotated: a half or all. */
  ropeFraction: number;
  dtMin: number;
  dtMax: number;
  dtInitFloor: number;
  /** A is at most −aFloor. */
  aFloor: number;
  outProjNorm: boolean;
  mimo: boolean;
  /** Counts with `mimo` alone. */
  mimoRank: number;
}

const NORM_EPSILON = 1e-5;

export class Mamba3Mixer implements Mixer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
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
  private readonly skip: Parameter;
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
    this.mixingFlops = dInner * dState * (3 + 2 * rank);
    // The scan's output and its kept states; with a norm, the gate of each rank and what is normed.
    const perRank = 1 + dState / MAMBA3_ROWS + (config.outProjNorm ? (config.mimo ? 2 : 1) : 0);
    // What inProj gives; B and C, copied and normed; Δ and AΔ; the gate's output; the output.
    this.activations = inputs + 4 * states + 2 * heads + dInner * (rank * perRank + 1) + dModel;
    const still = { decay: false };
    const biases = [heads, rank, dState];
    this.dtBias = tree.parameter('dt_bias', [heads], stepBias(config), still);
    this.bBias = tree.parameter('B_bias', biases, ones, still);
    this.cBias = tree.parameter('C_bias', biases, ones, still);
    if (config.mimo) {
      const weights = (name: string, first: number) =>
        tree.parameter(`mimo_${name}`, [heads, rank, headDim], filledWith(first));
      this.mimo = { x: weights('x', 1 / rank), z: weights('z', 1), o: weights('o', 1 / rank) };
    }
    this.skip = tree.parameter('D', [heads], ones, still);
    this.inProj = declareLinear(tree, 'in_proj', [inputs, dModel], linearInit(dModel));
    this.bNorm = tree.parameter('B_norm.weight', [dState], ones, still);
    this.cNorm = tree.parameter('C_norm.weight', [dState], ones, still);
    if (config.outProjNorm) this.norm = tree.parameter('norm.weight', [dInner], ones, still);
    this.outProj = declareLinear(tree, 'out_proj', [dModel, dInner], linearInit(dInner, residualScale(config)));
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): { y: Tensor; state: LayerState } {
    const { nGroups, dState, aFloor } = this.config;
    const [batch, L] = input.shape;
    const [z, x, B, C, dt, a, trap, angles] = split(applyLinear(this.inProj, input), this.projected);
    const normed = (one: Tensor, weight: Parameter) =>
      rmsNorm(reshape(one, [batch, L, this.sizes.rank, nGroups, dState]), weight.value, NORM_EPSILON);
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
        D: this.skip.value,
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
    const perRank = (one: Tensor, shape: readonly number[], by: Tensor) => mul(reshape(one, shape), by);
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

/** Throws where heads do not divide the channels, groups the heads, or nothing is left to rotate. */
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

const halfOrAll: Field = {
  default: 0.5,
  accepts: (value) => value === 0.5 || value === 1,
  expected: '0.5 or 1',
  official: 'ssm_cfg.rope_fraction',
};

export const mamba3: Family<Mamba3Config> = {
  name: 'mamba3',
  fields: {
    dState: field.count(128, { official: 'ssm_cfg.d_state' }),
    expand: field.count(2, { official: 'ssm_cfg.expand' }),
    headDim: field.count(64, { official: 'ssm_cfg.headdim' }),
    nGroups: field.count(1, { official: 'ssm_cfg.ngroups' }),
    ropeFraction: halfOrAll,
    dtMin: field.positive(0.001, { official: 'ssm_cfg.dt_min' }),
    dtMax: field.positive(0.1, { official: 'ssm_cfg.dt_max' }),
    dtInitFloor: field.positive(1e-4, { official: 'ssm_cfg.dt_init_floor' }),
    aFloor: field.positive(1e-4, { official: 'ssm_cfg.A_floor' }),
    outProjNorm: field.flag(false, { official: 'ssm_cfg.is_outproj_norm' }),
    mimo: field.flag(false, { official: 'ssm_cfg.is_mimo' }),
    mimoRank: field.count(4, { official: 'ssm_cfg.mimo_rank' }, MAX_RANK),
    chunkSize: field.count(64, { official: 'ssm_cfg.chunk_size' }),
  },
  officialLayer: 'Mamba3',
  complete(config) {
    sizesOf(config);
    return config;
  },
  block: (config) => [{ norm: 'norm', name: 'mixer', make: (tree) => new Mamba3Mixer(tree, config) }],
};
