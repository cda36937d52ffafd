// Causal attention of a few queries: the cache is read once, at the bandwidth of the memory. A unit is one stretch of
// steps.
//
// Each stretch has its own softmax; the second kernel combines the stretches. A tile is a few rows of the cache: first
// the scores of all its keys, then the softmax of each head, then its values. While the keys are read, the values of
// the tile are prefetched, and while the values are read, the next keys: the memory sees one stream. Queries that share
// a head of keys are next to each other, so that a vector of the cache is loaded once for several of them.
#include "attention.h"

SHARED constexpr i32 STRETCH = 256;  // steps of the cache that one unit reads
SHARED constexpr i32 MAX_FEW = 8;    // queries of a row
constexpr i32 TILE_FLOATS = 16384;   // floats of the cache in one tile, about: with the prefetched ones they stay in L2
constexpr i32 STREAMS = 4;           // rows of values that one query reads at a time
constexpr i32 VALUE_FLOATS = 4096;   // floats of values in one pass over the heads, about: they stay in L1
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr i32 SIDE = 4;  // queries at a time: 16 sums
#else
constexpr i32 SIDE = 2;  // 8 sums of 16 registers
#endif

// One stretch of a sequence: o, q (G, L, R, P'), top, total (G, L, R), and the weights of a tile (G, L, R, KEYS).
struct Stretch {
  i32 P_, heads, size;
  INLINE Stretch(i32 L, i32 H, i32 P)
      : P_(attention_padded(P, LANES)), heads(L * H), size(heads * (2 * P_ + 2 + KEYS)) {}
};

// Floats of one stretch in `parts`.
EXPORT i32 attention_stretch(i32 L, i32 H, i32 P) { return Stretch(L, H, P).size; }

// For each four lanes: (a0 + a2, b0 + b2, a1 + a3, b1 + b3), and (a0 + a2, a1 + a3, b0 + b2, b1 + b3).
INLINE vf add_crossed(vf a, vf b) {
#if defined(__AVX512F__)
  return _mm512_unpacklo_ps(a, b) + _mm512_unpackhi_ps(a, b);
#elif defined(__AVX2__)
  return _mm256_unpacklo_ps(a, b) + _mm256_unpackhi_ps(a, b);
#else
  return SHUFFLE(a, b, 0, 4, 1, 5) + SHUFFLE(a, b, 2, 6, 3, 7);
#endif
}
INLINE vf add_halves(vf a, vf b) {
#if defined(__AVX512F__)
  return _mm512_shuffle_ps(a, b, 0x44) + _mm512_shuffle_ps(a, b, 0xee);
#elif defined(__AVX2__)
  return _mm256_shuffle_ps(a, b, 0x44) + _mm256_shuffle_ps(a, b, 0xee);
#else
  return SHUFFLE(a, b, 0, 1, 4, 5) + SHUFFLE(a, b, 2, 3, 6, 7);
#endif
}
// The sums of four vectors.
INLINE quad four_sums(const vf (&v)[4]) {
  const vf s = add_halves(add_crossed(v[0], v[1]), add_crossed(v[2], v[3]));
  quad part[LANES / 4];
  __builtin_memcpy(part, &s, sizeof(vf));
#pragma GCC unroll 4
  for (i32 n = 1; n < LANES / 4; n++) part[0] += part[n];
  return part[0];
}

// weights[m][0..3] = q[m] · the four rows, for M queries.
template <i32 M>
INLINE void score_rows(const f32* q, i32 P_, const f32* const (&rows)[4], i32 P, f32* weights) {
  vf sums[M][4] = {};
  const auto add = [&](i32 p, auto load_keys) {
    vf keys[4];
#pragma GCC unroll 4
    for (i32 i = 0; i < 4; i++) keys[i] = keep(load_keys(rows[i] + p));
#pragma GCC unroll 4
    for (i32 m = 0; m < M; m++) {
      const vf query = keep(load(q + m * P_ + p));
#pragma GCC unroll 4
      for (i32 i = 0; i < 4; i++) sums[m][i] = fma(query, keys[i], sums[m][i]);
    }
  };
  i32 p = 0;
  for (; p + LANES <= P; p += LANES) add(p, [](const f32* at) { return load(at); });
  if (p < P) add(p, [=](const f32* at) { return load_part(at, P - p); });
#pragma GCC unroll 4
  for (i32 m = 0; m < M; m++) store_quad(weights + m * KEYS, four_sums(sums[m]));
}

