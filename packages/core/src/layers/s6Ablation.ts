/**
 * S6 with a choice of what is selective: the ablations of the Mamba paper (tables 7 and 10), and beyond them
 * a selective A, and a Δ of each state.
 *
 *   Δ = softplus(W r + b)    r, B, C, s = xProj(x)    A = −exp(A_log + V s)
 *   h ← exp(Δ A) h + Δ B x                            y = C·h + D x
 *
 * What is not selective is a parameter: Δ its bias b alone; B and C a number of each channel and state, as in
 * S4D-Real; A its A_log, as ever. Names are the official ones, and `B`, `C` and `a_proj.weight` beside them.
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
import { type Field, field } from './config.ts';
import type { InnerLayer } from './innerLayer.ts';
import { applyLinear, declareLinear, type LinearMap } from './linearMap.ts';
import { logOfIndex, rankOf, type SelectiveConfig, stepBias } from './s6.ts';
import type { LayerState, StateFields } from './state.ts';

const SELECTABLE = ['A', 'delta', 'B', 'C'] as const;
type Selectable = (typeof SELECTABLE)[number];

export interface SelectionConfig extends SelectiveConfig {
  /** What is selective, e.g. 'delta,B,C', or 'none'. */
  selects: string;
  /** Rank of the map that makes a selective A; 'auto' is that of Δ. */
  aRank: number | 'auto';
  /** Whether each state has a Δ of its own. */
  deltaPerState: boolean;
}

const S6 = 'delta,B,C';

/** The official code knows none of them. */
export const selectionFields: Readonly<Record<string, Field>> = {
  selects: {
    default: S6,
    accepts: (value) => typeof value === 'string' && namesIn(value) !== undefined,
    expected: `some of ${SELECTABLE.join(', ')} in this order, separated by commas, or 'none'`,
    official: 'ssm_cfg.selects',
    extension: true,
  },
  aRank: { ...field.countOrAuto({ official: 'ssm_cfg.a_rank' }), extension: true },
  deltaPerState: { ...field.flag(false, { official: 'ssm_cfg.delta_per_state' }), extension: true },
};

/** Each name once and in order, so that one selection has one spelling; undefined where it is none. */
function namesIn(selects: string): ReadonlySet<Selectable> | undefined {
  const names = new Set(selects === 'none' ? [] : selects.split(','));
  const known = SELECTABLE.filter((name) => names.has(name));
  return (known.join(',') || 'none') === selects ? new Set(known) : undefined;
}

/** Whether the config asks for S6 as it is. */
export const isPlain = ({ selects, deltaPerState }: SelectionConfig): boolean => selects === S6 && !deltaPerState;

export class SelectionLayer implements InnerLayer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly selects: ReadonlySet<Selectable>;
  /** Columns of xProj: those of Δ, B, C and A, 0 for what is not selective. */
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
  private readonly skip: Parameter;

  constructor(
    tree: ParameterTree,
    config: SelectionConfig,
    private readonly D: number,
  ) {
    const { dState: N, deltaPerState } = config;
    this.selects = namesIn(config.selects) as ReadonlySet<Selectable>;
    const has = (name: Selectable, size: number) => (this.selects.has(name) ? size : 0);
    const dtRank = rankOf(config);
    const aRank = config.aRank === 'auto' ? dtRank : config.aRank;
    this.sizes = [has('delta', dtRank), has('B', N), has('C', N), has('A', aRank)];
    this.stateFields = { ssm: { shape: [N, D], transposed: true } };
    this.mixingFlops = D * 5 * N;
    const steps = deltaPerState ? N * D : D;
    // Δ and A with what they are made from, the scan's output, the gate; what maps give.
    this.activations = 2 * steps + has('A', 2 * N * D) + 3 * D + this.sizes.reduce((a, b) => a + b);
    const fixed = { decay: false };
    const aLog = tree.parameter('A_log', [D, N], logOfIndex, fixed);
    this.aLog = new Derived(aLog, transposeLast);
    this.skip = tree.parameter('D', [D], ones, fixed);
    const width = this.sizes.reduce((a, b) => a + b);
    if (width > 0) this.xProj = declareLinear(tree, 'x_proj', [width, D], linearInit(D));
    if (this.selects.has('delta')) {
      const bound = dtRank ** -0.5 * config.dtScale;
      const init = config.dtInit === 'random' ? uniform(bound) : (v: Float32Array) => void v.fill(bound);
      this.dtMap = tree.parameter('dt_proj.weight', [steps, dtRank], init);
    }
    this.dtBias = tree.parameter('dt_proj.bias', [steps], stepBias(config), fixed);
    if (this.selects.has('A')) {
      this.aMap = tree.parameter('a_proj.weight', [N * D, aRank], uniform(aRank ** -0.5 * config.dtScale));
    }
    // S4D's first values.
    if (!this.selects.has('B')) this.B = new Derived(tree.parameter('B', [D, N], ones, fixed), transposeLast);
    if (!this.selects.has('C')) this.C = new Derived(tree.parameter('C', [D, N], normal(1), fixed), transposeLast);
  }

  forward(
    u: Tensor,
    state: LayerState | undefined,
    positions: Positions,
    gate?: Tensor,
  ): { y: Tensor; state: LayerState } {
    const mapped = this.xProj ? split(applyLinear(this.xProj, u), this.sizes) : [];
    const [dt, B, C, s] = mapped;
    const delta = this.delta(u, dt);
    offer('delta', () => delta);
    for (const [name, value] of Object.entries({ B, C })) {
      if (this.selects.has(name as Selectable)) offer(name, () => value);
    }
    const scan = stateScan(
      {
        u,
        delta,
        rate: this.rate(u, s),
        B: this.B?.value ?? B,
        C: this.C?.value ?? C,
        positions,
      },
      state?.ssm,
    );
    const y = add(scan.y, mul(u, this.skip.value));
    return { y: gate ? mul(y, silu(gate)) : y, state: { ssm: scan.state } };
  }

  /** (B, L, D) or (B, L, N, D) */
  private delta(u: Tensor, dt: Tensor | undefined): Tensor {
    const [batch, L] = u.shape;
    const bias = this.dtBias.value;
    const delta =
      dt && this.dtMap
        ? softplus(linear(dt, this.dtMap.value, bias))
        : add(u.backend.zeros([batch, L, 1]), softplus(bias));
    return bias.size === this.D ? delta : reshape(delta, [batch, L, bias.size / this.D, this.D]);
  }

  /** −A, (N, D) or (B, L, N, D) */
  private rate(u: Tensor, s: Tensor | undefined): Tensor {
    const aLog = this.aLog.value;
    if (!s || !this.aMap) return exp(aLog);
    const [batch, L] = u.shape;
    return exp(reshape(linear(s, this.aMap.value, reshape(aLog, [aLog.size])), [batch, L, ...aLog.shape]));
  }
}
