/**
 * Mamba-3's step sizes and decays from what in_proj says of them.
 *
 *   Δ = softplus(dt + dtBias)      A = −(1 + a) for a ≥ 0, −1 / (1 − a) below, at most −floor      ADT = A Δ
 *
 * Official: mamba_ssm/modules/mamba3.py of e9594ce, forward, as the published checkpoints want it; another version
 * of that file has A = −softplus(a).
 */
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

/** → DT, ADT: (B, L, H) */
export function mamba3Steps({ dt, a, dtBias, floor }: Mamba3StepsInput): { DT: Tensor; ADT: Tensor } {
  requireAxes('mamba3Steps', 'dt', dt, 3, '(B, L, H)');
  const H = dt.width;
  requireShape('mamba3Steps', 'a', a, dt.shape, 'the shape of dt');
  requireShape('mamba3Steps', 'dtBias', dtBias, [H], 'the heads of dt');
  requireOneBackend('mamba3Steps', [dt, a, dtBias]);
  const { backend, rows } = dt;
  const [DT, ADT] = [backend.empty(dt.shape), backend.empty(dt.shape)];
  const grain = Math.ceil(4096 / Math.max(1, H));
  const given = [dt.pointer, a.pointer, dtBias.pointer] as const;
  const sizes = [H, dt.rowStride, a.rowStride] as const;
  if (DT.size) {
    backend.device.run('mamba3_steps_forward', rows, grain, ...given, DT.pointer, ADT.pointer, ...sizes, floor);
  }
  record({
    name: 'mamba3Steps',
    inputs: [dt, a, dtBias],
    outputs: [DT, ADT],
    backward: ([dDT, dADT], to) => {
      const [grad, gradA] = [dDT, dADT].map((one) => (one ? contiguous(one) : backend.zeros(dt.shape)));
      const [ddt, da] = [to.place(dt), to.place(a)];
      if (DT.size) {
        backend.device.run(
          'mamba3_steps_backward',
          rows,
          grain,
          ...given,
          grad.pointer,
          gradA.pointer,
          ddt.pointer,
          da.pointer,
          ...sizes,
          ddt.rowStride,
          da.rowStride,
          floor,
        );
      }
      return [ddt, da, to.wants(dtBias) ? sumTo(contiguous(ddt), [H]) : undefined];
    },
  });
  return { DT, ADT };
}