// o[m] += Σ_k weights[m][k] values[k] over n rows, for M queries and VECTORS vectors of channels.
template <i32 M, i32 VECTORS, bool WHOLE_VECTORS>
INLINE void add_columns(const f32* weights, const f32* values, i64 ld, i32 n, f32* o, i32 P_, i32 last) {
  vf sums[M][VECTORS];
#pragma GCC unroll 4
  for (i32 m = 0; m < M; m++)
#pragma GCC unroll 4
    for (i32 v = 0; v < VECTORS; v++) sums[m][v] = load(o + m * P_ + v * LANES);
  for (i32 k = 0; k < n; k++) {
    vf row[VECTORS];
#pragma GCC unroll 4
    for (i32 v = 0; v < VECTORS; v++)
      row[v] = keep(WHOLE_VECTORS ? load(values + k * ld + v * LANES) : load_part(values + k * ld, last));
#pragma GCC unroll 4
    for (i32 m = 0; m < M; m++) {
      const vf weight = keep(splat(weights[m * KEYS + k]));
#pragma GCC unroll 4
      for (i32 v = 0; v < VECTORS; v++) sums[m][v] = fma(weight, row[v], sums[m][v]);
    }
  }
#pragma GCC unroll 4
  for (i32 m = 0; m < M; m++)
#pragma GCC unroll 4
    for (i32 v = 0; v < VECTORS; v++) store(o + m * P_ + v * LANES, sums[m][v]);
}
// The same for one query and N rows. Each row is a stream for the prefetchers.
template <i32 N>
INLINE void add_streams(const f32* weights, const f32* values, i64 ld, f32* o, i32 P) {
  vf weight[N];
#pragma GCC unroll 8
  for (i32 k = 0; k < N; k++) weight[k] = keep(splat(weights[k]));
  i32 p = 0;
  const auto add = [&](auto load_values) {
    vf total = load(o + p);
#pragma GCC unroll 8
    for (i32 k = 0; k < N; k++) total = fma(weight[k], load_values(values + k * ld + p), total);
    store(o + p, total);
  };
  for (; p + LANES <= P; p += LANES) add([](const f32* at) { return load(at); });
  if (p < P) add([=](const f32* at) { return load_part(at, P - p); });
}
template <i32 M>
INLINE void add_rows(const f32* weights, const f32* values, i64 ld, i32 n, f32* o, i32 P_, i32 P) {
  if constexpr (M == 1) {
    i32 k = 0;
    for (; k + STREAMS <= n; k += STREAMS) add_streams<STREAMS>(weights + k, values + k * ld, ld, o, P);
    for (; k < n; k++) add_streams<1>(weights + k, values + k * ld, ld, o, P);
    return;
  }
  i32 p = 0;
  for (; p + 4 * LANES <= P; p += 4 * LANES) add_columns<M, 4, true>(weights, values + p, ld, n, o + p, P_, 0);
  for (; p + LANES <= P; p += LANES) add_columns<M, 1, true>(weights, values + p, ld, n, o + p, P_, 0);
  if (p < P) add_columns<M, 1, false>(weights, values + p, ld, n, o + p, P_, P - p);
}

// Calls f.template operator()<M>(first) for n queries, SIDE of them at a time.
template <class F>
INLINE void side_by_side(i32 n, F f) {
  i32 at = 0;
  for (; at + SIDE <= n; at += SIDE) f.template operator()<SIDE>(at);
  for (; at < n; at++) f.template operator()<1>(at);
}

