/**
 * S6, the selective state space model (Gu & Dao 2023, Algorithm 2), as in the middle of
 * mamba_ssm/modules/mamba_simple.py.
 *
 *   Δ, B, C = xProj(x)      Δ = softplus(dtProj(Δ))      A = −exp(A_log)
 *   hₜ = exp(Δₜ A) hₜ₋₁ + Δₜ Bₜ xₜ                       yₜ = Cₜ·hₜ + D xₜ
 *
 * Each of the D channels has N = dState states. Δ, B and C follow from the input: that is the selection. All Δ of
 * a step come from dtRank numbers.
 */
import { add, exp, neg, softplus } from '../ops/elementwise.ts';
import { linear } from '../ops/linear.ts';
import type { Positions } from '../ops/positions.ts';
import { scanFromState } from '../ops/selectiveScan.ts';
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
import type { ModelConfig } from './config.ts';
import type { InnerLayer, LayerOutput } from './layer.ts';
import { applyLinear, declareLinear, type LinearMap } from './linearMap.ts';
import type { LayerState, StateFields } from './state.ts';
import { stepBias } from './stepInit.ts';

/** The config of S6, without the block around it. */
export interface S6Config extends ModelConfig {
  /** N, the states of a channel. */
  dState: number;
  /** Rank of the map that makes Δ; 'auto' is dModel / 16, rounded up. Default: 'auto'. */
  dtRank: number | 'auto';
  /** The least first Δ. Default: 0.001. */
  dtMin: number;
  /** The largest first Δ. Default: 0.1. */
  dtMax: number;
  /** First weights of dtProj: uniform in ±dtScale / √dtRank, or all dtScale / √dtRank. Default: 'random'. */
  dtInit: 'random' | 'constant';
  /** Default: 1. */
  dtScale: number;
  /** No first Δ is smaller. Default: 1e-4. */
  dtInitFloor: number;
}

/** (B, L, D) → (B, L, D). State: `ssm`, (N, D) for each row. */
export class S6Layer implements InnerLayer {
  readonly stateFields: StateFields;
  private readonly sizes: readonly [number, number, number];
  private readonly xProj: LinearMap;
  private readonly dtProj: { weight: Parameter; bias: Parameter };
  /** A = −exp(A_log), (N, D). */
  private readonly A: Derived;
  private readonly D: Parameter;

  constructor(tree: ParameterTree, config: S6Config, channels: number) {
    const { dState } = config;
    const dtRank = stepRank(config);
    this.sizes = [dtRank, dState, dState];
    this.stateFields = { ssm: { shape: [dState, channels], transposed: true } };
    const aLog = tree.parameter('A_log', [channels, dState], logOfIndex, { decay: false });
    this.A = new Derived(aLog, (values) => transposeLast(neg(exp(values))));
    this.D = tree.parameter('D', [channels], ones, { decay: false });
    this.xProj = declareLinear(tree, 'x_proj', [dtRank + 2 * dState, channels], linearInit(channels));
    this.dtProj = {
      weight: tree.parameter('dt_proj.weight', [channels, dtRank], stepMapInit(config, dtRank)),
      bias: tree.parameter('dt_proj.bias', [channels], stepBias(config), { decay: false }),
    };
  }

  /** The kernel of the scan adds the bias of Δ, takes the softplus, and gates its own output. */
  forward(x: Tensor, state: LayerState | undefined, positions: Positions, gate?: Tensor): LayerOutput {
    const [dt, B, C] = split(applyLinear(this.xProj, x), this.sizes);
    const delta = linear(dt, this.dtProj.weight.value);
    const deltaBias = this.dtProj.bias.value;
    offer('delta', () => softplus(add(delta, deltaBias)));
    offer('B', () => B);
    offer('C', () => C);
    const scan = scanFromState(
      {
        u: x,
        delta,
        A: this.A.value,
        B,
        C,
        D: this.D.value,
        z: gate,
        deltaBias,
        deltaSoftplus: true,
        positions,
      },
      state?.ssm,
    );
    return { y: scan.out, state: { ssm: scan.state } };
  }
}

/** The rank of the map that makes Δ. */
export const stepRank = ({ dtRank, dModel }: Pick<S6Config, 'dtRank' | 'dModel'>): number =>
  dtRank === 'auto' ? Math.ceil(dModel / 16) : dtRank;

/** First weights of the map that makes Δ. */
export function stepMapInit({ dtInit, dtScale }: Pick<S6Config, 'dtInit' | 'dtScale'>, rank: number): Init {
  const bound = rank ** -0.5 * dtScale;
  return dtInit === 'random' ? uniform(bound) : (values) => void values.fill(bound);
}

/** A_log = log(1 … N) for every channel: S4D-Real. */
export const logOfIndex: Init = (values, _random, [, N]) => {
  for (let i = 0; i < values.length; i++) values[i] = Math.log((i % N) + 1);
};
