// A few rows times a matrix, y = x Wᵀ (+ bias), for decoding. Its bound is the time to read W once.
//
// Two rows of W at a time share the loads of x, one from each half of the range. Memory then sees two long streams,
// which its prefetchers follow, and not a new stream every K floats.
#include "simd.h"

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr i32 MOST = 8;  // rows of x at a time: twice as many sums
#else
constexpr i32 MOST = 4;  // 8 sums of 16 registers
#endif

constexpr i32 AHEAD = 1024;  // floats of W to prefetch, where there is much arithmetic between two loads

// The sum of a vector, by quarters: from a plain loop gcc makes scalar additions.
INLINE f32 fold(vf v) {
  quad part[LANES / 4];
  *(vf_unaligned*)part = v;
#pragma GCC unroll 4
  for (i32 i = 1; i < LANES / 4; i++) part[0] += part[i];
  return (part[0][0] + part[0][2]) + (part[0][1] + part[0][3]);
}
// Keeps a value in a register: gcc would load it again for each use.
INLINE vf keep(vf v) {
#if defined(__x86_64__) && !defined(__clang__)
  __asm__("" : "+v"(v));
#endif
  return v;
}

// y[m][r * apart] = w[r * apart] · x[m] (+ bias) for M rows of x and ROWS of w. The order of a sum depends on M alone,
// so results are the same bits for any range.
template <i32 M, i32 ROWS>
static void dots(const f32* w, const f32* x, const f32* bias, f32* y, i32 K, i64 ldx, i64 ldy, i64 apart) {
  constexpr i32 CHAINS = M < 4 ? 4 / M : 1, STEP = CHAINS * LANES;
  vf sums[M][ROWS][CHAINS] = {};
  i32 k = 0;
  for (; k + STEP <= K; k += STEP)
#pragma GCC unroll 4
    for (i32 c = 0; c < CHAINS; c++) {
      const i32 at = k + c * LANES;
      vf ws[ROWS];
#pragma GCC unroll 2
      for (i32 r = 0; r < ROWS; r++) {
        ws[r] = keep(load(w + r * apart * K + at));
        if (M == 8) __builtin_prefetch(w + r * apart * K + at + AHEAD);
      }
#pragma GCC unroll 8
      for (i32 m = 0; m < M; m++) {
        const vf xs = keep(load(x + m * ldx + at));
#pragma GCC unroll 2
        for (i32 r = 0; r < ROWS; r++) sums[m][r][c] = fma(ws[r], xs, sums[m][r][c]);
      }
    }
  for (; k + LANES <= K; k += LANES)
#pragma GCC unroll 8
    for (i32 m = 0; m < M; m++)
#pragma GCC unroll 2
      for (i32 r = 0; r < ROWS; r++)
        sums[m][r][0] = fma(load(w + r * apart * K + k), load(x + m * ldx + k), sums[m][r][0]);
#pragma GCC unroll 8
  for (i32 m = 0; m < M; m++)
#pragma GCC unroll 2
    for (i32 r = 0; r < ROWS; r++) {
#pragma GCC unroll 4
      for (i32 c = 1; c < CHAINS; c++) sums[m][r][0] += sums[m][r][c];
      f32 total = fold(sums[m][r][0]);
      for (i32 i = k; i < K; i++) total += w[r * apart * K + i] * x[m * ldx + i];
      y[m * ldy + r * apart] = bias ? total + bias[r * apart] : total;
    }
}
// All M rows of x, as many at a time as there are registers; w stays in L1 between them.
template <i32 ROWS>
INLINE void dots_all(const f32* w, const f32* x, const f32* bias, f32* y, i32 M, i32 K, i64 ldx, i64 ldy, i64 apart) {
  i32 m = 0;
  for (; m + MOST <= M; m += MOST) dots<MOST, ROWS>(w, x + m * ldx, bias, y + m * ldy, K, ldx, ldy, apart);
  if (MOST > 4 && m + 4 <= M) dots<4, ROWS>(w, x + m * ldx, bias, y + m * ldy, K, ldx, ldy, apart), m += 4;
  if (m + 2 <= M) dots<2, ROWS>(w, x + m * ldx, bias, y + m * ldy, K, ldx, ldy, apart), m += 2;
  if (m < M) dots<1, ROWS>(w, x + m * ldx, bias, y + m * ldy, K, ldx, ldy, apart);
}

// y = x Wᵀ + bias. w: (N, K), contiguous   x: (M, K)   y: (M, N)   bias: (N)   range: N
KERNEL void gemv(const f32* w, const f32* x, OPTIONAL const f32* bias, f32* y, i32 M, i32 K, i32 ldx, i32 ldy,
                 i32 begin, i32 end) {
  const i32 half = (end - begin) / 2;
  for (i32 n = begin; n < begin + half; n++)
    dots_all<2>(w + (i64)n * K, x, bias ? bias + n : nullptr, y + n, M, K, ldx, ldy, half);
  for (i32 n = begin + 2 * half; n < end; n++)
    dots_all<1>(w + (i64)n * K, x, bias ? bias + n : nullptr, y + n, M, K, ldx, ldy, 0);
}
