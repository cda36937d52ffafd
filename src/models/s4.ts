/**
 * S4 (Gu, Goel & Ré 2022): S4D with A = Λ − P P*, from HiPPO-LegS, by the bilinear rule.
 *
 *   y = K ∗ u + D u      output = GLU(W gelu(y) + b)
 *
 * The layer around the state space model is S4D's. Each channel has its own Λ, P and B.
 */
import { s4dOutput } from '../ops/s4d.ts';
import { S4D_CHUNK } from '../ops/modeScan.ts';
import { s4Modes, s4Scan } from '../ops/s4Scan.ts';
import type { Positions } from '../ops/positions.ts';
import { type DiagonalPlusLowRank, legSDiagonal } from '../ssm/s4.ts';
import { Derived, type Init, linearInit, normal, type Parameter, type ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Family, field, type ModelConfig } from './config.ts';
import type { Mixer } from './mixer.ts';
import { everyRow, evenCount, logUniform } from './s4d.ts';
import type { LayerState, StateFields } from './state.ts';

export interface S4Config extends ModelConfig {
  /** N: N/2 complex modes a channel. */
  dState: number;
  dtMin: number;
  dtMax: number;
  /** Whether the output is gated. */
  glu: boolean;
}

export class S4Mixer implements Mixer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly skip: Parameter;
  private readonly modes: Derived;
  private readonly weight: Parameter;
  private readonly bias: Parameter;
  private readonly gated: boolean;

  constructor(tree: ParameterTree, { dModel: H, dState, dtMin, dtMax, glu }: S4Config) {
    const M = dState / 2;
    const out = glu ? 2 * H : H;
    const fixed = { decay: false };
    this.gated = glu;
    this.stateFields = { ssm: { shape: [2, M, H], transposed: true } };
    this.mixingFlops = H * (12 * M + 1) + out * H;
    // y, gelu(y), the map's output, gate and output; the kept states.
    this.activations = 2 * H + (glu ? 4 * H : 0) + out + (dState * H) / S4D_CHUNK;
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
    this.weight = tree.parameter('output_linear.0.weight', [out, H, 1], linearInit(H));
    this.bias = tree.parameter('output_linear.0.bias', [out], linearInit(H), fixed);
  }

  forward(u: Tensor, state: LayerState | undefined, positions: Positions): { y: Tensor; state: LayerState } {
    const scan = s4Scan({ u, modes: this.modes.value, D: this.skip.value, positions }, state?.ssm);
    return { y: s4dOutput(scan.y, this.weight.value, this.bias.value, this.gated), state: { ssm: scan.state } };
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
  block: (config) => [{ norm: 'norm', name: 'mixer', make: (tree) => new S4Mixer(tree, config) }],
};
