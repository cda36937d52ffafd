/**
 * WKV, RWKV-4's recurrence: an average of the values so far, weighted by their keys. The weights decay with time,
 * and the newest value has a bonus.
 *
 *   yₜ = (Aₜ₋₁ + e^(u+kₜ) vₜ) / (Bₜ₋₁ + e^(u+kₜ))
 *   Aₜ = e^w Aₜ₋₁ + e^kₜ vₜ          Bₜ = e^w Bₜ₋₁ + e^kₜ
 *
 * The state is A = aa e^pp and B = bb e^pp, with pp the largest exponent so far, so that no exp overflows. Before
 * the first step it is (0, 0, −1e38). The backward keeps the state at chunk borders and recomputes between them.
 *
 * Paper: Peng et al. 2023, section 3.1 and appendix D. Official: wkv_cuda.cu; w is −exp(time_decay), u time_first.
 */
import { WKV_BLOCK, WKV_CHUNK, wkvBackward, wkvForward } from '../backend/kernels/wkv.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/** Steps between two states that are kept for the backward. */
export { WKV_CHUNK };

/** The state of wkv, each (B, D). */
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
  /** Default: that before the first step. */
  state?: WkvState;
  /** Where documents begin and how long the rows are. Default: every row is one document of L steps. */
  positions?: Positions;
}

/**
 * RWKV-4's recurrence over a sequence.
 *
 * Returns y (B, L, D), zeros beyond a row's length, and the state after each row's last step.
 * Throws a UsageError for shapes that do not fit.
 */
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
  const [w, u] = [contiguous(input.decay), contiguous(input.bonus)];
  const start = before?.map(contiguous) ?? [];
  const [aa, bb, pp]: (Tensor | undefined)[] = start;
  const inputs = [k, v, w, u, ...start];
  requireOneBackend('wkv', inputs);
  requirePositions('wkv', positions, k.backend, B, L);
  const { age, lengths } = positions;
  const { backend } = k;
  const { device } = backend;
  reportMultiplyAdds(8 * B * L * D);
  const y = backend.empty([B, L, D]);
  const [lastAa, lastBb, lastPp] = [0, 1, 2].map(() => backend.empty([B, D]));
  const tracked = isTracked(...inputs);
  const borders = tracked ? backend.empty([B, Math.ceil(L / WKV_CHUNK), 3, D]) : undefined;
  const units = B * Math.ceil(D / WKV_BLOCK);
  const grain = Math.max(1, Math.ceil(64 / Math.max(1, L)));
  const given = { k, v, w, u, aa, bb, pp, age, lengths, y, lastAa, lastBb, lastPp, borders };
  wkvForward(device, units, grain, given, { L, D });
  const result = { y, state: { aa: lastAa, bb: lastBb, pp: lastPp } };
  if (!borders) return result;
  record({
    name: 'wkv',
    inputs,
    outputs: [y, lastAa, lastBb, lastPp],
    backward: ([grad, ...gradState], to) => {
      const dy = grad ? contiguous(grad) : backend.zeros(y.shape);
      const [dk, dv] = [to.place(k), to.place(v)];
      const [dw, du] = [backend.empty([B, D]), backend.empty([B, D])];
      const [dlastAa, dlastBb, dlastPp] = gradState.map((x) => x && contiguous(x));
      const dstart = start.some((x) => to.wants(x)) ? start.map(() => backend.empty([B, D])) : [];
      const [daa, dbb, dpp]: (Tensor | undefined)[] = dstart;
      const operands = {
        k,
        v,
        w,
        u,
        borders,
        age,
        lengths,
        dy,
        dlastAa,
        dlastBb,
        dlastPp,
        dk,
        dv,
        dw,
        du,
        daa,
        dbb,
        dpp,
      };
      wkvBackward(device, units, 1, operands, { L, D });
      const overRows = (x: Tensor) => new Tensor(sumTo(x, [1, D]).storage, [D]);
      return [dk, dv, overRows(dw), overRows(du), ...dstart];
    },
  });
  return result;
}
