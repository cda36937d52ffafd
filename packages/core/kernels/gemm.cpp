// Matrix product over packed panels: C = A B (+ bias), or C += A B.
//
// Goto & van de Geijn (2008): B is packed in panels, A is copied in strips, KC of K at a time, and a tile of C stays
// in registers for the length of a strip and a panel. Each element of C is summed in the order of k for any range, so
// results are the same bits for any number of threads.
#include "simd.h"

constexpr i32 PANEL = 2 * LANES;   // columns of B in one panel
SHARED constexpr i32 STRIP = 12;  // rows of A in one strip: a multiple of TILE
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr i32 TILE = 12;  // rows of C in registers: 24 sums of 32 registers
#elif defined(__wasm__)
constexpr i32 TILE = 4;  // V8 spills beyond 8 sums
#else
constexpr i32 TILE = 6;  // 12 sums of 16 registers
#endif
// KC of K and MC rows of A at a time (measured): with long sums C is seldom read and written, a short panel stays in
// L1. KC * MC floats are 96 KB of stack.
#ifdef __wasm__
constexpr i32 KC = 256, MC = 96;
#else
constexpr i32 KC = 512, MC = 48;
#endif

typedef f32 quad_unaligned __attribute__((vector_size(16), aligned(4), may_alias));
INLINE quad load_quad(const f32* p) { return *(const quad_unaligned*)p; }
INLINE void store_quad(f32* p, quad v) { *(quad_unaligned*)p = v; }
#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef i32 quad_index __attribute__((vector_size(16)));
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, quad_index{__VA_ARGS__})
#endif

// to[k][i] = from[k][i] for i < n, zero up to WIDTH. from: (K, n), row stride ld
template <i32 WIDTH>
static void pack_rows(const f32* from, f32* to, i32 K, i32 n, i64 ld) {
  for (i32 k = 0; k < K; k++, from += ld, to += WIDTH) {
    if (n >= WIDTH)
      for (i32 i = 0; i < WIDTH; i += 4) store_quad(to + i, load_quad(from + i));
    else
      for (i32 i = 0; i < WIDTH; i++) to[i] = i < n ? from[i] : 0;
  }
}
// to[k][i] = from[i][k] for i < n, zero up to WIDTH. from: (n, K), row stride ld
template <i32 WIDTH>
static void pack_columns(const f32* from, f32* to, i32 K, i32 n, i64 ld) {
  for (i32 i = 0; i < WIDTH; i += 4) {
    const f32* row = from + i * ld;
    i32 k = 0;
    if (i + 4 <= n)
      for (; k + 4 <= K; k += 4) {
        const quad r0 = load_quad(row + k), r1 = load_quad(row + ld + k);
        const quad r2 = load_quad(row + 2 * ld + k), r3 = load_quad(row + 3 * ld + k);
        const quad low01 = SHUFFLE(r0, r1, 0, 4, 1, 5), low23 = SHUFFLE(r2, r3, 0, 4, 1, 5);
        const quad high01 = SHUFFLE(r0, r1, 2, 6, 3, 7), high23 = SHUFFLE(r2, r3, 2, 6, 3, 7);
        f32* at = to + k * WIDTH + i;
        store_quad(at, SHUFFLE(low01, low23, 0, 1, 4, 5));
        store_quad(at + WIDTH, SHUFFLE(low01, low23, 2, 3, 6, 7));
        store_quad(at + 2 * WIDTH, SHUFFLE(high01, high23, 0, 1, 4, 5));
        store_quad(at + 3 * WIDTH, SHUFFLE(high01, high23, 2, 3, 6, 7));
      }
    for (; k < K; k++)
      for (i32 j = i; j < i + 4; j++) to[k * WIDTH + j] = j < n ? from[j * ld + k] : 0;
  }
}
// Packs n columns of a (K, n) matrix, or of an (n, K) one if transposed, into parts of WIDTH columns, `stride` floats
// apart. BLOCK of k at a time: by rows, the pages read stay in the first TLB; by columns, the lines written stay in L1
// until they are full.
template <i32 WIDTH>
static void pack(const f32* from, f32* to, i32 K, i32 n, i64 ld, bool transposed, i64 stride) {
  constexpr i32 BLOCK = 64;
  if (transposed)
    for (i32 i = 0; i < n; i += WIDTH, from += WIDTH * ld, to += stride)
      for (i32 k = 0; k < K; k += BLOCK) pack_columns<WIDTH>(from + k, to + k * WIDTH, min(BLOCK, K - k), n - i, ld);
  else
    for (i32 k = 0; k < K; k += BLOCK, from += BLOCK * ld, to += BLOCK * WIDTH)
      for (i32 i = 0; i < n; i += WIDTH)
        pack_rows<WIDTH>(from + i, to + i / WIDTH * stride, min(BLOCK, K - k), n - i, ld);
}

// Columns of one panel.
EXPORT i32 gemm_panel() { return PANEL; }

// Packs B into panels, with zeros beyond the last column.
// b: (K, N), or (N, K) if transposed   packed: panels of (K, gemm_panel())   range: ceil(N / gemm_panel())
KERNEL void gemm_pack(const f32* b, f32* packed, i32 K, i32 N, i32 ldb, bool transposed, i32 begin, i32 end) {
  const i32 first = begin * PANEL;
  pack<PANEL>(transposed ? b + (i64)first * ldb : b + first, packed + (i64)first * K, K, min(end * PANEL, N) - first,
              ldb, transposed, (i64)K * PANEL);
}

