// A few rows times a matrix, y = x Wᵀ (+ bias): decoding. Bound by reading W once.
#include "simd.h"

// w: (N, K)   x: (M, K), row stride ldx   y: (M, N), row stride ldy   bias: (N) or null   range: N
KERNEL void gemv(const f32* w, const f32* x, const f32* bias, f32* y, i32 M, i32 N, i32 K, i32 ldx, i32 ldy, i32 begin,
                 i32 end) {
  (void)N;
  for (i32 n = begin; n < end; n++)
    for (i32 m = 0; m < M; m++) {
      vf s = {};
      i32 k = 0;
      for (; k + LANES <= K; k += LANES) s = fma(load(w + (i64)n * K + k), load(x + (i64)m * ldx + k), s);
      f32 total = sum(s) + (bias ? bias[n] : 0);
      for (; k < K; k++) total += w[(i64)n * K + k] * x[(i64)m * ldx + k];
      y[(i64)m * ldy + n] = total;
    }
}