INLINE void fetch(const f32* rows, i64 ld, i32 count, i32 n) {
  for (i32 k = 0; k < count; k++)
    for (i32 i = 0; i < n; i += 16) __builtin_prefetch(rows + k * ld + i, 0, 2);
}

// One tile: `count` steps that are `ld` floats apart.
struct DecodeTile {
  const f32 *rows, *next;  // the first step of this tile and of the next one
  f32 *o, *q, *top, *total, *w;
  i32 L, G, R, P, P_, count;
  i64 ld;
  i32 from[MAX_FEW], to[MAX_FEW];  // the steps of the tile that each query sees

  void scores() const {
    for (i32 k = 0; k < count; k += 4)
      for (i32 g = 0; g < G; g++) {
        const f32* keys[4];
        for (i32 i = 0; i < 4; i++) keys[i] = rows + min(k + i, count - 1) * ld + g * P;
        fetch(rows + k * ld + (G + g) * P, ld, 4, P);
        side_by_side(L * R, [&]<i32 M>(i32 at) {
          at += g * L * R;
          score_rows<M>(q + at * P_, P_, keys, P, w + at * KEYS + k);
        });
      }
  }
  void softmax() const {
    for (i32 at = 0; at < G * L * R; at++) {
      f32* weights = w + at * KEYS;
      const i32 t = at / R % L;
      for (i32 k = 0; k < min(from[t], count); k++) weights[k] = 2 * LOW;
      for (i32 k = min(max(to[t], 0), count); k < attention_padded(count, LANES); k++) weights[k] = 2 * LOW;
      vf most = splat(top[at]);
      for (i32 k = 0; k < count; k += LANES) most = maximum(load(weights + k), most);
      const f32 m = largest(most);
      vf sums = {};
      for (i32 k = 0; k < count; k += LANES) {
        const vf p = exp(load(weights + k) - m);
        store(weights + k, p);
        sums += p;
      }
      const f32 c = exp(splat(top[at] - m))[0];
      total[at] = total[at] * c + sum(sums);
      top[at] = m;
      for (i32 p = 0; c != 1 && p < P_; p += LANES) store(o + at * P_ + p, load(o + at * P_ + p) * c);
    }
  }
  void values() const {
    const i32 step = max(4, VALUE_FLOATS / (G * P));
    i32 all_from = 0, all_to = count;
    for (i32 t = 0; t < L; t++) all_from = max(all_from, from[t]), all_to = min(all_to, to[t]);
    for (i32 k = 0; k < count; k += step) {
      const i32 end = min(k + step, count);
      for (i32 g = 0; g < G; g++) {
        const f32* head = rows + (G + g) * P;
        fetch(next + k * ld + g * P, ld, end - k, P);
        const i32 first = g * L * R;
        if (all_from <= k && end <= all_to) {
          side_by_side(L * R, [&]<i32 M>(i32 at) {
            at += first;
            add_rows<M>(w + at * KEYS + k, head + k * ld, ld, end - k, o + at * P_, P_, P);
          });
          continue;
        }
        // Only values that a query sees: 0 times NaN is NaN.
        for (i32 at = first; at < first + L * R; at++) {
          const i32 low = max(k, from[at / R % L]), high = min(end, to[at / R % L]);
          if (low < high) add_rows<1>(w + at * KEYS + low, head + low * ld, ld, high - low, o + at * P_, P_, P);
        }
      }
    }
  }
};

