/**
 * The gate after Mamba-3's scan, which sums over the ranks of a head.
 *
 *   out = Σᵣ mimoO · y · silu(z · mimoZ)
 *
 * Without z there is no gate; without mimoZ and mimoO both count as ones.
 * Official: the end of mamba3_siso_combined and mamba3_mimo.
 */
import { rankGateBackward, rankGateForward } from '../backend/kernels/mamba3_gate.ts';
import { record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

export interface RankGateInput {
  y: Tensor; //      (B, L, H, R, P)
  z?: Tensor; //     (B, L, H·P)
  mimoZ?: Tensor; // (H, R, P)
  mimoO?: Tensor; // (H, R, P)
}

/** Rows are summed in this many parts, whatever the thread count: results do not depend on it. */
const PARTS = 16;

/** Returns (B, L, H·P). Throws a UsageError for shapes that do not fit. */
export function rankGate(input: RankGateInput): Tensor {
  requireAxes('rankGate', 'y', input.y, 5, '(B, L, H, R, P)');
  const [batch, L, H, R, P] = input.y.shape;
  const ranks = [H, R, P];
  if (input.z) requireShape('rankGate', 'z', input.z, [batch, L, H * P], 'the heads and channels of y');
  if (input.mimoZ) requireShape('rankGate', 'mimo.z', input.mimoZ, ranks, 'the heads, ranks and channels of y');
  if (input.mimoO) requireShape('rankGate', 'mimo.o', input.mimoO, ranks, 'the heads, ranks and channels of y');
  requireOneBackend('rankGate', [input.y, input.z, input.mimoZ, input.mimoO]);
  const y = contiguous(input.y);
  const mimoZ = input.mimoZ && contiguous(input.mimoZ);
  const mimoO = input.mimoO && contiguous(input.mimoO);
  const { z } = input;
  const { backend } = y;
  const rows = batch * L;
  const out = backend.empty([batch, L, H * P]);
  const grain = Math.ceil(4096 / Math.max(1, H * R * P));
  rankGateForward(backend.device, rows, grain, { y, z, mimoZ, mimoO, out }, { H, R, P });
  record({
    name: 'rankGate',
    inputs: [y, z, mimoZ, mimoO],
    outputs: [out],
    backward: ([grad], to) => {
      if (!grad) return [];
      const dout = contiguous(grad);
      const dy = backend.empty(y.shape);
      const dz = z && to.place(z);
      const parts = Math.max(1, Math.min(PARTS, rows));
      // Zeros where there are no rows: the kernel then does not run.
      const partial = (tensor: Tensor | undefined) =>
        tensor && (rows ? backend.empty([parts, ...ranks]) : backend.zeros([parts, ...ranks]));
      const [dmimoZ, dmimoO] = [partial(mimoZ), partial(mimoO)];
      const operands = { y, z, mimoZ, mimoO, dout, dy, dz, dmimoZ, dmimoO };
      const sizes = { count: rows, H, R, P, rows: Math.ceil(rows / parts) };
      rankGateBackward(backend.device, rows ? parts : 0, 1, operands, sizes);
      const whole = (sums: Tensor | undefined) => sums && new Tensor(sumTo(sums, [1, ...ranks]).storage, ranks);
      return [dy, dz, whole(dmimoZ), whole(dmimoO)];
    },
  });
  return out;
}
