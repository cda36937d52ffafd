// Vectors of f32, as wide as the machine's registers, and elementary functions on them.
//
// Everything is written once with the GCC/Clang vector extensions, except for a few places where one instruction
// matters, such as fused multiply-add on relaxed SIMD and scalef on AVX-512.
#pragma once
#include "kernel.h"

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#include <immintrin.h>
#elif defined(__AVX2__)
#define VECTOR_BYTES 32
#include <immintrin.h>
#else
#define VECTOR_BYTES 16
#endif
#define LANES (VECTOR_BYTES / 4)

typedef f32 vf __attribute__((vector_size(VECTOR_BYTES)));
typedef i32 vi __attribute__((vector_size(VECTOR_BYTES)));
typedef f32 vf_unaligned __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
// Four floats, independent of the vector width: for transposes and sums across lanes.
typedef f32 quad __attribute__((vector_size(16)));

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

// A vector, or its first n lanes.
INLINE vf some(const f32* p, i32 n) { return n == LANES ? load(p) : load_part(p, n); }
INLINE void put_some(f32* p, vf v, i32 n) {
  if (n == LANES) store(p, v);
  else store_part(p, v, n);
}

// a b + c, with one rounding where the machine has a fused multiply-add.
INLINE vf fma(vf a, vf b, vf c) {
#if defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#else
  return a * b + c;
#endif
}
// c - a b, likewise.
INLINE vf fnma(vf a, vf b, vf c) {
#if defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_nmadd_f32x4(a, b, c);
#else
  return c - a * b;
#endif
}
INLINE vf select(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
// a > b ? a : b and a < b ? a : b, one instruction each: b where either is NaN.
INLINE vf maximum(vf a, vf b) {
#if defined(__AVX512F__)
  return _mm512_max_ps(a, b);
#elif defined(__AVX2__)
  return _mm256_max_ps(a, b);
#elif defined(__wasm__)
  return __builtin_wasm_pmax_f32x4(b, a);
#else
  return select(a > b, a, b);
#endif
}
INLINE vf minimum(vf a, vf b) {
#if defined(__AVX512F__)
  return _mm512_min_ps(a, b);
#elif defined(__AVX2__)
  return _mm256_min_ps(a, b);
#elif defined(__wasm__)
  return __builtin_wasm_pmin_f32x4(b, a);
#else
  return select(a < b, a, b);
#endif
}

INLINE f32 sum(vf v) {
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps(v);
#elif defined(__AVX2__)
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
#else
  return (v[0] + v[1]) + (v[2] + v[3]);
#endif
}
INLINE f32 largest(vf v) {
  f32 m = v[0];
  for (i32 i = 1; i < LANES; i++) m = v[i] > m ? v[i] : m;
  return m;
}

// exp(x) = 2^n e^r with n the integer nearest to x log2(e): adding 1.5 * 2^23 rounds to n and leaves it in the low
// bits. The polynomials are minimax for the error in ulp, and exactly 1 at 0.
constexpr f32 LOG2E = 1.44269504088896341f, LN2 = 0.69314718055994531f;
constexpr f32 LN2_HIGH = 0.693145751953125f, LN2_LOW = 1.42860677e-6f;
constexpr f32 ROUND = 12582912.0f;
constexpr f32 EXP_POLY[] = {1.0f, 0.499999911f, 0.16666463f, 0.0416682176f, 0.00837244187f, 0.00138124265f};
constexpr f32 EXP2_POLY[] = {0.693146825f, 0.240222305f, 0.0555088632f, 0.00967178307f, 0.00132223545f};

// SCALE (1 + c0 x + c1 x^2 + ...)
template <i32 SCALE, i32 DEGREE>
INLINE vf exp_poly(const f32 (&c)[DEGREE], vf x) {
  vf p = splat(SCALE * c[DEGREE - 1]);
#pragma GCC unroll 8
  for (i32 k = DEGREE - 2; k >= 0; k--) p = fma(p, x, splat(SCALE * c[k]));
  return fma(p, x, splat(SCALE));
}
// 2^n p, where p is the polynomial of the remainder r after rounding to n.
template <i32 DEGREE>
INLINE vf exp_scaled(const f32 (&c)[DEGREE], vf r, vf n, vf shifted) {
#if defined(__AVX512F__)
  return _mm512_scalef_ps(exp_poly<1>(c, r), n);
#else
  // 2^(n - 1) and 2 p: 2^n would overflow before the result does.
  return exp_poly<2>(c, r) * (vf)(((vi)shifted << 23) + 0x3f000000);
#endif
}

// Within 1 ulp. 0 below -87 (2^-125.5), infinity above 88.72, NaN stays NaN.
INLINE vf exp(vf x) {
#if defined(__AVX512F__)
  constexpr f32 low = -104.0f, high = 89.0f;  // scalef has subnormal results
#else
  constexpr f32 low = -87.3f, high = 89.0f;  // n = -126 gives 0, n = 128 is the last
#endif
  x = minimum(splat(high), maximum(splat(low), x));
  const vf shifted = fma(x, splat(LOG2E), splat(ROUND)), n = shifted - ROUND;
  return exp_scaled(EXP_POLY, fnma(n, splat(LN2_LOW), fnma(n, splat(LN2_HIGH), x)), n, shifted);
}
// 2^(a b), within 2 ulp of 2 to the rounded product, with the same limits.
INLINE vf exp2(vf a, vf b) {
  const vf x = minimum(splat(128.5f), maximum(splat(-126.0f), a * b));
  const vf shifted = x + ROUND, n = shifted - ROUND;
  return exp_scaled(EXP2_POLY, x - n, n, shifted);
}
// 2^(a b) where |a b| <= EXP2_SMALL: no clamps, and the exponent is added to the bits.
constexpr f32 EXP2_SMALL = 125.0f;
INLINE vf exp2_small(vf a, vf b) {
  const vf x = a * b, shifted = x + ROUND, n = shifted - ROUND;
  return (vf)((vi)exp_poly<1>(EXP2_POLY, x - n) + ((vi)shifted << 23));
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
// sin and cos (Cephes sinf, cosf) for |x| up to some thousands: x = n pi/2 + r with |r| <= pi/4.
constexpr f32 HALF_PI_HIGH = 1.5703125f, HALF_PI_MIDDLE = 4.83751296997e-4f, HALF_PI_LOW = 7.549789948768648e-8f;
INLINE void sincos(vf x, vf& sine, vf& cosine) {
  const vf shifted = fma(x, splat(0.636619772367581f), splat(ROUND)), n = shifted - ROUND;
  const vf r = fnma(n, splat(HALF_PI_LOW), fnma(n, splat(HALF_PI_MIDDLE), fnma(n, splat(HALF_PI_HIGH), x)));
  const vf r2 = r * r;
  vf s = fma(splat(-1.9515295891e-4f), r2, splat(8.3321608736e-3f));
  s = fma(fma(s, r2, splat(-1.6666654611e-1f)) * r2, r, r);
  vf c = fma(splat(2.443315711809948e-5f), r2, splat(-1.388731625493765e-3f));
  c = fma(fma(c, r2, splat(4.166664568298827e-2f)), r2 * r2, fma(splat(-0.5f), r2, splat(1.0f)));
  const vi quadrant = (vi)shifted, odd = (quadrant & 1) != 0;
  sine = (vf)((vi)select(odd, c, s) ^ ((quadrant & 2) << 30));
  cosine = (vf)((vi)select(odd, s, c) ^ (((quadrant + 1) & 2) << 30));
}
// log(1 + t) / t on [0, 1], minimax for the relative error (3e-8).
constexpr f32 LOG1P_POLY[] = {0.9999999698799176f,  -0.49999493138073503f, 0.33319096765322487f,
                              -0.24842981970606337f, 0.19106006101832168f,  -0.13663244867029134f,
                              0.07822594520408122f, -0.029505236706474182f, 0.005232694145609287f};
// log(1 + e^x) from e = e^-|x|: max(x, 0) + log(1 + e). In f32 it equals x above 20, as in the official code.
INLINE vf softplus_from(vf x, vf e) {
  vf p = splat(LOG1P_POLY[8]);
#pragma GCC unroll 8
  for (i32 k = 7; k >= 0; k--) p = fma(p, e, splat(LOG1P_POLY[k]));
  return fma(e, p, maximum((vf){}, x));
}
INLINE vf minus_abs(vf x) { return (vf)((vi)x | (i32)0x80000000); }
INLINE vf softplus(vf x) { return softplus_from(x, exp(minus_abs(x))); }
