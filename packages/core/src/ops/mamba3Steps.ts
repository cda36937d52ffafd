/**
 * Mamba-3's step sizes and decays, from the output of in_proj.
 *
 *   Δ = softplus(dt + dtBias)      A = −(1 + a) for a ≥ 0, −1 / (1 − a) below, at most −floor      ADT = A Δ
 *
 * Official: mamba_ssm/modules/mamba3.py of e9594ce, forward, which the published checkpoints need. Another version
 * of that file has A = −softplus(a).
 */
import { mamba3StepsBackward, mamba3StepsForward } from '../backend/kernels/mamba3_gate.ts';
import { record } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

export interface Mamba3StepsInput {
  dt: Tensor; //     (B, L, H)
  a: Tensor; //      (B, L, H)
  dtBias: Tensor; // (H)
  floor: number;
}

/** Returns DT and ADT, (B, L, H). Throws a UsageError for shapes that do not fit. */
export function mamba3Steps({ dt, a, dtBias: bias, floor }: Mamba3StepsInput): { DT: Tensor; ADT: Tensor } {
  requireAxes('mamba3Steps', 'dt', dt, 3, '(B, L, H)');
  const H = dt.width;
  requireShape('mamba3Steps', 'a', a, dt.shape, 'the shape of dt');
  requireShape('mamba3Steps', 'dtBias', bias, [H], 'the heads of dt');
  requireOneBackend('mamba3Steps', [dt, a, bias]);
  const { backend, rows } = dt;
  const [DT, ADT] = [backend.empty(dt.shape), backend.empty(dt.shape)];
  const grain = Math.ceil(4096 / Math.max(1, H));
  mamba3StepsForward(backend.device, rows, grain, { dt, a, bias, delta: DT, adt: ADT }, { H, floor });
  record({
    name: 'mamba3Steps',
    inputs: [dt, a, bias],
    outputs: [DT, ADT],
    backward: ([dDT, dADT], to) => {
      const [ddelta, dadt] = [dDT, dADT].map((grad) => (grad ? contiguous(grad) : backend.zeros(dt.shape)));
      const [ddt, da] = [to.place(dt), to.place(a)];
      mamba3StepsBackward(backend.device, rows, grain, { dt, a, bias, ddelta, dadt, ddt, da }, { H, floor });
      return [ddt, da, to.wants(bias) ? sumTo(contiguous(ddt), [H]) : undefined];
    },
  });
  return { DT, ADT };
}
