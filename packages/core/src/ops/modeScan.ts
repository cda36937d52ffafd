/**
 * The scan over complex modes around its kernels: checks, state, kept borders, gradients.
 *
 * The modes of S4D are independent of each other, those of S4 are coupled. Each brings its two kernels.
 */
import type { Device, Operand, Rows } from '../backend/device.ts';
import { S4D_CHUNK } from '../backend/kernels/s4d.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/** Steps between two states that are kept for the backward. */
export { S4D_CHUNK };

/** Channels that one unit of the kernels computes. */
const BLOCK = 64;

export interface ModeScanInput {
  u: Tensor; //      (B, L, H)
  modes: Tensor; //  (4, N/2, H), from s4dModes, or (10, N/2, H), from s4Modes
  D?: Tensor; //     (H)
  /** Where documents begin and how long the rows are. Default: every row is one document of L steps. */
  positions?: Positions;
}

/** A call of a kernel: `units` in parts of `grain`. */
export interface ModeRun {
  device: Device;
  units: number;
  grain: number;
  sizes: { L: number; H: number; M: number; W: number; T: number };
}

interface ModeOperands {
  u: Rows;
  modes: Operand;
  skip: Operand | undefined;
  age: Operand | undefined;
  lengths: Operand | undefined;
  scratch: Operand;
}

export interface ModeForward extends ModeOperands {
  state: Operand | undefined;
  y: Operand;
  lastState: Operand;
  borders: Operand | undefined;
}

export interface ModeBackward extends ModeOperands {
  borders: Operand;
  dout: Operand;
  dlast: Operand | undefined;
  du: Rows;
  dmodes: Operand;
  dskip: Operand;
  dstate: Operand;
}

export interface ModeKernels {
  name: 's4d' | 's4';
  /** Real numbers that the kernels hold of a mode: rows of `modes`. */
  rows: number;
  /** Multiply-adds for a mode and a step. */
  multiplyAdds: number;
  /** What these are, for errors. */
  holds: string;
  /** Floats of scratch that one unit needs. */
  scratch(device: Device, sizes: { M: number; T: number }): number;
  forward(run: ModeRun, operands: ModeForward): void;
  backward(run: ModeRun, operands: ModeBackward): void;
}

/** From a state (B, 2, N/2, H), real and imaginary, or from zeros. Returns y (B, L, H) and the state after. */
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
  const { age, lengths } = positions;
  reportMultiplyAdds(B * L * H * (kernels.multiplyAdds * M + 1));
  const modes = contiguous(input.modes);
  const state = initial && contiguous(initial);
  const { backend } = u;
  const { device } = backend;
  const y = backend.empty([B, L, H]);
  const lastState = backend.empty([B, 2, M, H]);
  const tracked = isTracked(u, modes, skip, state);
  const borders = tracked ? backend.empty([B, Math.ceil(L / S4D_CHUNK), 2, M, H]) : undefined;
  const units = B * Math.ceil(H / BLOCK);
  const grain = Math.max(1, Math.ceil(4096 / Math.max(1, L * M * BLOCK)));
  const sizes = { L, H, M, W: BLOCK, T: S4D_CHUNK };
  const room = () => backend.empty([units * kernels.scratch(device, sizes)]);
  const operands = { u, modes, skip, state, age, lengths, y, lastState, borders, scratch: room() };
  kernels.forward({ device, units, grain, sizes }, operands);
  if (!borders) return { y, state: lastState };
  record({
    name: `${name}Scan`,
    inputs: [u, modes, skip, state],
    outputs: [y, lastState],
    backward: ([grad, gradState], to) => {
      const dout = grad ? contiguous(grad) : backend.zeros(y.shape);
      const dlast = gradState && contiguous(gradState);
      const du = to.place(u);
      const [dmodes, dskip] = [backend.empty([B, rows, M, H]), backend.empty([B, H])];
      const dstate = backend.empty([B, 2, M, H]);
      const operands = {
        u,
        modes,
        skip,
        age,
        lengths,
        borders,
        scratch: room(),
        dout,
        dlast,
        du,
        dmodes,
        dskip,
        dstate,
      };
      kernels.backward({ device, units, grain: 1, sizes }, operands);
      return [
        du,
        new Tensor(sumTo(dmodes, [1, rows, M, H]).storage, modes.shape),
        skip && new Tensor(sumTo(dskip, [1, H]).storage, skip.shape),
        state && dstate,
      ];
    },
  });
  return { y, state: lastState };
}
