// Matrix product over packed panels: C = A B (+ bias), or C += A B.
//
// Goto & van de Geijn (2008): B lies in panels of PANEL columns, A is copied in strips of STRIP
// rows, KC of K at a time; a tile of C stays in registers while one strip and one panel run by.
// Each element of C is summed in the order of k whatever the range, so threads don't change results.
#include "simd.h"

constexpr i32 PANEL = 2 * LANES;  // columns of B in one panel
constexpr i32 STRIP = 12;         // rows of A in one strip: a multiple of every TILE
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr i32 TILE = 12;  // rows of C in registers: 24 accumulators of 32
#elif defined(__wasm__)
constexpr i32 TILE = 4;  // V8 spills beyond 8 accumulators
#else
constexpr i32 TILE = 6;  // 12 accumulators of 16
#endif
constexpr i32 KC = 256;  // of K copied at a time
constexpr i32 MC = 96;   // rows of A copied at a time

typedef f32 quad __attribute__((vector_size(16)));
typedef i32 quad_index __attribute__((vector_size(16)));
typedef f32 quad_unaligned __attribute__((vector_size(16), aligned(4), may_alias));
INLINE quad load_quad(const f32* p) { return *(const quad_unaligned*)p; }
INLINE void store_quad(f32* p, quad v) { *(quad_unaligned*)p = v; }
#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, quad_index{__VA_ARGS__})
#endif

// to[k][i] = from[k][i], i < n; zeros up to WIDTH. from: (K, n), row stride ld
template <i32 WIDTH>
INLINE void pack_rows(const f32* from, f32* to, i32 K, i32 n, i64 ld) {
  for (i32 k = 0; k < K; k++, from += ld, to += WIDTH) {
    if (n >= WIDTH)
      for (i32 i = 0; i < WIDTH; i += 4) store_quad(to + i, load_quad(from + i));
    else
      for (i32 i = 0; i < WIDTH; i++) to[i] = i < n ? from[i] : 0;
  }
}
// to[k][i] = from[i][k], i < n; zeros up to WIDTH. from: (n, K), row stride ld
template <i32 WIDTH>
INLINE void pack_transposed(const f32* from, f32* to, i32 K, i32 n, i64 ld) {
  constexpr i32 BLOCK = 64;  // of K: what a block writes stays in L1 until its lines are full
  for (i32 k0 = 0; k0 < K; k0 += BLOCK) {
    const i32 end = min(k0 + BLOCK, K);
    for (i32 i = 0; i < WIDTH; i += 4) {
      const f32 *row = from + i * ld;
      i32 k = k0;
      if (i + 4 <= n)
        for (; k + 4 <= end; k += 4) {
          const quad r0 = load_quad(row + k), r1 = load_quad(row + ld + k);
          const quad r2 = load_quad(row + 2 * ld + k), r3 = load_quad(row + 3 * ld + k);
          const quad a = SHUFFLE(r0, r1, 0, 4, 1, 5), b = SHUFFLE(r2, r3, 0, 4, 1, 5);
          const quad c = SHUFFLE(r0, r1, 2, 6, 3, 7), d = SHUFFLE(r2, r3, 2, 6, 3, 7);
          f32* at = to + k * WIDTH + i;
          store_quad(at, SHUFFLE(a, b, 0, 1, 4, 5));
          store_quad(at + WIDTH, SHUFFLE(a, b, 2, 3, 6, 7));
          store_quad(at + 2 * WIDTH, SHUFFLE(c, d, 0, 1, 4, 5));
          store_quad(at + 3 * WIDTH, SHUFFLE(c, d, 2, 3, 6, 7));
        }
      for (; k < end; k++)
        for (i32 j = i; j < i + 4; j++) to[k * WIDTH + j] = j < n ? from[j * ld + k] : 0;
    }
  }
}

// The width of a panel, for whoever allocates `packed`: ceil(N / width) * width * K floats.
EXPORT i32 panel_width() { return PANEL; }

// Packs B into panels of PANEL columns, zero-filled at the right edge.
// b: (K, N) with row stride ldb, or (N, K) when transposed   range: panels
KERNEL void gemm_pack(const f32* b, f32* packed, i32 K, i32 N, i32 ldb, i32 transposed, i32 begin, i32 end) {
  if (transposed)
    for (i32 panel = begin; panel < end; panel++)
      pack_transposed<PANEL>(b + (i64)panel * PANEL * ldb, packed + (i64)panel * PANEL * K, K, N - panel * PANEL, ldb);
  else {
    constexpr i32 BLOCK = 64;  // rows of B at a time: as many pages as the first TLB holds
    for (i32 k = 0; k < K; k += BLOCK)
      for (i32 panel = begin; panel < end; panel++)
        pack_rows<PANEL>(b + (i64)k * ldb + panel * PANEL, packed + ((i64)panel * K + k) * PANEL, min(BLOCK, K - k),
                         N - panel * PANEL, ldb);
  }
}

