// Small matrix products inside a kernel: C = A B, or C += A B. B is not packed.
//
// Lanes run over the columns of B and C, whose number is a multiple of LANES. A is copied in strips, so it may be
// transposed. Triangular products read no element outside of the triangle, whose values may be anything. Each element
// of C is summed in the order of k, except that in a triangle the first or last k of a row are summed separately.
// Quads and `hide` are those of gemm.cpp.
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
// The k that row i of C sums over: all, k <= i, or k >= i.
enum Sums { EVERY, UP_TO_ROW, FROM_ROW };

// to[j][i] = from[i][j] for four i, zero from `rows` on. from: (rows, columns)
INLINE void turn_quad(const f32* from, i64 ld, f32* to, i64 ldto, i32 rows, i32 columns) {
  i32 j = 0;
  if (rows >= 4)
    for (; j + 4 <= columns; j += 4) {
      const quad r0 = load_quad(from + j), r1 = load_quad(from + ld + j);
      const quad r2 = load_quad(from + 2 * ld + j), r3 = load_quad(from + 3 * ld + j);
      const quad low01 = SHUFFLE(r0, r1, 0, 4, 1, 5), low23 = SHUFFLE(r2, r3, 0, 4, 1, 5);
      const quad high01 = SHUFFLE(r0, r1, 2, 6, 3, 7), high23 = SHUFFLE(r2, r3, 2, 6, 3, 7);
      f32* at = to + j * ldto;
      store_quad(at, SHUFFLE(low01, low23, 0, 1, 4, 5));
      store_quad(at + ldto, SHUFFLE(low01, low23, 2, 3, 6, 7));
      store_quad(at + 2 * ldto, SHUFFLE(high01, high23, 0, 1, 4, 5));
      store_quad(at + 3 * ldto, SHUFFLE(high01, high23, 2, 3, 6, 7));
    }
  for (; j < columns; j++)
    for (i32 i = 0; i < 4; i++) to[j * ldto + i] = i < rows ? from[i * ld + j] : 0;
}
// to[k][r] = A[r, k]
template <i32 ROWS>
INLINE void pack_strip(const f32* from, Left a, f32* to, i32 depth) {
  if (ROWS % 4 == 0 && a.column == 1)
    for (i32 r = 0; r < ROWS; r += 4) turn_quad(from + (i64)r * a.row, a.row, to + r, ROWS, 4, depth);
  else if (ROWS % 4 == 0 && a.row == 1)
    for (i32 k = 0; k < depth; k++)
      for (i32 r = 0; r < ROWS; r += 4) store_quad(to + k * ROWS + r, load_quad(from + (i64)k * a.column + r));
  else
    for (i32 k = 0; k < depth; k++)
      for (i32 r = 0; r < ROWS; r++) to[k * ROWS + r] = from[(i64)r * a.row + (i64)k * a.column];
}

// One tile of C over K. a: (K, ROWS), the elements of each k together
template <i32 ROWS, i32 VECTORS>
static void product_tile(const f32* a, const f32* b, i32 ldb, f32* c, i32 ldc, i32 K, bool add) {
  vf sums[ROWS][VECTORS] = {};
  if (add)
#pragma GCC unroll 8
    for (i32 r = 0; r < ROWS; r++)
#pragma GCC unroll 2
      for (i32 v = 0; v < VECTORS; v++) sums[r][v] = load(c + r * ldc + v * LANES);
  for (i32 k = 0; k < K; k++) {
    vf row[VECTORS];
#pragma GCC unroll 2
    for (i32 v = 0; v < VECTORS; v++) row[v] = load(b + v * LANES);
#pragma GCC unroll 8
    for (i32 r = 0; r < ROWS; r++) {
      const vf x = splat(a[r]);
#pragma GCC unroll 2
      for (i32 v = 0; v < VECTORS; v++) sums[r][v] = fma(x, row[v], sums[r][v]);
    }
    a = hide(a + ROWS);
    b = hide(b + ldb);
  }
#pragma GCC unroll 8
  for (i32 r = 0; r < ROWS; r++)
#pragma GCC unroll 2
    for (i32 v = 0; v < VECTORS; v++) store(c + r * ldc + v * LANES, sums[r][v]);
}

