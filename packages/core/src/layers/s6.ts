/**
 * The selective state space model, S6, as in the middle of mamba_ssm/modules/mamba_simple.py.
 *
 *   Δ, B, C = xProj(x)           Δ = softplus(dtProj(Δ))
 *   y = scan(x, Δ, A, B, C, D)
 *
 * A channel has dState states; dtRank numbers make all the Δ.
 */
import { add, exp, neg, softplus } from '../ops/elementwise.ts';
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
} from '../tensor/parameters.ts';
import { offer } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Field, field, type ModelConfig } from './config.ts';
import type { InnerLayer } from './innerLayer.ts';
import { applyLinear, declareLinear, type LinearMap } from './linearMap.ts';
import type { LayerState, StateFields } from './state.ts';

export interface SelectiveConfig extends ModelConfig {
  dState: number;
  /** Rank of the map that makes Δ; 'auto' is dModel / 16, rounded up. */
  dtRank: number | 'auto';
  dtMin: number;
  dtMax: number;
  dtInit: 'random' | 'constant';
  dtScale: number;
  dtInitFloor: number;
}

/** All but dState, whose default is each family's. */
export const selectiveFields: Readonly<Record<string, Field>> = {
  dtRank: field.countOrAuto({ official: 'ssm_cfg.dt_rank', huggingface: 'time_step_rank' }),
  dtMin: field.positive(0.001, { official: 'ssm_cfg.dt_min', huggingface: 'time_step_min' }),
  dtMax: field.positive(0.1, { official: 'ssm_cfg.dt_max', huggingface: 'time_step_max' }),
  dtInit: field.choice(['random', 'constant'], { official: 'ssm_cfg.dt_init', huggingface: 'time_step_init_scheme' }),
  dtScale: field.positive(1, { official: 'ssm_cfg.dt_scale', huggingface: 'time_step_scale' }),
  dtInitFloor: field.positive(1e-4, { official: 'ssm_cfg.dt_init_floor', huggingface: 'time_step_floor' }),
};

export class SelectiveLayer implements InnerLayer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly sizes: readonly [number, number, number];
  private readonly xProj: LinearMap;
  private readonly dtProj: { weight: Parameter; bias: Parameter };
  /** A = −exp(A_log), (dState, D). */
  private readonly decay: Derived;
  private readonly skip: Parameter;

  constructor(tree: ParameterTree, config: SelectiveConfig, D: number) {
    const { dState } = config;
    const dtRank = rankOf(config);
    this.sizes = [dtRank, dState, dState];
    this.stateFields = { ssm: { shape: [dState, D], transposed: true } };
    this.mixingFlops = D * 5 * dState;
    // Δ, the scan's output and its kept states; the short Δ, B, C.
    this.activations = D * (2 + dState / CHUNK) + dtRank + 2 * dState;
    const dtBound = dtRank ** -0.5 * config.dtScale;
    const aLog = tree.parameter('A_log', [D, dState], logOfIndex, { decay: false });
    this.decay = new Derived(aLog, (values) => transposeLast(neg(exp(values))));
    this.skip = tree.parameter('D', [D], ones, { decay: false });
    this.xProj = declareLinear(tree, 'x_proj', [dtRank + 2 * dState, D], linearInit(D));
    this.dtProj = {
      weight: tree.parameter(
        'dt_proj.weight',
        [D, dtRank],
        config.dtInit === 'random' ? uniform(dtBound) : (v) => v.fill(dtBound),
      ),
      bias: tree.parameter('dt_proj.bias', [D], stepBias(config), { decay: false }),
    };
  }

  /** The scan's kernel gates its own output. */
  forward(
    u: Tensor,
    state: LayerState | undefined,
    positions: Positions,
    gate?: Tensor,
  ): { y: Tensor; state: LayerState } {
    const [dt, B, C] = split(applyLinear(this.xProj, u), this.sizes);
    const delta = linear(dt, this.dtProj.weight.value);
    offer('delta', () => softplus(add(delta, this.dtProj.bias.value)));
    offer('B', () => B);
    offer('C', () => C);
    const scan = scanFromState(
      {
        u,
        delta,
        A: this.decay.value,
        B,
        C,
        D: this.skip.value,
        z: gate,
        deltaBias: this.dtProj.bias.value,
        deltaSoftplus: true,
        positions,
      },
      state?.ssm,
    );
    return { y: scan.out, state: { ssm: scan.state } };
  }
}

/** Of the map that makes Δ. */
export const rankOf = ({ dtRank, dModel }: SelectiveConfig): number =>
  dtRank === 'auto' ? Math.ceil(dModel / 16) : dtRank;

/** A_log = log(1 … N) for every channel: S4D-Real. */
export const logOfIndex: Init = (values, _random, [, N]) => {
  for (let i = 0; i < values.length; i++) values[i] = Math.log((i % N) + 1);
};

/** The inverse softplus of step sizes that are log-uniform in [dtMin, dtMax]. */
export function stepBias({
  dtMin,
  dtMax,
  dtInitFloor,
}: Pick<SelectiveConfig, 'dtMin' | 'dtMax' | 'dtInitFloor'>): Init {
  return (values, random) => {
    for (let i = 0; i < values.length; i++) {
      const low = Math.log(dtMin);
      const dt = Math.max(dtInitFloor, Math.exp(low + random.uniform() * (Math.log(dtMax) - low)));
      values[i] = dt + Math.log(-Math.expm1(-dt));
    }
  };
}
