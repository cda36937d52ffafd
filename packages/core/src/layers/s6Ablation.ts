/**
 * S6 with a choice of what is selective: the ablations of the Mamba paper (Gu & Dao 2023, tables 7 and 10), and
 * beyond them a selective A and a Δ of each state.
 *
 *   Δ = softplus(W r + b)    r, B, C, s = xProj(x)    A = −exp(A_log + V s)
 *   h ← exp(Δ A) h + Δ B x                            y = C·h + D x
 *
 * What is not selective is a parameter: Δ is its bias b alone; B and C are a number for each channel and state, as
 * in S4D-Real; A is its A_log. Names are the official ones, and `B`, `C` and `a_proj.weight` next to them.
 */
import { add, exp, mul, silu, softplus } from '../ops/elementwise.ts';
import { linear } from '../ops/linear.ts';
import type { Positions } from '../ops/positions.ts';
import { reshape, split, transposeLast } from '../ops/shape.ts';
import { stateScan } from '../ops/stateScan.ts';
import {
  Derived,
  linearInit,
  normal,
  ones,
  type Parameter,
  type ParameterTree,
  uniform,
} from '../tensor/parameters.ts';
import { offer } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { InnerLayer, LayerOutput } from './layer.ts';
import { applyLinear, declareLinear, type LinearMap } from './linearMap.ts';
import { logOfIndex, type S6Config, stepMapInit, stepRank } from './s6.ts';
import type { LayerState, StateFields } from './state.ts';
import { stepBias } from './stepInit.ts';

/** What can be selective, in the order in which `selects` names it. */
export const SELECTABLE = ['A', 'delta', 'B', 'C'] as const;
type Selectable = (typeof SELECTABLE)[number];

/** The config of S6 with a choice of what is selective. */
export interface S6AblationConfig extends S6Config {
  /** What is selective: some of A, delta, B and C in this order, e.g. 'delta,B,C', or 'none'. Default: 'delta,B,C'. */
  selects: string;
  /** Rank of the map that makes a selective A; 'auto' is the rank of Δ. Default: 'auto'. */
  aRank: number | 'auto';
  /** Whether each state has a Δ of its own. Default: false. */
  deltaPerState: boolean;
}

/** What S6 selects. */
export const S6_SELECTS = 'delta,B,C';

/** The names in `selects`. Each comes once and in order, so that a selection has one spelling; else undefined. */
export function selectedBy(selects: string): ReadonlySet<Selectable> | undefined {
  const names = new Set(selects === 'none' ? [] : selects.split(','));
  const known = SELECTABLE.filter((name) => names.has(name));
  return (known.join(',') || 'none') === selects ? new Set(known) : undefined;
}

/** Whether the config describes S6 itself, without an ablation. */
export const isS6 = ({ selects, deltaPerState }: S6AblationConfig): boolean => selects === S6_SELECTS && !deltaPerState;

/** (B, L, D) → (B, L, D). State: `ssm`, (N, D) for each row. */
export class S6Ablation implements InnerLayer {
  readonly stateFields: StateFields;
  private readonly selected: ReadonlySet<Selectable>;
  /** Columns of xProj: those of Δ, B, C and A; 0 for what is not selective. */
  private readonly sizes: readonly number[];
  private readonly xProj?: LinearMap;
  /** The bias of Δ, (D) or (N · D). */
  private readonly dtBias: Parameter;
  private readonly dtMap?: Parameter;
  private readonly aMap?: Parameter;
  /** A_log as kernels hold it, (N, D). */
  private readonly aLog: Derived;
  private readonly B?: Derived;
  private readonly C?: Derived;
  private readonly D: Parameter;

  constructor(
    tree: ParameterTree,
    config: S6AblationConfig,
    private readonly channels: number,
  ) {
    const { dState: N, deltaPerState } = config;
    this.selected = selectedBy(config.selects) as ReadonlySet<Selectable>;
    const ifSelected = (name: Selectable, size: number) => (this.selected.has(name) ? size : 0);
    const dtRank = stepRank(config);
    const aRank = config.aRank === 'auto' ? dtRank : config.aRank;
    this.sizes = [ifSelected('delta', dtRank), ifSelected('B', N), ifSelected('C', N), ifSelected('A', aRank)];
    this.stateFields = { ssm: { shape: [N, channels], transposed: true } };
    const steps = deltaPerState ? N * channels : channels;
    const fixed = { decay: false };
    const aLog = tree.parameter('A_log', [channels, N], logOfIndex, fixed);
    this.aLog = new Derived(aLog, transposeLast);
    this.D = tree.parameter('D', [channels], ones, fixed);
    const width = this.sizes.reduce((a, b) => a + b);
    if (width > 0) this.xProj = declareLinear(tree, 'x_proj', [width, channels], linearInit(channels));
    if (this.selected.has('delta')) {
      this.dtMap = tree.parameter('dt_proj.weight', [steps, dtRank], stepMapInit(config, dtRank));
    }
    this.dtBias = tree.parameter('dt_proj.bias', [steps], stepBias(config), fixed);
    if (this.selected.has('A')) {
      this.aMap = tree.parameter('a_proj.weight', [N * channels, aRank], uniform(aRank ** -0.5 * config.dtScale));
    }
    // The first values of S4D.
    if (!this.selected.has('B')) this.B = new Derived(tree.parameter('B', [channels, N], ones, fixed), transposeLast);
    if (!this.selected.has('C')) {
      this.C = new Derived(tree.parameter('C', [channels, N], normal(1), fixed), transposeLast);
    }
  }

  forward(x: Tensor, state: LayerState | undefined, positions: Positions, gate?: Tensor): LayerOutput {
    const [dt, B, C, s] = this.xProj ? split(applyLinear(this.xProj, x), this.sizes) : [];
    const delta = this.delta(x, dt);
    offer('delta', () => delta);
    if (this.selected.has('B')) offer('B', () => B);
    if (this.selected.has('C')) offer('C', () => C);
    const scan = stateScan(
      {
        u: x,
        delta,
        rate: this.rate(x, s),
        B: this.B?.value ?? B,
        C: this.C?.value ?? C,
        positions,
      },
      state?.ssm,
    );
    const y = add(scan.y, mul(x, this.D.value));
    return { y: gate ? mul(y, silu(gate)) : y, state: { ssm: scan.state } };
  }

  /** (B, L, D), or (B, L, N, D) with deltaPerState */
  private delta(x: Tensor, dt: Tensor | undefined): Tensor {
    const [batch, L] = x.shape;
    const bias = this.dtBias.value;
    const delta =
      dt && this.dtMap
        ? softplus(linear(dt, this.dtMap.value, bias))
        : add(x.backend.zeros([batch, L, 1]), softplus(bias));
    return bias.size === this.channels ? delta : reshape(delta, [batch, L, bias.size / this.channels, this.channels]);
  }

  /** −A, (N, D), or (B, L, N, D) where A is selective */
  private rate(x: Tensor, s: Tensor | undefined): Tensor {
    const aLog = this.aLog.value;
    if (!s || !this.aMap) return exp(aLog);
    const [batch, L] = x.shape;
    return exp(reshape(linear(s, this.aMap.value, reshape(aLog, [aLog.size])), [batch, L, ...aLog.shape]));
  }
}
