// Vectors of f32, as wide as the machine's registers, and the functions the field needs on them.
//
// Everything is written once with the GCC/Clang vector extensions; the few places where an
// instruction matters (fused multiply-add on relaxed SIMD, scalef on AVX-512) say so.
#pragma once
#include "kernel.h"

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#include <immintrin.h>
#elif defined(__AVX2__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
#define LANES (VECTOR_BYTES / 4)

typedef f32 vf __attribute__((vector_size(VECTOR_BYTES)));
typedef i32 vi __attribute__((vector_size(VECTOR_BYTES)));
typedef f32 vf_unaligned __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

INLINE vf load(const f32* p) { return *(const vf_unaligned*)p; }
INLINE void store(f32* p, vf v) { *(vf_unaligned*)p = v; }
// `x - zero` and not `x + zero`: adding +0 would turn -0 into +0.
INLINE vf splat(f32 x) { return x - (vf){}; }
INLINE vf load_part(const f32* p, i32 n) {
  vf v = {};
  for (i32 i = 0; i < n; i++) v[i] = p[i];
  return v;
}
INLINE void store_part(f32* p, vf v, i32 n) {
  for (i32 i = 0; i < n; i++) p[i] = v[i];
}

// a b + c, with one rounding where the machine has it.
INLINE vf fma(vf a, vf b, vf c) {
#if defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#else
  return a * b + c;
#endif
}
INLINE vf select(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
INLINE vf maximum(vf a, vf b) { return select(a > b, a, b); }
INLINE vf minimum(vf a, vf b) { return select(a < b, a, b); }

INLINE f32 sum(vf v) {
  f32 s = 0;
  for (i32 i = 0; i < LANES; i++) s += v[i];
  return s;
}
INLINE f32 largest(vf v) {
  f32 m = v[0];
  for (i32 i = 1; i < LANES; i++) m = v[i] > m ? v[i] : m;
  return m;
}

// exp(x) = 2^n exp(r), |r| <= ln2 / 2; n comes from the rounding that adding 1.5 * 2^23 does.
// Relative error under 2 ulp; 0 below -87.3, infinity above 88.7, NaN stays NaN.
INLINE vf exp(vf x) {
  const vf magic = splat(12582912.0f);
  const vf shifted = fma(x, splat(1.44269504088896341f), magic);
  const vf n = shifted - magic;
  vf r = fma(n, splat(-0.693145751953125f), x);
  r = fma(n, splat(-1.42860677e-6f), r);
  vf p = splat(1.9875691500e-4f);
  p = fma(p, r, splat(1.3981999507e-3f));
  p = fma(p, r, splat(8.3334519073e-3f));
  p = fma(p, r, splat(4.1665795894e-2f));
  p = fma(p, r, splat(1.6666665459e-1f));
  p = fma(p, r, splat(5.0000001201e-1f));
  p = fma(p, r * r, r) + 1.0f;
#if defined(__AVX512F__)
  return _mm512_scalef_ps(p, n);
#else
  const vf y = p * (vf)(((vi)shifted << 23) + 0x3f800000);
  return select(x < -87.3f, (vf){}, select(x > 88.72f, splat(__builtin_inff()), y));
#endif
}

// log(x) for x > 0 (Cephes logf): x = 2^e m with m in [sqrt(1/2), sqrt(2)).
INLINE vf log(vf x) {
  vi bits = (vi)x;
  vi e = (bits >> 23) - 126;
  vf m = (vf)((bits & 0x007fffff) | 0x3f000000);
  const vi low = m < 0.707106781186547524f;
  e += low;
  m = select(low, m + m, m) - 1.0f;
  const vf z = m * m;
  vf p = splat(7.0376836292e-2f);
  p = fma(p, m, splat(-1.1514610310e-1f));
  p = fma(p, m, splat(1.1676998740e-1f));
  p = fma(p, m, splat(-1.2420140846e-1f));
  p = fma(p, m, splat(1.4249322787e-1f));
  p = fma(p, m, splat(-1.6668057665e-1f));
  p = fma(p, m, splat(2.0000714765e-1f));
  p = fma(p, m, splat(-2.4999993993e-1f));
  p = fma(p, m, splat(3.3333331174e-1f));
  const vf ef = __builtin_convertvector(e, vf);
  vf y = m * z * p;
  y = fma(ef, splat(-2.12194440e-4f), y);
  y = fma(splat(-0.5f), z, y);
  y = m + y;
  y = fma(ef, splat(0.693359375f), y);
  y = select(x == 0.0f, splat(-__builtin_inff()), y);
  return select((x < 0.0f) | (x != x), splat(__builtin_nanf("")), select(x == __builtin_inff(), x, y));
}

INLINE vf sigmoid(vf x) { return 1.0f / (1.0f + exp(-x)); }
INLINE vf silu(vf x) { return x * sigmoid(x); }
INLINE vf tanh(vf x) {
  // Odd polynomial near zero, where 1 - 2 / (exp(2x) + 1) would cancel.
  const vf x2 = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = fma(p, x2, splat(2.06390887954e-2f));
  p = fma(p, x2, splat(-5.37397155531e-2f));
  p = fma(p, x2, splat(1.33314422036e-1f));
  p = fma(p, x2, splat(-3.33332819422e-1f));
  const vf small = fma(p * x2, x, x);
  const vf wide = 1.0f - 2.0f / (exp(x + x) + 1.0f);
  return select(x2 < 0.390625f, small, wide);
}
// log(1 + exp(x)), linear above 20 as the official code has it. Kahan's form of log1p keeps the
// relative accuracy of small results.
INLINE vf softplus(vf x) {
  const vf e = exp(x);
  const vf u = 1.0f + e;
  const vf d = u - 1.0f;
  const vf y = select(d == 0.0f, e, log(u) * (e / d));
  return select(x > 20.0f, x, y);
}
