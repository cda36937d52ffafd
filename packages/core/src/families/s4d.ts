/**
 * S4D (Gu et al. 2022), as in state-spaces/s4 models/s4/s4d.py: a diagonal, time-invariant state space
 * model for each channel.
 *
 *   y = K ∗ u + D u      output = GLU(W gelu(y) + b)
 *
 * The mixer is the official layer in the block of the other families: r ← r + x, x ← mixer(norm(r)).
 * The recurrence serves training too: it costs less than the output map beside it. The official recipe
 * gives the kernel's parameters a learning rate of their own, 0.001; here all share one.
 */

import { type Family, type Field, field, type ModelConfig } from '../layers/config.ts';
import type { InnerLayer } from '../layers/innerLayer.ts';
import { OutputMapMixer } from '../layers/outputMapMixer.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { mul, silu } from '../ops/elementwise.ts';
import { S4D_CHUNK } from '../ops/modeScan.ts';
import type { Positions } from '../ops/positions.ts';
import { s4dModes, s4dScan } from '../ops/s4dScan.ts';
import { Derived, type Init, normal, type Parameter, type ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';

interface S4dSizes {
  /** N: N/2 complex modes a channel. */
  dState: number;
  init: 'lin' | 'inv' | 'real';
  dtMin: number;
  dtMax: number;
}

export interface S4dConfig extends ModelConfig, S4dSizes {
  /** Whether the output is gated, as the official layer's is. */
  glu: boolean;
}

/** S4D without its output map. */
export class S4dLayer implements InnerLayer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly skip: Parameter;
  private readonly modes: Derived;

  constructor(tree: ParameterTree, { dState, init, dtMin, dtMax }: S4dSizes, H: number) {
    const M = dState / 2;
    const fixed = { decay: false };
    this.stateFields = { ssm: { shape: [2, M, H], transposed: true } };
    this.mixingFlops = H * (6 * M + 1);
    // y and the kept states.
    this.activations = H + (dState * H) / S4D_CHUNK;
    this.skip = tree.parameter('D', [H], normal(1), fixed);
    const kernel = tree.child('kernel');
    const first = firstModes[init];
    this.modes = new Derived(
      [
        kernel.parameter('C', [H, M, 2], normal(Math.SQRT1_2), fixed),
        kernel.parameter('log_dt', [H], logUniform(dtMin, dtMax), fixed),
        kernel.parameter(
          'log_A_real',
          [H, M],
          everyRow((n) => Math.log(-first(n, dState)[0])),
          fixed,
        ),
        kernel.parameter(
          'A_imag',
          [H, M],
          everyRow((n) => first(n, dState)[1]),
          fixed,
        ),
      ],
      (C, logDt, logAReal, AImag) => s4dModes({ C, logDt, logAReal, AImag }),
    );
  }

  forward(
    u: Tensor,
    state: LayerState | undefined,
    positions: Positions,
    gate?: Tensor,
  ): { y: Tensor; state: LayerState } {
    const scan = s4dScan({ u, modes: this.modes.value, D: this.skip.value, positions }, state?.ssm);
    return { y: gate ? mul(scan.y, silu(gate)) : scan.y, state: { ssm: scan.state } };
  }
}

/** The real and imaginary part of the first A of mode n, of N/2 (section 4 of the paper). */
const firstModes: Record<S4dConfig['init'], (n: number, N: number) => [number, number]> = {
  lin: (n) => [-0.5, Math.PI * n],
  inv: (n, N) => [-0.5, (N / Math.PI) * (N / (2 * n + 1) - 1)],
  real: (n) => [-(n + 1), 0],
};

/** The same row for every channel. */
export const everyRow =
  (of: (n: number) => number): Init =>
  (values, _random, [, M]) => {
    for (let i = 0; i < values.length; i++) values[i] = of(i % M);
  };

export const logUniform =
  (from: number, to: number): Init =>
  (values, random) => {
    const low = Math.log(from);
    for (let i = 0; i < values.length; i++) values[i] = low + random.uniform() * (Math.log(to) - low);
  };

export const evenCount = (value: number, official: string): Field => ({
  default: value,
  accepts: (given) => Number.isSafeInteger(given) && (given as number) >= 2 && (given as number) % 2 === 0,
  expected: 'an even whole number ≥ 2, as modes come in conjugate pairs',
  official,
});

export const s4d: Family<S4dConfig> = {
  name: 's4d',
  fields: {
    dState: evenCount(64, 'ssm_cfg.d_state'),
    init: field.choice(['lin', 'inv', 'real'], { official: 'ssm_cfg.init' }),
    dtMin: field.positive(0.001, { official: 'ssm_cfg.dt_min' }),
    dtMax: field.positive(0.1, { official: 'ssm_cfg.dt_max' }),
    glu: field.flag(true, { official: 'ssm_cfg.glu' }),
  },
  officialLayer: 'S4D',
  block: (config) => [
    {
      norm: 'norm',
      name: 'mixer',
      make: (tree) => new OutputMapMixer(tree, new S4dLayer(tree, config, config.dModel), config),
    },
  ],
};
