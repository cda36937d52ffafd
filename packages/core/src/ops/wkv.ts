/**
 * WKV, RWKV-4's recurrence: an average of the values seen so far, weighted by their keys, whose weights
 * decay with time; the newest value has a bonus.
 *
 *   yₜ = (Aₜ₋₁ + e^(u+kₜ) vₜ) / (Bₜ₋₁ + e^(u+kₜ))
 *   Aₜ = e^w Aₜ₋₁ + e^kₜ vₜ          Bₜ = e^w Bₜ₋₁ + e^kₜ
 *
 * The state is A = aa e^pp and B = bb e^pp, with pp the largest exponent so far: no exp overflows. Empty, it
 * is (0, 0, −1e38). Its backward keeps the state at chunk borders and recomputes between them.
 *
 * Paper: Peng et al. 2023, section 3.1 and appendix D. Official: wkv_cuda.cu; w is −exp(time_decay), u time_first.
 */
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/** Channels that one unit of the kernel walks, and steps between kept states (kernels/wkv.cpp). */
const BLOCK = 64;
export const WKV_CHUNK = 32;

/** Each (B, D). */
export interface WkvState {
  aa: Tensor;
  bb: Tensor;
  pp: Tensor;
}

export interface WkvInput {
  k: Tensor; //      (B, L, D)
  v: Tensor; //      (B, L, D)
  decay: Tensor; //  (D): w, negative
  bonus: Tensor; //  (D): u
  /** Default: nothing was read. */
  state?: WkvState;
  positions?: Positions;
}

/** → y: (B, L, D) and the state after the last step */
export function wkv(input: WkvInput): { y: Tensor; state: WkvState } {
  const { positions = {} } = input;
  requireAxes('wkv', 'k', input.k, 3, '(B, L, D)');
  const [B, L, D] = input.k.shape;
  requireShape('wkv', 'v', input.v, [B, L, D], 'the shape of k');
  requireShape('wkv', 'decay', input.decay, [D], 'the channels of k');
  requireShape('wkv', 'bonus', input.bonus, [D], 'the channels of k');
  const before = input.state && [input.state.aa, input.state.bb, input.state.pp];
  before?.forEach((tensor, i) => {
    requireShape('wkv', `state.${['aa', 'bb', 'pp'][i]}`, tensor, [B, D], 'the rows and channels of k');
  });
  const { k, v } = input;
  const [decay, bonus] = [contiguous(input.decay), contiguous(input.bonus)];
  const start = before?.map(contiguous) ?? [];
  const inputs = [k, v, decay, bonus, ...start];
  requireOneBackend('wkv', inputs);
  requirePositions('wkv', positions, k.backend, B, L);
  const { backend } = k;
  const { device } = backend;
  reportMultiplyAdds(8 * B * L * D);
  const y = backend.empty([B, L, D]);
  const last = [0, 1, 2].map(() => backend.empty([B, D]));
  const tracked = isTracked(...inputs);
  const borders = tracked ? backend.empty([B, Math.ceil(L / WKV_CHUNK), 3, D]) : undefined;
  const units = B * Math.ceil(D / BLOCK);
  const address = (tensor: Tensor | undefined) => tensor?.pointer ?? 0;
  const [age, lengths] = [address(positions.age), address(positions.lengths)];
  if (units) {
    device.run(
      'wkv_forward',
      units,
      Math.max(1, Math.ceil(64 / Math.max(1, L))),
      k.pointer,
      v.pointer,
      decay.pointer,
      bonus.pointer,
      address(start[0]),
      address(start[1]),
      address(start[2]),
      age,
      lengths,
      y.pointer,
      last[0].pointer,
      last[1].pointer,
      last[2].pointer,
      address(borders),
      L,
      D,
      k.rowStride,
      v.rowStride,
    );
  }
  const [aa, bb, pp] = last;
  const result = { y, state: { aa, bb, pp } };
  if (!borders) return result;
  record({
    name: 'wkv',
    inputs,
    outputs: [y, ...last],
    backward: ([grad, ...dlast], to) => {
      const dy = grad ? contiguous(grad) : backend.zeros(y.shape);
      const [dk, dv] = [to.place(k), to.place(v)];
      const [dw, du] = [backend.empty([B, D]), backend.empty([B, D])];
      const after = dlast.map((one) => one && contiguous(one));
      const dstart = start.some((one) => to.wants(one)) ? start.map(() => backend.empty([B, D])) : [];
      if (units) {
        device.run(
          'wkv_backward',
          units,
          1,
          k.pointer,
          v.pointer,
          decay.pointer,
          bonus.pointer,
          borders.pointer,
          age,
          lengths,
          dy.pointer,
          address(after[0]),
          address(after[1]),
          address(after[2]),
          dk.pointer,
          dv.pointer,
          dw.pointer,
          du.pointer,
          address(dstart[0]),
          address(dstart[1]),
          address(dstart[2]),
          L,
          D,
          k.rowStride,
          v.rowStride,
          dk.rowStride,
          dv.rowStride,
        );
      }
      const overRows = (x: Tensor) => new Tensor(sumTo(x, [1, D]).storage, [D]);
      return [dk, dv, overRows(dw), overRows(du), ...dstart];
    },
  });
  return result;
}
