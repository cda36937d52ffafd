/**
 * S4 and S4D: a time-invariant state space model for each channel.
 *
 *   x' = A x + B u      y = C x + D u
 *
 *   S4D (Gu et al. 2022)          A = Λ           by zero-order hold      official: s4d.py, S4DKernel
 *   S4 (Gu, Goel & Ré 2022)       A = Λ − P P*    by the bilinear rule    official: s4.py, SSMKernelDPLR
 *
 * Λ is diagonal and complex; of each conjugate pair one mode is kept, so that N = dState states are N/2 modes. The
 * kernel of the layer is one of the two. Training uses the recurrence as well: it costs less than the linear maps
 * around it. The official recipe gives the parameters of the kernel a learning rate of their own, 0.001; here all
 * parameters share one.
 */
import { mul, silu } from '../ops/elementwise.ts';
import type { ModeScanInput } from '../ops/modeScan.ts';
import type { Positions } from '../ops/positions.ts';
import { s4dModes, s4dScan } from '../ops/s4dScan.ts';
import { s4Modes, s4Scan } from '../ops/s4Scan.ts';
import { type DiagonalPlusLowRank, legSDiagonal } from '../ssm/hippo.ts';
import { Derived, type Init, normal, type Parameter, type ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { InnerLayer, LayerOutput } from './layer.ts';
import type { LayerState, StateFields } from './state.ts';
import { logSteps, type StepRange } from './stepInit.ts';

/** The part in which S4 and S4D differ. */
export interface SsmKernel {
  /** N/2, the complex modes of a channel. */
  readonly modes: number;
  /** Declares the parameters of `channels` models, and derives from them the modes that scan() takes. */
  declare(tree: ParameterTree, channels: number): Derived;
  /** From a state (B, 2, N/2, channels) or from zeros → y (B, L, channels) and the state after the last step. */
  scan(input: ModeScanInput, state?: Tensor): { y: Tensor; state: Tensor };
}

/** (B, L, D) → (B, L, D). State: `ssm`, real and imaginary parts (2, N/2, D) for each row. */
export class S4Layer implements InnerLayer {
  readonly stateFields: StateFields;
  private readonly D: Parameter;
  private readonly modes: Derived;

  constructor(
    tree: ParameterTree,
    private readonly kernel: SsmKernel,
    channels: number,
  ) {
    this.stateFields = { ssm: { shape: [2, kernel.modes, channels], transposed: true } };
    this.D = tree.parameter('D', [channels], normal(1), fixed);
    this.modes = kernel.declare(tree.child('kernel'), channels);
  }

  forward(u: Tensor, state: LayerState | undefined, positions: Positions, gate?: Tensor): LayerOutput {
    const scan = this.kernel.scan({ u, modes: this.modes.value, D: this.D.value, positions }, state?.ssm);
    return { y: gate ? mul(scan.y, silu(gate)) : scan.y, state: { ssm: scan.state } };
  }
}

/** The size and the first values of a kernel. */
export interface DiagonalKernelOptions extends StepRange {
  /** N: N/2 complex modes for each channel. */
  dState: number;
  /** First Λ: S4D-Lin, S4D-Inv or S4D-Real. */
  init: 'lin' | 'inv' | 'real';
}

/** The kernel of S4D. */
export function diagonalKernel({ dState, init, ...steps }: DiagonalKernelOptions): SsmKernel {
  const modes = dState / 2;
  const lambda = firstLambda[init];
  return {
    modes,
    declare(tree, channels) {
      const parameters = [
        tree.parameter('C', [channels, modes, 2], normal(Math.SQRT1_2), fixed),
        tree.parameter('log_dt', [channels], logSteps(steps), fixed),
        ...declareLambda(tree, channels, modes, (n) => lambda(n, dState)),
      ];
      return new Derived(parameters, (C, logDt, logAReal, AImag) => s4dModes({ C, logDt, logAReal, AImag }));
    },
    scan: s4dScan,
  };
}

/** The kernel of S4, diagonal plus low rank. It starts from HiPPO-LegS; each channel has Λ, P and B of its own. */
export function dplrKernel({ dState, ...steps }: Omit<DiagonalKernelOptions, 'init'>): SsmKernel {
  const modes = dState / 2;
  const form = () => legSForm(dState);
  return {
    modes,
    declare(tree, channels) {
      const shape = [channels, modes, 2];
      const parameters = [
        tree.parameter('C', shape, normal(Math.SQRT1_2), fixed),
        tree.parameter(
          'B',
          shape,
          everyChannel((n, part) => form().B[n][part]),
          fixed,
        ),
        tree.parameter(
          'P',
          shape,
          everyChannel((n, part) => form().P[n][part]),
          fixed,
        ),
        tree.parameter('log_dt', [channels], logSteps(steps), fixed),
        ...declareLambda(tree, channels, modes, (n) => form().lambda[n]),
      ];
      return new Derived(parameters, (C, B, P, logDt, logAReal, AImag) => s4Modes({ C, B, P, logDt, logAReal, AImag }));
    },
    scan: s4Scan,
  };
}

/** The parameters of a state space model do not decay. */
const fixed = { decay: false };

/** Λ as log(−real part) and imaginary part, so that it stays stable. */
function declareLambda(
  tree: ParameterTree,
  channels: number,
  modes: number,
  lambda: (n: number) => readonly [number, number],
): Parameter[] {
  return [
    tree.parameter(
      'log_A_real',
      [channels, modes],
      everyChannel((n) => Math.log(-lambda(n)[0])),
      fixed,
    ),
    tree.parameter(
      'A_imag',
      [channels, modes],
      everyChannel((n) => lambda(n)[1]),
      fixed,
    ),
  ];
}

/** The first Λ of mode n, of N/2: real and imaginary part (Gu et al. 2022, section 4). */
const firstLambda: Record<DiagonalKernelOptions['init'], (n: number, N: number) => readonly [number, number]> = {
  lin: (n) => [-0.5, Math.PI * n],
  inv: (n, N) => [-0.5, (N / Math.PI) * (N / (2 * n + 1) - 1)],
  real: (n) => [-(n + 1), 0],
};

/** Every channel starts alike. A parameter (channels, modes) or (channels, modes, 2), whose last axis is `part`. */
const everyChannel =
  (value: (mode: number, part: number) => number): Init =>
  (values, _random, [, modes, parts = 1]) => {
    for (let i = 0; i < values.length; i++) values[i] = value(Math.floor(i / parts) % modes, i % parts);
  };

const forms = new Map<number, DiagonalPlusLowRank>();

/** HiPPO-LegS of N states in diagonal form, computed once. */
function legSForm(N: number): DiagonalPlusLowRank {
  const form = forms.get(N) ?? legSDiagonal(N);
  forms.set(N, form);
  return form;
}