#ifdef __wasm__
constexpr i32 UNROLL = 1;
// Hides the origin of a pointer: clang would compute every address from the start of the loop, and V8 would then spend
// an instruction and a register on each load. For the same reason k is not unrolled.
INLINE const f32* hide(const f32* p) {
  __asm__("" : "+r"(p));
  return p;
}
#else
constexpr i32 UNROLL = 4;
INLINE const f32* hide(const f32* p) { return p; }
#endif

// One tile of C, or the `rows` and `columns` of it that are inside of C.
// a: strip (K, STRIP)   b: panel (K, PANEL)   next: the share of the next panel that this tile prefetches
template <i32 ROWS, i32 VECTORS>
static void tile(const f32* a, const f32* b, const f32* next, const f32* bias, f32* c, i32 K, i64 ldc,
                 bool accumulate, i32 rows, i32 columns) {
  constexpr i32 WIDTH = VECTORS * LANES;
  rows = min(rows, ROWS);
  columns = min(columns, WIDTH);
  for (i32 r = 0; r < rows; r++) {
    __builtin_prefetch(c + r * ldc, 1);
    __builtin_prefetch(c + r * ldc + columns - 1, 1);
  }
  vf sums[ROWS][VECTORS] = {};
#pragma GCC unroll UNROLL
  for (i32 k = 0; k < K; k++) {
    vf row[VECTORS];
#pragma GCC unroll 2
    for (i32 v = 0; v < VECTORS; v++) row[v] = load(b + v * LANES);
#pragma GCC unroll 12
    for (i32 r = 0; r < ROWS; r++) {
      const vf x = splat(a[r]);
#pragma GCC unroll 2
      for (i32 v = 0; v < VECTORS; v++) sums[r][v] = fma(x, row[v], sums[r][v]);
    }
    __builtin_prefetch(next + k * (PANEL * TILE / MC), 0, 2);
    a = hide(a + STRIP);
    b = hide(b + PANEL);
  }
  if (rows == ROWS && columns == WIDTH) {
    vf extra[VECTORS] = {};
    if (bias)
      for (i32 v = 0; v < VECTORS; v++) extra[v] = load(bias + v * LANES);
#pragma GCC unroll 12
    for (i32 r = 0; r < ROWS; r++)
#pragma GCC unroll 2
      for (i32 v = 0; v < VECTORS; v++) {
        f32* to = c + r * ldc + v * LANES;
        const vf x = sums[r][v] + extra[v];
        store(to, accumulate ? x + load(to) : x);
      }
    return;
  }
  f32 local[ROWS][WIDTH];
#pragma GCC unroll 12
  for (i32 r = 0; r < ROWS; r++)
#pragma GCC unroll 2
    for (i32 v = 0; v < VECTORS; v++) store(local[r] + v * LANES, sums[r][v]);
  for (i32 r = 0; r < rows; r++)
    for (i32 j = 0; j < columns; j++) {
      f32* to = c + r * ldc + j;
      const f32 x = local[r][j] + (bias ? bias[j] : 0);
      *to = accumulate ? x + *to : x;
    }
}
// The smallest tile that covers the rest of C.
typedef void (*Tile)(const f32*, const f32*, const f32*, const f32*, f32*, i32, i64, bool, i32, i32);
INLINE Tile tile_for(i32 rows, i32 columns) {
  const bool one = columns <= LANES;
  if (rows > TILE * 2 / 3) return one ? tile<TILE, 1> : tile<TILE, 2>;
  if (rows > TILE / 3) return one ? tile<TILE * 2 / 3, 1> : tile<TILE * 2 / 3, 2>;
  return one ? tile<TILE / 3, 1> : tile<TILE / 3, 2>;
}

// c = a b + bias, or with `accumulate` c += a b + bias. c: (M, N)   a: (M, K), or (K, M) if transposed
// packed: b, by gemm_pack   bias: (N)   range: M, the rows of c
KERNEL void gemm(const f32* a, const f32* packed, OPTIONAL const f32* bias, f32* c, i32 N, i32 K, i32 lda, i32 ldc,
                 bool transposed, bool accumulate, i32 begin, i32 end) {
  alignas(64) f32 strips[MC * KC];
  const auto block = [&](i32 m0, i32 k) {
    const i32 rows = min(MC, end - m0), depth = min(KC, K - k);
    pack<STRIP>(transposed ? a + (i64)k * lda + m0 : a + (i64)m0 * lda + k, strips, depth, rows, lda, !transposed,
                depth * STRIP);
    for (i32 n = 0; n < N; n += PANEL) {
      const f32* panel = packed + (i64)n * K + (i64)k * PANEL;
      const f32* next = panel + (i64)K * PANEL;
      for (i32 m = 0; m < rows; m += TILE) {
        const f32* strip = strips + m / STRIP * STRIP * depth + m % STRIP;
        const f32* share = next + m / TILE * (PANEL * TILE / MC) * depth;
        tile_for(rows - m, N - n)(strip, panel, share, k == 0 && bias ? bias + n : nullptr,
                                  c + (i64)(m0 + m) * ldc + n, depth, ldc, accumulate || k > 0, rows - m, N - n);
      }
    }
  };
  // Both loops run at least once: with K = 0, C gets its bias.
#ifdef __wasm__
  // B is not prefetched here, so KC rows of it should stay in L2 while all of A is used.
  for (i32 k = 0; k == 0 || k < K; k += KC)
    for (i32 m0 = begin; m0 < end; m0 += MC) block(m0, k);
#else
  for (i32 m0 = begin; m0 < end; m0 += MC)
    for (i32 k = 0; k == 0 || k < K; k += KC) block(m0, k);
#endif
}
