// What the machine can do, measured through the same calls as the models: the bounds that the
// bench and `mamba-ts doctor` hold other figures against.
#include "simd.h"

// Eighteen independent chains of multiply-adds: 2 * 18 * LANES flops a step. range: repetitions
KERNEL void probe_fma(f32* sink, i32 steps, i32 begin, i32 end) {
#ifdef __wasm__
  constexpr i32 chains = 8;
#else
  constexpr i32 chains = 18;
#endif
  for (i32 r = begin; r < end; r++) {
    vf acc[chains];
    for (i32 c = 0; c < chains; c++) acc[c] = splat((f32)c);
    const vf x = load(sink), y = load(sink + LANES);
    for (i32 i = 0; i < steps; i++) {
#pragma GCC unroll 18
      for (i32 c = 0; c < chains; c++) acc[c] = fma(acc[c], x, y);
    }
    for (i32 c = 1; c < chains; c++) acc[0] += acc[c];
    if (sum(acc[0]) == 0.12345f) sink[0] = 0;
  }
}
EXPORT i32 probe_fma_chains() {
#ifdef __wasm__
  return 8;
#else
  return 18;
#endif
}

// A plain read of n floats: one sum a part. range: n / 1024 blocks
KERNEL void probe_read(const f32* x, f32* sink, i32 begin, i32 end) {
  vf acc[8] = {};
  for (i64 i = (i64)begin * 1024; i < (i64)end * 1024; i += 8 * LANES) {
#pragma GCC unroll 8
    for (i32 c = 0; c < 8; c++) acc[c] += load(x + i + c * LANES);
  }
  for (i32 c = 1; c < 8; c++) acc[0] += acc[c];
  if (sum(acc[0]) == 0.12345f) sink[0] = 0;
}

// exp over the same 4 KB again and again. range: repetitions
KERNEL void probe_exp(f32* x, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++)
    for (i32 i = 0; i < 1024; i += 8 * LANES) {
#pragma GCC unroll 8
      for (i32 c = 0; c < 8; c++) store(x + 1024 + i + c * LANES, exp(load(x + i + c * LANES)));
    }
}
