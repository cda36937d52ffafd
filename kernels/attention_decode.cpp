// Causal attention of a few queries: the cache is read once, a stretch of steps a unit, at the rate of memory.
//
// Each stretch has its own softmax; the second kernel puts the stretches together.
#include "attention.h"

constexpr i32 STRETCH = 256, MAX_FEW = 8;

// Of a sequence, for one stretch: o (L, H, P'), top (L, H), total (L, H), and the weights of a tile (L, H, KEYS).
struct Stretch {
  i32 P_, heads, size;
  INLINE Stretch(i32 L, i32 H, i32 P)
      : P_(attention_padded(P, LANES)), heads(L * H), size(heads * (P_ + 2 + KEYS)) {}
};

INLINE f32 dot_rows(const f32* a, const f32* b, i32 n) {
  vf total = {};
  i32 i = 0;
  for (; i + LANES <= n; i += LANES) total = fma(load(a + i), load(b + i), total);
  f32 rest = 0;
  for (; i < n; i++) rest += a[i] * b[i];
  return sum(total) + rest;
}
// o += Σ_k w[k] values[k] over N rows, ld apart.
template <i32 N>
INLINE void add_weighed(const f32* w, const f32* values, i64 ld, f32* o, i32 P) {
  for (i32 p = 0; p < P; p += LANES) {
    const i32 n = min(LANES, P - p);
    vf total = load(o + p);
    for (i32 k = 0; k < N; k++) total = fma(splat(w[k]), some(values + k * ld + p, n), total);
    store(o + p, total);
  }
}

// Fetches a row that is read soon: rows of keys and of values are no streams that the machine foresees.
INLINE void fetch(const f32* row, i32 n) {
  for (i32 i = 0; i < n; i += 16) __builtin_prefetch(row + i);
}

// One tile of steps, [k0, k0 + count): rows of keys in turn, softmax of each head, rows of values in turn.
struct DecodeTile {
  const f32 *q, *rows;  // of the first step
  f32 *o, *top, *total, *w;
  i32 L, H, G, R, P, P_, ldq, count;
  i64 ld;
  i32 from[MAX_FEW], to[MAX_FEW];  // what each query sees of the tile

  void scores(f32 scale) const {
    for (i32 k = 0; k < count; k++) {
      const f32* row = rows + k * ld;
      fetch(row + 4 * ld, G * P);
      for (i32 t = 0; t < L; t++) {
        const bool seen = from[t] <= k && k < to[t];
        const f32* query = q + (i64)t * ldq;
        f32* weight = w + t * H * KEYS + k;
        for (i32 g = 0; g < G; g++)
          for (i32 r = 0; r < R; r++, query += P, weight += KEYS)
            *weight = seen ? dot_rows(query, row + g * P, P) * scale : 2 * LOW;
      }
    }
    for (i32 at = 0; at < L * H; at++)
      for (i32 k = count; k < attention_padded(count, LANES); k++) w[at * KEYS + k] = 2 * LOW;
  }
  void softmax() const {
    for (i32 at = 0; at < L * H; at++) {
      f32* weights = w + at * KEYS;
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
    for (i32 k = 0; k < count; k += 4) {
      const i32 n = min(4, count - k);
      const f32* row = rows + k * ld + G * P;
      for (i32 i = 4; i < 8; i++) fetch(row + i * ld, G * P);
      for (i32 t = 0; t < L; t++) {
        const bool all = n == 4 && from[t] <= k && k + 4 <= to[t];
        const f32* weight = w + t * H * KEYS + k;
        f32* sums = o + t * H * P_;
        for (i32 g = 0; g < G; g++)
          for (i32 r = 0; r < R; r++, weight += KEYS, sums += P_) {
            if (all) add_weighed<4>(weight, row + g * P, ld, sums, P);
            else
              for (i32 i = 0; i < n; i++)
                if (from[t] <= k + i && k + i < to[t]) add_weighed<1>(weight + i, row + i * ld + g * P, ld, sums, P);
          }
      }
    }
  }
};

// parts: (B, stretches, size of Stretch)   range: B * stretches
KERNEL void attention_decode(const f32* q, const f32* kv, const i32* place, const i32* age, const i32* lengths,
                             f32* parts, i32 B, i32 L, i32 H, i32 G, i32 P, i32 stretches, i32 window, i32 ldq,
                             f32 scale, i32 begin, i32 end) {
  const Stretch shape(L, H, P);
  const i64 ld = (i64)B * 2 * G * P;
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / stretches, first = unit % stretches * STRETCH;
    const Sequence s(place, age, lengths, b, L, window);
    f32 *o = parts + (i64)unit * shape.size, *top = o + shape.heads * shape.P_, *total = top + shape.heads;
    for (i32 i = 0; i < shape.heads * shape.P_; i++) o[i] = 0;
    for (i32 i = 0; i < shape.heads; i++) top[i] = LOW, total[i] = 0;
    const i32 last = min(first + STRETCH, s.steps());
    i32 low = last;
    for (i32 t = 0; t < s.length; t++) low = min(low, s.seen(t).low);
    for (i32 k0 = max(first, low / KEYS * KEYS); k0 < last; k0 += KEYS) {
      const f32* rows = kv + (s.first + k0) * ld + (i64)b * 2 * G * P;
      DecodeTile tile = {q + (i64)b * L * ldq, rows, o, top, total, total + shape.heads, s.length, H, G, H / G, P,
                         shape.P_, ldq, min(KEYS, last - k0), ld, {}, {}};
      for (i32 t = 0; t < s.length; t++) {
        const Seen seen = s.seen(t);
        tile.from[t] = seen.low - k0;
        tile.to[t] = seen.high + 1 - k0;
      }
      tile.scores(scale);
      tile.softmax();
      tile.values();
    }
  }
}

// range: B * L * H
KERNEL void attention_combine(const f32* parts, const i32* lengths, f32* out, f32* lse, i32 L, i32 H, i32 P,
                              i32 stretches, i32 begin, i32 end) {
  const Stretch shape(L, H, P);
  for (i32 unit = begin; unit < end; unit++) {
    const i32 at = unit % (L * H), b = unit / (L * H), t = at / H;
    const f32* of_b = parts + (i64)b * stretches * shape.size;
    const f32* tops = of_b + shape.heads * shape.P_ + at;
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
    if (lse) lse[((i64)b * H + at % H) * L + t] = m + log(splat(total))[0];
  }
}
