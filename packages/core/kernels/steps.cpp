// Steps of sequences: rows read backwards, and the largest value of each channel.
#include "simd.h"

// y[b, t] = x[b, length - 1 - t], and 0 beyond the length. Applied to dy, it gives dx.
// x, y: (B, L, D)   lengths: (B)   range: B * L
KERNEL void reverse_steps(const f32* x, OPTIONAL const i32* lengths, f32* y, i32 L, i32 D, i32 ldx, i32 ldy, i32 begin,
                          i32 end) {
  for (i32 i = begin; i < end; i++) {
    const i32 b = i / L, t = i % L, length = lengths ? lengths[b] : L;
    f32* to = y + (i64)i * ldy;
    if (t < length) __builtin_memcpy(to, x + ((i64)b * L + length - 1 - t) * ldx, (u32)D * sizeof(f32));
    else clear_rows(to, ldy, 0, 1, D);
  }
}

// y[b, d] = the largest of state[b, d] and x[b, t, d] over t. at: the first t with that value, -1 for the state.
// NaN counts as larger than any number. x: (B, L, D)   state, y, at: (B, D)   lengths: (B)   range: B
KERNEL void max_steps_forward(const f32* x, OPTIONAL const f32* state, OPTIONAL const i32* lengths, f32* y, i32* at,
                              i32 L, i32 D, i32 ldx, i32 begin, i32 end) {
  for (i32 b = begin; b < end; b++) {
    const i32 length = lengths ? lengths[b] : L;
    f32* top = y + (i64)b * D;
    i32* where = at + (i64)b * D;
    for (i32 d = 0; d < D; d++) {
      top[d] = state ? state[(i64)b * D + d] : -__builtin_inff();
      where[d] = -1;
    }
    for (i32 t = 0; t < length; t++) {
      const f32* row = x + ((i64)b * L + t) * ldx;
      for (i32 d = 0; d < D; d++)
        if (row[d] > top[d] || (row[d] != row[d] && top[d] == top[d])) {
          top[d] = row[d];
          where[d] = t;
        }
    }
  }
}

// dy, dstate: (B, D)   dx: (B, L, D)   range: B
KERNEL void max_steps_backward(const f32* dy, const i32* at, f32* dx, OPTIONAL f32* dstate, i32 L, i32 D, i32 lddx,
                               i32 begin, i32 end) {
  for (i32 b = begin; b < end; b++) {
    clear_rows(dx + (i64)b * L * lddx, lddx, 0, L, D);
    for (i32 d = 0; d < D; d++) {
      const i64 i = (i64)b * D + d;
      if (at[i] >= 0) dx[((i64)b * L + at[i]) * lddx + d] = dy[i];
      if (dstate) dstate[i] = at[i] < 0 ? dy[i] : 0.0f;
    }
  }
}
