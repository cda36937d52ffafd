// Token shift: each step's features mixed with those of the step before, channel by channel.
//
//   y[t] = m x[t] + (1 - m) x[t-1]
//
// x[t-1] before the start comes from the state; it is zero where a document begins (age 0).
// Official: time_shift of BlinkDL/RWKV-LM, time_mixing and channel_mixing of RWKV_in_150_lines.py.
//
// x: (B, L, D), row stride ldx   y, dy: (B, L, D)   mix: (D)   state, last: (B, D), may be null
// age: (B, L) or null   lengths: (B) or null   range: B * ceil(D / SHIFT_BLOCK)
#include "simd.h"

constexpr i32 SHIFT_BLOCK = 64;

KERNEL void shift_forward(const f32* x, const f32* mix, const f32* state, const i32* age, const i32* lengths, f32* y,
                          f32* last, i32 L, i32 D, i32 ldx, i32 begin, i32 end) {
  const i32 blocks = ceil_div(D, SHIFT_BLOCK);
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, from = unit % blocks * SHIFT_BLOCK, to = min(from + SHIFT_BLOCK, D);
    const i32 length = lengths ? lengths[b] : L;
    const f32* before = state ? state + (i64)b * D : 0;
    for (i32 t = 0; t < length; t++) {
      const i64 at = (i64)b * L + t;
      const f32 *xt = x + at * ldx, *previous = age && age[at] == 0 ? 0 : before;
      f32* yt = y + at * D;
      if (previous)
        for (i32 d = from; d < to; d++) yt[d] = xt[d] * mix[d] + previous[d] * (1.0f - mix[d]);
      else
        for (i32 d = from; d < to; d++) yt[d] = xt[d] * mix[d];
      before = xt;
    }
    if (last)
      for (i32 d = from; d < to; d++) last[(i64)b * D + d] = before ? before[d] : 0.0f;
    clear_rows(y + (i64)b * L * D + from, D, length, L, to - from);
  }
}

// dx and dstate are added to where `add` is not 0; dmix: (B, D): the caller sums over B.
// dlast is null where no gradient arrives, dstate where none is wanted.
KERNEL void shift_backward(const f32* x, const f32* mix, const f32* state, const i32* age, const i32* lengths,
                           const f32* dy, const f32* dlast, f32* dx, f32* dmix, f32* dstate, i32 L, i32 D, i32 ldx,
                           i32 lddx, i32 add, i32 begin, i32 end) {
  const i32 blocks = ceil_div(D, SHIFT_BLOCK);
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, from = unit % blocks * SHIFT_BLOCK, to = min(from + SHIFT_BLOCK, D);
    const i32 width = to - from, length = lengths ? lengths[b] : L;
    f32 later[SHIFT_BLOCK], dm[SHIFT_BLOCK] = {};
    const f32* m = mix + from;
    for (i32 d = 0; d < width; d++) later[d] = dlast ? dlast[(i64)b * D + from + d] : 0.0f;
    for (i32 t = length - 1; t >= 0; t--) {
      const i64 at = (i64)b * L + t;
      const f32 *xt = x + at * ldx + from, *g = dy + at * D + from;
      const f32* previous = age && age[at] == 0 ? 0 : t ? xt - ldx : state ? state + (i64)b * D + from : 0;
      f32* dxt = dx + at * lddx + from;
      for (i32 d = 0; d < width; d++) dxt[d] = (add ? dxt[d] : 0.0f) + (later[d] + g[d] * m[d]);
      for (i32 d = 0; d < width; d++) dm[d] += g[d] * xt[d];
      if (previous)
        for (i32 d = 0; d < width; d++) dm[d] -= g[d] * previous[d];
      const bool begins = age && age[at] == 0;
      for (i32 d = 0; d < width; d++) later[d] = begins ? 0.0f : g[d] * (1.0f - m[d]);
    }
    for (i32 d = 0; d < width; d++) dmix[(i64)b * D + from + d] = dm[d];
    if (dstate) {
      f32* to_state = dstate + (i64)b * D + from;
      for (i32 d = 0; d < width; d++) to_state[d] = (add ? to_state[d] : 0.0f) + later[d];
    }
    if (!add) clear_rows(dx + (i64)b * L * lddx + from, lddx, length, L, width);
  }
}
