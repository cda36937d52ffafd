// Softmax over the last axis.
#include "simd.h"

// y = exp(x) / Σ exp(x) for each row. x, y: (R, N)   range: rows
KERNEL void softmax_forward(const f32* x, f32* y, i32 N, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++) {
    const f32* from = x + (i64)r * N;
    f32* to = y + (i64)r * N;
    f32 m = from[0];
    for (i32 i = 1; i < N; i++) m = from[i] > m ? from[i] : m;
    f32 total = 0;
    for (i32 i = 0; i < N; i += LANES) {
      const i32 n = min(LANES, N - i);
      const vf e = exp((n == LANES ? load(from + i) : load_part(from + i, n)) - m);
      if (n == LANES) {
        store(to + i, e);
        total += sum(e);
      } else
        for (i32 j = 0; j < n; j++) total += to[i + j] = e[j];
    }
    const f32 scale = 1.0f / total;
    for (i32 i = 0; i < N; i++) to[i] *= scale;
  }
}

// dx = y (dy - y·dy). range: rows
KERNEL void softmax_backward(const f32* y, const f32* dy, f32* dx, i32 N, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++) {
    const i64 at = (i64)r * N;
    f32 dot = 0;
    for (i32 i = 0; i < N; i++) dot += y[at + i] * dy[at + i];
    for (i32 i = 0; i < N; i++) dx[at + i] = y[at + i] * (dy[at + i] - dot);
  }
}
