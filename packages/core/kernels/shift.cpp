// Token shift: each step's features mixed with those of the step before, channel by channel.
//
//   y[t] = m x[t] + (1 - m) x[t-1]
//
// x[t-1] before the start comes from the state; it is zero where a document begins (age 0).
// Official: time_shift of BlinkDL/RWKV-LM, time_mixing and channel_mixing of RWKV_in_150_lines.py.
//
// x, y, dy: (B, L, D)   mix: (D), m   state, last_state: (B, D)   age: (B, L)   lengths: (B)
// range: B * ceil(D / SHIFT_BLOCK)
#include "simd.h"

SHARED constexpr i32 SHIFT_BLOCK = 64;  // channels of one unit

// One vector of channels of one step. `before` is null at the start of a document.
template <bool WHOLE>
INLINE void shift_step(const f32* x, const f32* before, const f32* mix, f32* y, i32 n) {
  const vf m = take<WHOLE>(mix, n), old = before ? take<WHOLE>(before, n) : (vf){};
  put<WHOLE>(y, fma(m, take<WHOLE>(x, n), (1.0f - m) * old), n);
}

// y, and x of the last step of each row. range: B * ceil(D / SHIFT_BLOCK)
KERNEL void shift_forward(const f32* x, const f32* mix, OPTIONAL const f32* state, OPTIONAL const i32* age,
                          OPTIONAL const i32* lengths, f32* y, OPTIONAL f32* last_state, i32 L, i32 D, i32 ldx,
                          i32 begin, i32 end) {
  const i32 blocks = ceil_div(D, SHIFT_BLOCK);
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, from = unit % blocks * SHIFT_BLOCK, to = min(from + SHIFT_BLOCK, D);
    const i32 length = lengths ? lengths[b] : L;
    const f32* before = state ? state + (i64)b * D : 0;
    for (i32 t = 0; t < length; t++) {
      const i64 at = (i64)b * L + t;
      const f32 *xt = x + at * ldx, *old = age && age[at] == 0 ? 0 : before;
      f32* yt = y + at * D;
      i32 d = from;
      for (; d + LANES <= to; d += LANES) shift_step<true>(xt + d, old ? old + d : 0, mix + d, yt + d, LANES);
      if (d < to) shift_step<false>(xt + d, old ? old + d : 0, mix + d, yt + d, to - d);
      before = xt;
    }
    if (last_state)
      for (i32 d = from; d < to; d++) last_state[(i64)b * D + d] = before ? before[d] : 0.0f;
    clear_rows(y + (i64)b * L * D + from, D, length, L, to - from);
  }
}

// The gradient of x[t] from step t + 1, and the gradient of the mix so far.
struct ShiftGrads {
  vf later, mix;
};

template <bool WHOLE>
INLINE void shift_step_back(ShiftGrads& g, const f32* x, const f32* before, const f32* mix, const f32* dy, f32* dx,
                            i32 n, bool add, bool begins) {
  const vf m = take<WHOLE>(mix, n), grad = take<WHOLE>(dy, n), old = before ? take<WHOLE>(before, n) : (vf){};
  const vf total = fma(grad, m, g.later);
  put<WHOLE>(dx, add ? take<WHOLE>(dx, n) + total : total, n);
  g.mix = fma(grad, take<WHOLE>(x, n) - old, g.mix);
  g.later = begins ? (vf){} : grad * (1.0f - m);
}

// With `add`, dx and dstate are added to. dmix: (B, D): the caller sums over B. range: B * ceil(D / SHIFT_BLOCK)
KERNEL void shift_backward(const f32* x, const f32* mix, OPTIONAL const f32* state, OPTIONAL const i32* age,
                           OPTIONAL const i32* lengths, const f32* dy, OPTIONAL const f32* dlast, f32* dx, f32* dmix,
                           OPTIONAL f32* dstate, i32 L, i32 D, i32 ldx, i32 lddx, bool add, i32 begin, i32 end) {
  const i32 blocks = ceil_div(D, SHIFT_BLOCK);
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, from = unit % blocks * SHIFT_BLOCK, to = min(from + SHIFT_BLOCK, D);
    const i32 length = lengths ? lengths[b] : L;
    const i64 row = (i64)b * D;
    ShiftGrads grads[SHIFT_BLOCK / LANES] = {};
    if (dlast)
      for (i32 d = from; d < to; d += LANES)
        grads[(d - from) / LANES].later = load_part(dlast + row + d, min(LANES, to - d));
    for (i32 t = length - 1; t >= 0; t--) {
      const i64 at = (i64)b * L + t;
      const bool begins = age && age[at] == 0;
      const f32 *xt = x + at * ldx, *old = begins ? 0 : t ? xt - ldx : state ? state + row : 0, *dyt = dy + at * D;
      f32* dxt = dx + at * lddx;
      ShiftGrads* g = grads;
      i32 d = from;
      for (; d + LANES <= to; d += LANES)
        shift_step_back<true>(*g++, xt + d, old ? old + d : 0, mix + d, dyt + d, dxt + d, LANES, add, begins);
      if (d < to)
        shift_step_back<false>(*g, xt + d, old ? old + d : 0, mix + d, dyt + d, dxt + d, to - d, add, begins);
    }
    for (i32 d = from; d < to; d += LANES) {
      const i32 n = min(LANES, to - d);
      const ShiftGrads& g = grads[(d - from) / LANES];
      store_part(dmix + row + d, g.mix, n);
      if (dstate) store_part(dstate + row + d, add ? load_part(dstate + row + d, n) + g.later : g.later, n);
    }
    if (!add) clear_rows(dx + (i64)b * L * lddx + from, lddx, length, L, to - from);
  }
}