// One tile of C from a strip (K, STRIP) and a panel (K, PANEL); of the tile, rows x columns are C's.
template <i32 ROWS>
INLINE void tile(const f32* a, const f32* b, const f32* bias, f32* c, i32 K, i64 ldc, bool accumulate, i32 rows,
                 i32 columns) {
  vf sums[ROWS][2] = {};
#pragma GCC unroll 12
  for (i32 r = 0; r < ROWS; r++) __builtin_prefetch(c + min(r, rows - 1) * ldc, 1);
#pragma GCC unroll 4
  for (i32 k = 0; k < K; k++) {
    const vf b0 = load(b + k * PANEL), b1 = load(b + k * PANEL + LANES);
#pragma GCC unroll 12
    for (i32 r = 0; r < ROWS; r++) {
      const vf x = splat(a[k * STRIP + r]);
      sums[r][0] = fma(x, b0, sums[r][0]);
      sums[r][1] = fma(x, b1, sums[r][1]);
    }
  }
  if (rows >= ROWS && columns >= PANEL) {
    vf bias0 = {}, bias1 = {};
    if (bias) bias0 = load(bias), bias1 = load(bias + LANES);
#pragma GCC unroll 12
    for (i32 r = 0; r < ROWS; r++) {
      f32* to = c + r * ldc;
      sums[r][0] += bias0;
      sums[r][1] += bias1;
      if (accumulate) sums[r][0] += load(to), sums[r][1] += load(to + LANES);
      store(to, sums[r][0]);
      store(to + LANES, sums[r][1]);
    }
    return;
  }
  f32 local[ROWS][PANEL];
#pragma GCC unroll 12
  for (i32 r = 0; r < ROWS; r++) store(local[r], sums[r][0]), store(local[r] + LANES, sums[r][1]);
  for (i32 r = 0; r < min(rows, ROWS); r++)
    for (i32 j = 0; j < min(columns, PANEL); j++) {
      f32* to = c + r * ldc + j;
      *to = local[r][j] + (bias ? bias[j] : 0) + (accumulate ? *to : 0);
    }
}

// c: (M, N), row stride ldc   a: (M, K), row stride lda, or (K, M) when transposed
// bias: (N) or null   range: rows of C
KERNEL void gemm(const f32* a, const f32* packed, const f32* bias, f32* c, i32 M, i32 N, i32 K, i32 lda, i32 ldc,
                 i32 transposed, i32 accumulate, i32 begin, i32 end) {
  (void)M;
  alignas(64) f32 strips[MC * KC];
  i32 k0 = 0;
  do {
    const i32 depth = min(KC, K - k0);
    const f32* first_bias = k0 ? nullptr : bias;
    const bool add = accumulate || k0;
    for (i32 m0 = begin; m0 < end; m0 += MC) {
      const i32 rows = min(MC, end - m0);
      for (i32 m = 0; m < rows; m += STRIP) {
        if (transposed) pack_rows<STRIP>(a + (i64)k0 * lda + m0 + m, strips + m * depth, depth, rows - m, lda);
        else pack_transposed<STRIP>(a + (i64)(m0 + m) * lda + k0, strips + m * depth, depth, rows - m, lda);
      }
      for (i32 n = 0; n < N; n += PANEL) {
        const f32* panel = packed + (i64)n * K + k0 * PANEL;
        const f32* part_bias = first_bias ? first_bias + n : nullptr;
        for (i32 m = 0; m < rows;) {
          const f32* strip = strips + m / STRIP * STRIP * depth + m % STRIP;
          f32* to = c + (i64)(m0 + m) * ldc + n;
          const i32 left = rows - m;
          if (left > TILE * 2 / 3) tile<TILE>(strip, panel, part_bias, to, depth, ldc, add, left, N - n);
          else if (left > TILE / 3) tile<TILE * 2 / 3>(strip, panel, part_bias, to, depth, ldc, add, left, N - n);
          else tile<TILE / 3>(strip, panel, part_bias, to, depth, ldc, add, left, N - n);
          m += TILE;
        }
      }
    }
    k0 += depth;
  } while (k0 < K);
}
