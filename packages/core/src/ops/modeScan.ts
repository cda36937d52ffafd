/**
 * The scan over complex modes around its kernels: checks, state, kept borders, gradients.
 *
 * S4D's modes run apart, S4's are coupled; each brings its two kernels and what they hold of a mode.
 */
import type { Backend } from '../tensor/backend.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/** Steps between two kept states (at most S4D_STEPS in kernels/s4d.cpp). */
export const S4D_CHUNK = 32;
/** Channels that one unit of the kernel walks. */
const BLOCK = 64;

export interface ModeScanInput {
  u: Tensor; //      (B, L, H)
  modes: Tensor; //  (4, N/2, H), from s4dModes, or (10, N/2, H), from s4Modes
  D?: Tensor; //     (H)
  positions?: Positions;
}

type Six = readonly [number, number, number, number, number, number];

/** The units to run, in parts of `grain`, and where a kernel may put what it works with. */
interface Run {
  backend: Backend;
  units: number;
  grain: number;
  modes: number;
}

export interface ModeKernels {
  name: 's4d' | 's4';
  /** Real numbers that the kernels hold of a mode: rows of `modes`. */
  rows: number;
  /** Multiply-adds for a mode and a step. */
  multiplyAdds: number;
  /** What these are, for errors. */
  holds: string;
  /** u, modes, D, start, age, lengths → y, state, borders */
  forward(run: Run, from: Six, to: readonly [number, number, number], sizes: Six): void;
  /** u, modes, D, age, lengths, borders; dy, dstate → du, dmodes, dD, dstart; sizes and du's row stride */
  backward(
    run: Run,
    from: Six,
    grads: readonly [number, number],
    to: readonly [number, number, number, number],
    sizes: Six,
    duStride: number,
  ): void;
}

/** From a state (B, 2, N/2, H), real and imaginary, or from zeros → y: (B, L, H) and the state after. */
export function modeScan(kernels: ModeKernels, input: ModeScanInput, initial?: Tensor): { y: Tensor; state: Tensor } {
  const { name, rows, holds } = kernels;
  const { u, D: skip, positions = {} } = input;
  requireAxes(name, 'u', u, 3, '(B, L, H)');
  requireAxes(name, 'modes', input.modes, 3, `(${rows}, N/2, H)`);
  const [B, L, H] = u.shape;
  const M = input.modes.shape[1];
  requireShape(name, 'modes', input.modes, [rows, M, H], `${holds} for each mode and channel of u`);
  if (skip) requireShape(name, 'D', skip, [H], 'the channels of u');
  if (initial) requireShape(name, 'state', initial, [B, 2, M, H], 'a complex state for each row and mode');
  requireOneBackend(name, [u, input.modes, skip, initial]);
  requirePositions(name, positions, u.backend, B, L);
  reportMultiplyAdds(B * L * H * (kernels.multiplyAdds * M + 1));
  const modes = contiguous(input.modes);
  const start = initial && contiguous(initial);
  const { backend } = u;
  const y = backend.empty([B, L, H]);
  const state = backend.empty([B, 2, M, H]);
  const tracked = isTracked(u, modes, skip, start);
  const borders = tracked ? backend.empty([B, Math.ceil(L / S4D_CHUNK), 2, M, H]) : undefined;
  const units = B * Math.ceil(H / BLOCK);
  const grain = Math.max(1, Math.ceil(4096 / Math.max(1, L * M * BLOCK)));
  const age = positions.age?.pointer ?? 0;
  const lengths = positions.lengths?.pointer ?? 0;
  const given = [u.pointer, modes.pointer, skip?.pointer ?? 0] as const;
  const sizes = [L, H, M, BLOCK, S4D_CHUNK, u.rowStride] as const;
  if (units) {
    const from = [...given, start?.pointer ?? 0, age, lengths] as const;
    const to = [y.pointer, state.pointer, borders?.pointer ?? 0] as const;
    kernels.forward({ backend, units, grain, modes: M }, from, to, sizes);
  }
  if (!borders) return { y, state };
  record({
    name: `${name}Scan`,
    inputs: [u, modes, skip, start],
    outputs: [y, state],
    backward: ([grad, dlast], to) => {
      const dy = grad ? contiguous(grad) : backend.zeros(y.shape);
      const dstate = dlast && contiguous(dlast);
      const du = to.place(u);
      const [dmodes, dskip] = [backend.empty([B, rows, M, H]), backend.empty([B, H])];
      const dstart = backend.empty([B, 2, M, H]);
      if (units) {
        const from = [...given, age, lengths, borders.pointer] as const;
        const grads = [dy.pointer, dstate?.pointer ?? 0] as const;
        const places = [du.pointer, dmodes.pointer, dskip.pointer, dstart.pointer] as const;
        kernels.backward({ backend, units, grain: 1, modes: M }, from, grads, places, sizes, du.rowStride);
      }
      return [
        du,
        new Tensor(sumTo(dmodes, [1, rows, M, H]).storage, modes.shape),
        skip && new Tensor(sumTo(dskip, [1, H]).storage, skip.shape),
        start && dstart,
      ];
    },
  });
  return { y, state };
}