// The softmax of each stretch. parts: (B, stretches, attention_stretch(L, H, P))   range: B * stretches
KERNEL void attention_decode(const f32* q, const f32* kv, const i32* place, OPTIONAL const i32* age,
                             OPTIONAL const i32* lengths, f32* parts, i32 B, i32 L, i32 H, i32 G, i32 P, i32 stretches,
                             i32 window, i32 ldq, f32 scale, i32 begin, i32 end) {
  const Stretch shape(L, H, P);
  const i32 P_ = shape.P_, R = H / G, width = 2 * G * P;
  const i64 ld = (i64)B * width;
  const i32 most = min(KEYS, max(LANES, TILE_FLOATS / width / LANES * LANES));
  // Four rows at a time, from the four quarters of the stretch, are four long streams that read each page from end to
  // end. That suits the prefetchers where there is no software prefetch. With wide vectors a softmax over four steps
  // costs more than this gains.
  const bool far = LANES == 4 && B == 1 && L * R == 1 && width >= 512;
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / stretches, first = unit % stretches * STRETCH;
    const Sequence s(place, age, lengths, b, L, window);
    f32 *o = parts + (i64)unit * shape.size, *queries = o + shape.heads * P_;
    f32 *top = queries + shape.heads * P_, *total = top + shape.heads;
    for (i32 i = 0; i < shape.heads * P_; i++) o[i] = 0;
    for (i32 i = 0; i < shape.heads; i++) {
      const f32* from = q + ((i64)b * L + i / R % L) * ldq + (i / (L * R) * R + i % R) * P;
      for (i32 p = 0; p < P_; p++) queries[i * P_ + p] = p < P ? from[p] * scale : 0;
      top[i] = LOW, total[i] = 0;
    }
    const i32 last = min(first + STRETCH, s.steps());
    i32 low = last;
    for (i32 t = 0; t < s.length; t++) low = min(low, s.seen(t).low);
    const i32 start = max(first, low), steps = max(0, last - start), apart = far ? ceil_div(steps, 4) : 1;
    for (i32 k0 = start; k0 < (far ? start + apart : last); k0 += far ? 1 : most) {
      const f32* rows = kv + (s.first + k0) * ld + (i64)b * width;
      const i32 count = far ? ceil_div(last - k0, apart) : min(most, last - k0);
      DecodeTile tile = {rows, rows + (far ? 1 : most) * ld, o, queries, top, total, total + shape.heads, L, G, R, P, P_,
                         count, apart * ld, {}, {}};
      for (i32 t = 0; t < s.length; t++) {
        const Seen seen = s.seen(t);
        tile.from[t] = ceil_div(max(0, seen.low - k0), apart);
        tile.to[t] = ceil_div(max(0, seen.high + 1 - k0), apart);
      }
      tile.scores();
      tile.softmax();
      tile.values();
    }
  }
}

// out and lse from the stretches. range: B * L * H
KERNEL void attention_combine(const f32* parts, OPTIONAL const i32* lengths, f32* out, OPTIONAL f32* lse, i32 L, i32 H,
                              i32 G, i32 P, i32 stretches, i32 begin, i32 end) {
  const Stretch shape(L, H, P);
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / (L * H), t = unit / H % L, h = unit % H, R = H / G;
    const i32 at = (h / R * L + t) * R + h % R;
    const f32* of_b = parts + (i64)b * stretches * shape.size;
    const f32* tops = of_b + 2 * shape.heads * shape.P_ + at;
    f32* to = out + (i64)unit * P;
    for (i32 p = 0; p < P; p++) to[p] = 0;
    if (lengths && t >= lengths[b]) continue;
    f32 m = LOW, total = 0;
    for (i32 i = 0; i < stretches; i++) m = tops[(i64)i * shape.size] > m ? tops[(i64)i * shape.size] : m;
    for (i32 i = 0; i < stretches; i++) {
      const f32 *top = tops + (i64)i * shape.size, *o = of_b + (i64)i * shape.size + at * shape.P_;
      const f32 c = exp(splat(*top - m))[0];
      total += c * top[shape.heads];
      for (i32 p = 0; p < P; p++) to[p] += c * o[p];
    }
    for (i32 p = 0; p < P; p++) to[p] /= total;
    if (lse) lse[((i64)b * H + h) * L + t] = m + log(splat(total))[0];
  }
}
