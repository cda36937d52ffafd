// Small matrix products inside a kernel: C = A B, or C += A B, with nothing packed.
//
// Lanes run over the columns of B and C, whose number is a multiple of LANES. A is read one element
// at a time, so it may lie transposed. Triangular products read no element outside of the triangle:
// what stands there may be anything. Each element of C is summed in the order of k, its own row's
// last or first ones apart.
#pragma once
#include "simd.h"

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr i32 PRODUCT_ROWS = 8;
#else
constexpr i32 PRODUCT_ROWS = 4;
#endif

// A[i, k] = p[i row + k column]
struct Left {
  const f32* p;
  i32 row, column;
};
// Which k the row i of C sums: all, k <= i, or k >= i.
enum Sums { EVERY, UP_TO_ROW, FROM_ROW };

template <i32 ROWS, i32 VECTORS>
INLINE void product_tile(Left a, const f32* b, i32 ldb, f32* c, i32 ldc, i32 from, i32 to, bool add) {
  vf sums[ROWS][VECTORS] = {};
  if (add)
#pragma GCC unroll 8
    for (i32 r = 0; r < ROWS; r++)
#pragma GCC unroll 2
      for (i32 v = 0; v < VECTORS; v++) sums[r][v] = load(c + r * ldc + v * LANES);
  for (i32 k = from; k < to; k++) {
    const f32 *ak = a.p + (i64)k * a.column, *bk = b + (i64)k * ldb;
    vf row[VECTORS];
#pragma GCC unroll 2
    for (i32 v = 0; v < VECTORS; v++) row[v] = load(bk + v * LANES);
#pragma GCC unroll 8
    for (i32 r = 0; r < ROWS; r++) {
      const vf x = splat(ak[(i64)r * a.row]);
#pragma GCC unroll 2
      for (i32 v = 0; v < VECTORS; v++) sums[r][v] = fma(x, row[v], sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (i32 r = 0; r < ROWS; r++)
#pragma GCC unroll 2
    for (i32 v = 0; v < VECTORS; v++) store(c + r * ldc + v * LANES, sums[r][v]);
}

template <i32 ROWS, i32 VECTORS>
static void product_rows(Left a, const f32* b, i32 ldb, f32* c, i32 ldc, i32 i, i32 K, Sums which, bool add) {
  a.p += (i64)i * a.row;
  c += (i64)i * ldc;
  const i32 last = i + ROWS - 1;
  const i32 from = which == FROM_ROW ? min(last, K) : 0, to = which == UP_TO_ROW ? min(i + 1, K) : K;
  product_tile<ROWS, VECTORS>(a, b, ldb, c, ldc, from, to, add);
  if (ROWS == 1 || which == EVERY) return;
  // What the rows do not share of the triangle.
  for (i32 r = 0; r < ROWS; r++) {
    const Left row = {a.p + (i64)r * a.row, a.row, a.column};
    if (which == UP_TO_ROW) product_tile<1, VECTORS>(row, b, ldb, c + r * ldc, ldc, to, min(i + r + 1, K), true);
    else product_tile<1, VECTORS>(row, b, ldb, c + r * ldc, ldc, i + r, from, true);
  }
}

// c: (M, N), row stride ldc   a: (M, K)   b: (K, N), row stride ldb
static void product(Left a, const f32* b, i32 ldb, f32* c, i32 ldc, i32 M, i32 N, i32 K, Sums which = EVERY,
                    bool add = false) {
  for (i32 j = 0; j < N; j += 2 * LANES) {
    const bool two = j + LANES < N;
    i32 i = 0;
    for (; i + PRODUCT_ROWS <= M; i += PRODUCT_ROWS)
      (two ? product_rows<PRODUCT_ROWS, 2> : product_rows<PRODUCT_ROWS, 1>)(a, b + j, ldb, c + j, ldc, i, K, which,
                                                                            add);
    for (; i < M; i++)
      (two ? product_rows<1, 2> : product_rows<1, 1>)(a, b + j, ldb, c + j, ldc, i, K, which, add);
  }
}

// to[j][i] = from[i][j], and zeros up to `ldto`. from: (rows, columns)
INLINE void turn(const f32* from, i32 ld, f32* to, i32 ldto, i32 rows, i32 columns) {
  for (i32 j = 0; j < columns; j++) {
    for (i32 i = 0; i < rows; i++) to[(i64)j * ldto + i] = from[(i64)i * ld + j];
    for (i32 i = rows; i < ldto; i++) to[(i64)j * ldto + i] = 0;
  }
}
// Copies rows, and fills them up to `ldto` with zeros.
INLINE void pad_rows(const f32* from, i32 ld, f32* to, i32 ldto, i32 rows, i32 columns) {
  for (i32 i = 0; i < rows; i++) {
    for (i32 j = 0; j < columns; j++) to[(i64)i * ldto + j] = from[(i64)i * ld + j];
    for (i32 j = columns; j < ldto; j++) to[(i64)i * ldto + j] = 0;
  }
}
