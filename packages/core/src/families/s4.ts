/**
 * S4 (Gu, Goel & Ré 2022): S4D with A = Λ − P P*, from HiPPO-LegS, by the bilinear rule.
 *
 *   y = K ∗ u + D u      output = GLU(W gelu(y) + b)
 *
 * The layer around the state space model is S4D's. Each channel has its own Λ, P and B.
 */

import { type Family, field, type ModelConfig } from '../layers/config.ts';
import type { InnerLayer } from '../layers/innerLayer.ts';
import { OutputMapMixer } from '../layers/outputMapMixer.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { mul, silu } from '../ops/elementwise.ts';
import { S4D_CHUNK } from '../ops/modeScan.ts';
import type { Positions } from '../ops/positions.ts';
import { s4Modes, s4Scan } from '../ops/s4Scan.ts';
import { type DiagonalPlusLowRank, legSDiagonal } from '../ssm/s4.ts';
import { Derived, type Init, normal, type Parameter, type ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { evenCount, everyRow, logUniform } from './s4d.ts';

interface S4Sizes {
  /** N: N/2 complex modes a channel. */
  dState: number;
  dtMin: number;
  dtMax: number;
}

export interface S4Config extends ModelConfig, S4Sizes {
  /** Whether the output is gated. */
  glu: boolean;
}

/** S4 without its output map. */
export class S4Layer implements InnerLayer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly skip: Parameter;
  private readonly modes: Derived;

  constructor(tree: ParameterTree, { dState, dtMin, dtMax }: S4Sizes, H: number) {
    const M = dState / 2;
    const fixed = { decay: false };
    this.stateFields = { ssm: { shape: [2, M, H], transposed: true } };
    this.mixingFlops = H * (12 * M + 1);
    // y and the kept states.
    this.activations = H + (dState * H) / S4D_CHUNK;
    this.skip = tree.parameter('D', [H], normal(1), fixed);
    const kernel = tree.child('kernel');
    const form = () => firstForm(dState);
    this.modes = new Derived(
      [
        kernel.parameter('C', [H, M, 2], normal(Math.SQRT1_2), fixed),
        kernel.parameter(
          'B',
          [H, M, 2],
          pairs(() => form().B),
          fixed,
        ),
        kernel.parameter(
          'P',
          [H, M, 2],
          pairs(() => form().P),
          fixed,
        ),
        kernel.parameter('log_dt', [H], logUniform(dtMin, dtMax), fixed),
        kernel.parameter(
          'log_A_real',
          [H, M],
          everyRow((n) => Math.log(-form().lambda[n][0])),
          fixed,
        ),
        kernel.parameter(
          'A_imag',
          [H, M],
          everyRow((n) => form().lambda[n][1]),
          fixed,
        ),
      ],
      (C, B, P, logDt, logAReal, AImag) => s4Modes({ C, B, P, logDt, logAReal, AImag }),
    );
  }

  forward(
    u: Tensor,
    state: LayerState | undefined,
    positions: Positions,
    gate?: Tensor,
  ): { y: Tensor; state: LayerState } {
    const scan = s4Scan({ u, modes: this.modes.value, D: this.skip.value, positions }, state?.ssm);
    return { y: gate ? mul(scan.y, silu(gate)) : scan.y, state: { ssm: scan.state } };
  }
}

const forms = new Map<number, DiagonalPlusLowRank>();

/** HiPPO-LegS of N states, diagonalised once. */
function firstForm(N: number): DiagonalPlusLowRank {
  const form = forms.get(N) ?? legSDiagonal(N);
  forms.set(N, form);
  return form;
}

/** The same complex vector for every channel. */
const pairs =
  (of: () => readonly (readonly [number, number])[]): Init =>
  (values, _random, [, M]) => {
    const vector = of();
    for (let i = 0; i < values.length; i++) values[i] = vector[(i >> 1) % M][i & 1];
  };

export const s4: Family<S4Config> = {
  name: 's4',
  fields: {
    dState: evenCount(64, 'ssm_cfg.d_state'),
    dtMin: field.positive(0.001, { official: 'ssm_cfg.dt_min' }),
    dtMax: field.positive(0.1, { official: 'ssm_cfg.dt_max' }),
    glu: field.flag(true, { official: 'ssm_cfg.glu' }),
  },
  officialLayer: 'S4',
  block: (config) => [
    {
      norm: 'norm',
      name: 'mixer',
      make: (tree) => new OutputMapMixer(tree, new S4Layer(tree, config, config.dModel), config),
    },
  ],
};
