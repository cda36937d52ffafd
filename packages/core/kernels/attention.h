// The common part of the kernels of causal attention.
//
//   o[t] = Σ_s softmax_s(scale q[t]·k[s]) v[s]        over the keys s that query t sees
//
// Keys and values are in a cache with one row for each step of all sequences: kv (rows, B, 2, G, P). Step 0 of sequence
// b is in row `first`, and its query t is step start + t. It sees the steps up to its own, back to the start of its
// document (age) and of the window. Tiles are counted from step 0 of the sequence.
//
// q, out: (B, L, H, P)   place: (B, 2): first, start   age: (B, L)   lengths: (B)
// The H heads of queries share G heads of keys, H / G queries each. window = 0: no window.
#pragma once
#include "product.h"

SHARED constexpr i32 QUERIES = 64;   // queries of one tile
SHARED constexpr i32 KEYS = 64;      // keys of one tile
SHARED constexpr i32 MAX_HEAD = 256;  // the most channels of a head: what a tile needs fits on the stack
constexpr f32 LOW = -1e30f;  // below every score; its exp is 0

INLINE i32 attention_padded(i32 n, i32 to) { return ceil_div(n, to) * to; }

// The steps that one query sees, [low, high].
struct Seen {
  i32 low, high;
};
struct Sequence {
  i32 first, start, length, window;
  const i32* ages;
  INLINE i32 steps() const { return start + length; }
  INLINE Sequence(const i32* place, const i32* age, const i32* lengths, i32 b, i32 L, i32 window)
      : first(place[2 * b]), start(place[2 * b + 1]), length(lengths ? lengths[b] : L), window(window),
        ages(age ? age + (i64)b * L : 0) {}
  INLINE Seen seen(i32 t) const {
    const i32 high = start + t;
    i32 low = 0;
    if (window) low = max(low, high - window + 1);
    if (ages) low = max(low, high - ages[t]);
    return {low, high};
  }
};

// A tile of queries: lanes run over them.
struct QueryTile {
  i32 t0, count, width;  // width: count in whole vectors
  i32 low, high;         // the steps that any of them sees
  i32 all_from, all_to;  // the steps that all of them see
  alignas(64) i32 lows[QUERIES], highs[QUERIES];
  INLINE QueryTile(const Sequence& s, i32 t0) : t0(t0) {
    count = min(QUERIES, s.length - t0);
    width = attention_padded(max(count, 0), LANES);
    low = all_to = 0x7fffffff;
    high = all_from = -1;
    for (i32 i = 0; i < width; i++) {
      const Seen seen = i < count ? s.seen(t0 + i) : Seen{0, -1};
      lows[i] = seen.low;
      highs[i] = seen.high;
      if (i >= count) continue;
      low = min(low, seen.low);
      high = max(high, seen.high);
      all_from = max(all_from, seen.low);
      all_to = min(all_to, seen.high);
    }
  }
  // Whether every query sees every key of the tile that begins at k0.
  INLINE bool sees_all(i32 k0) const { return all_from <= k0 && k0 + KEYS - 1 <= all_to; }
  INLINE vi sees(i32 j, i32 key) const {
    const vi at = (vi){} + key;
    return (at >= *(const vi*)(lows + j)) & (at <= *(const vi*)(highs + j));
  }
};

// Transposes and scales a tile of rows: to[p][i] = scale from[i][p], zeros up to `width`. to: (P, QUERIES)
INLINE void turn_queries(const f32* from, i32 ld, f32* to, i32 count, i32 width, i32 P, f32 scale) {
  for (i32 i = 0; i < width; i += 4) turn_quad(from + (i64)i * ld, ld, to + i, QUERIES, count - i, P);
  if (scale == 1) return;
  for (i32 p = 0; p < P; p++)
    for (i32 j = 0; j < width; j += LANES) store(to + p * QUERIES + j, load(to + p * QUERIES + j) * scale);
}
