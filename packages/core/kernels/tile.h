// A tile of a matrix product in registers: C += A B.
//
// Both sides are ordered by k: a (K, rows) and b (K, columns), with row strides. Each row of C is summed by itself, in
// the order of k, so values beyond the last row reach no other row. In a triangle, a row reads no k outside of the
// triangle: the values there may be anything, even NaN.
// `hide` and the quads are those of gemm.cpp.
#pragma once
#include "product.h"

constexpr i32 TILE_ROWS = PRODUCT_ROWS;
// Matrices that are ordered by k have their rows and columns padded to whole tiles.
constexpr i32 WHOLE = LANES > TILE_ROWS ? LANES : TILE_ROWS;
INLINE i32 whole(i32 n) { return ceil_div(n, WHOLE) * WHOLE; }

template <i32 VECTORS>
struct SumTile {
  vf sums[TILE_ROWS][VECTORS] = {};

  // One k, for the rows from `from` to `to`.
  INLINE void step(const f32* a, const f32* b, i32 from, i32 to) {
    vf row[VECTORS];
#pragma GCC unroll 2
    for (i32 v = 0; v < VECTORS; v++) row[v] = load(b + v * LANES);
#pragma GCC unroll 8
    for (i32 r = 0; r < TILE_ROWS; r++) {
      if (r < from || r >= to) continue;
      const vf x = splat(a[r]);
#pragma GCC unroll 2
      for (i32 v = 0; v < VECTORS; v++) sums[r][v] = fma(x, row[v], sums[r][v]);
    }
  }
  INLINE void add(const f32* a, i32 lda, const f32* b, i32 ldb, i32 K) {
    for (i32 k = 0; k < K; k++) {
      step(a, b, 0, TILE_ROWS);
      a = hide(a + lda);
      b = hide(b + ldb);
    }
  }
  // The next TILE_ROWS of k; row r sums up to k = r.
  INLINE void add_lower(const f32* a, i32 lda, const f32* b, i32 ldb) {
#pragma GCC unroll 8
    for (i32 k = 0; k < TILE_ROWS; k++) {
      step(a, b, k, TILE_ROWS);
      a = hide(a + lda);
      b = hide(b + ldb);
    }
  }
  // The same; row r sums from k = r on.
  INLINE void add_upper(const f32* a, i32 lda, const f32* b, i32 ldb) {
#pragma GCC unroll 8
    for (i32 k = 0; k < TILE_ROWS; k++) {
      step(a, b, 0, k + 1);
      a = hide(a + lda);
      b = hide(b + ldb);
    }
  }
  INLINE void scale_rows(const f32* by) {
#pragma GCC unroll 8
    for (i32 r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 2
      for (i32 v = 0; v < VECTORS; v++) sums[r][v] *= by[r];
  }
  // f(row, its vector, the sum) for the first `rows` rows.
  template <class F>
  INLINE void each(i32 rows, F f) {
#pragma GCC unroll 8
    for (i32 r = 0; r < TILE_ROWS; r++)
      if (r < rows)
#pragma GCC unroll 2
        for (i32 v = 0; v < VECTORS; v++) f(r, v, sums[r][v]);
  }
};

// Calls f(empty tile, its first column) for the columns [from, to), both multiples of LANES.
template <class F>
INLINE void tile_columns(i32 from, i32 to, F f) {
  for (i32 j = from; j < to; j += 2 * LANES)
    if (j + LANES < to) f(SumTile<2>(), j);
    else f(SumTile<1>(), j);
}
