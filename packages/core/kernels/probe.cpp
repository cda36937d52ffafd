// The bounds of the machine, measured through the same calls as the models make. The bench and `mamba-ts doctor`
// compare other figures with them.
#include "simd.h"

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr i32 CHAINS = 18;  // of 32 registers
#elif defined(__wasm__)
constexpr i32 CHAINS = 8;  // V8 spills beyond
#else
constexpr i32 CHAINS = 12;  // of 16 registers
#endif
SHARED constexpr i32 PROBE_BLOCK = 2048;  // floats of one unit of probe_read
SHARED constexpr i32 PROBE_EXPS = 1024;   // exponentials of one unit of probe_exp

// Floating-point operations of one step of probe_fma.
EXPORT i32 probe_flops() { return 2 * CHAINS * LANES; }

// Independent chains of multiply-adds, `steps` long. range: repetitions
KERNEL void probe_fma(f32* sink, i32 steps, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++) {
    vf acc[CHAINS];
    for (i32 c = 0; c < CHAINS; c++) acc[c] = splat((f32)c);
    const vf x = load(sink), y = load(sink + LANES);
    for (i32 i = 0; i < steps; i++) {
#pragma GCC unroll 18
      for (i32 c = 0; c < CHAINS; c++) acc[c] = fma(acc[c], x, y);
    }
    for (i32 c = 1; c < CHAINS; c++) acc[0] += acc[c];
    if (sum(acc[0]) == 0.12345f) sink[0] = 0;
  }
}

// A plain read of x, in two streams, which suit the prefetchers of the memory. range: blocks of PROBE_BLOCK
KERNEL void probe_read(const f32* x, f32* sink, i32 begin, i32 end) {
  vf acc[8] = {};
  const i64 half = (i64)(end - begin) * (PROBE_BLOCK / 2);
  const f32* from = x + (i64)begin * PROBE_BLOCK;
  for (i64 i = 0; i < half; i += 4 * LANES) {
#pragma GCC unroll 4
    for (i32 c = 0; c < 4; c++) {
      acc[c] += load(from + i + c * LANES);
      acc[4 + c] += load(from + half + i + c * LANES);
    }
  }
  for (i32 c = 1; c < 8; c++) acc[0] += acc[c];
  if (sum(acc[0]) == 0.12345f) sink[0] = 0;
}

// exp over the same PROBE_EXPS floats again and again; the results follow them. range: repetitions
KERNEL void probe_exp(f32* x, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++)
    for (i32 i = 0; i < PROBE_EXPS; i += 8 * LANES) {
#pragma GCC unroll 8
      for (i32 c = 0; c < 8; c++) store(x + PROBE_EXPS + i + c * LANES, exp(load(x + i + c * LANES)));
    }
}