// Rows i to i + ROWS of C, over k in [from, to).
template <i32 ROWS>
static void product_rows(Left a, const f32* b, i32 ldb, f32* c, i32 ldc, i32 i, i32 N, i32 from, i32 to, bool add) {
  constexpr i32 DEPTH = 128;
  alignas(64) f32 strip[DEPTH * ROWS];
  const f32* rows = a.p + (i64)i * a.row;
  c += (i64)i * ldc;
  for (i32 k = from; k == from || k < to; k += DEPTH) {
    const i32 depth = min(DEPTH, to - k);
    pack_strip<ROWS>(rows + (i64)k * a.column, a, strip, depth);
    for (i32 j = 0; j < N; j += 2 * LANES)
      (j + LANES < N ? product_tile<ROWS, 2> : product_tile<ROWS, 1>)(strip, b + (i64)k * ldb + j, ldb, c + j, ldc,
                                                                      depth, add || k > from);
  }
}

// c: (M, N), row stride ldc   a: (M, K)   b: (K, N), row stride ldb
// A triangle may consist of blocks of `block` rows and columns.
static void product(Left a, const f32* b, i32 ldb, f32* c, i32 ldc, i32 M, i32 N, i32 K, Sums which = EVERY,
                    bool add = false, i32 block = 1) {
  constexpr i32 ROWS = PRODUCT_ROWS;
  const auto from = [&](i32 i) { return which == FROM_ROW ? min(i / block * block, K) : 0; };
  const auto to = [&](i32 i) { return which == UP_TO_ROW ? min((i / block + 1) * block, K) : K; };
  i32 i = 0;
  for (; i + ROWS <= M; i += ROWS) {
    // First the k that all rows of the strip sum, then those that a row sums alone.
    const i32 first = from(i + ROWS - 1), last = to(i);
    product_rows<ROWS>(a, b, ldb, c, ldc, i, N, first, last, add);
    for (i32 r = i; r < i + ROWS && which != EVERY; r++) {
      if (from(r) < first) product_rows<1>(a, b, ldb, c, ldc, r, N, from(r), first, true);
      if (last < to(r)) product_rows<1>(a, b, ldb, c, ldc, r, N, last, to(r), true);
    }
  }
  for (; i < M; i++) product_rows<1>(a, b, ldb, c, ldc, i, N, from(i), to(i), add);
}
// The lower triangle of a square C, in whole vectors: some elements right of the diagonal are written too.
static void product_lower(Left a, const f32* b, i32 ldb, f32* c, i32 ldc, i32 M, i32 K, i32 block = 1) {
  for (i32 i = 0; i < M; i += PRODUCT_ROWS) {
    const i32 rows = min(PRODUCT_ROWS, M - i), columns = ceil_div(i + rows, block) * block;
    product({a.p + (i64)i * a.row, a.row, a.column}, b, ldb, c + (i64)i * ldc, ldc, rows,
            ceil_div(columns, LANES) * LANES, K);
  }
}

// Transposes: to[j][i] = from[i][j], and zeros up to `ldto`, a multiple of LANES. from: (rows, columns)
static void turn(const f32* from, i32 ld, f32* to, i32 ldto, i32 rows, i32 columns) {
  for (i32 i = 0; i < ldto; i += 4) turn_quad(from + (i64)i * ld, ld, to + i, ldto, rows - i, columns);
}
// Copies rows, and fills them up to `ldto` with zeros.
INLINE void pad_rows(const f32* from, i32 ld, f32* to, i32 ldto, i32 rows, i32 columns) {
  for (i32 i = 0; i < rows; i++) {
    for (i32 j = 0; j < columns; j++) to[(i64)i * ldto + j] = from[(i64)i * ld + j];
    for (i32 j = columns; j < ldto; j++) to[(i64)i * ldto + j] = 0;
  }
}
INLINE i32 whole_vectors(i32 n) { return ceil_div(n, LANES) * LANES; }
static void scale_rows(f32* rows, i32 ld, const f32* by, i32 count) {
  for (i32 t = 0; t < count; t++)
    for (i32 i = 0; i < ld; i += LANES) store(rows + t * ld + i, load(rows + t * ld + i) * by[t]);
}
static f32 dot(const f32* a, const f32* b, i32 n) {
  vf total = {};
  for (i32 i = 0; i < n; i += LANES) total = fma(load(a + i), load(b + i), total);
  return sum(total);
}
