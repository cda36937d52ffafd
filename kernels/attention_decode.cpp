// Causal attention of a few queries: the cache is read once, a stretch of steps a unit, at the rate of memory.
//
// Each stretch has its own softmax; the second kernel puts the stretches together.
#include "attention.h"

constexpr i32 STRETCH = 256;

// Of a sequence: o (L, H, P'), top (L, H), total (L, H), for one stretch.
struct Stretch {
  i32 P_, heads, size;
  INLINE Stretch(i32 L, i32 H, i32 P) : P_(attention_padded(P, LANES)), heads(L * H), size(heads * (P_ + 2)) {}
};

static f32 dot_rows(const f32* a, const f32* b, i32 n) {
  vf total = {};
  i32 i = 0;
  for (; i + LANES <= n; i += LANES) total = fma(load(a + i), load(b + i), total);
  f32 rest = 0;
  for (; i < n; i++) rest += a[i] * b[i];
  return sum(total) + rest;
}
// o ← c o + Σ_k w[k] values[k], each value read once. values: (count, P), row stride ld
static void weigh(const f32* w, const f32* values, i64 ld, f32* o, f32 c, i32 count, i32 P) {
  constexpr i32 BLOCK = 4 * LANES;
  for (i32 p = 0; p < P; p += BLOCK) {
    const i32 n = min(BLOCK, P - p), vectors = ceil_div(n, LANES);
    vf sums[4];
    for (i32 v = 0; v < vectors; v++) sums[v] = load(o + p + v * LANES) * c;
    if (n == BLOCK)
      for (i32 k = 0; k < count; k++)
        for (i32 v = 0; v < 4; v++) sums[v] = fma(splat(w[k]), load(values + k * ld + p + v * LANES), sums[v]);
    else
      for (i32 k = 0; k < count; k++)
        for (i32 v = 0; v < vectors; v++)
          sums[v] = fma(splat(w[k]), some(values + k * ld + p + v * LANES, min(LANES, n - v * LANES)), sums[v]);
    for (i32 v = 0; v < vectors; v++) store(o + p + v * LANES, sums[v]);
  }
}

// parts: (B, stretches, size of Stretch)   range: B * stretches
KERNEL void attention_decode(const f32* q, const f32* kv, const i32* place, const i32* age, const i32* lengths,
                             f32* parts, i32 B, i32 L, i32 H, i32 G, i32 P, i32 stretches, i32 window, i32 ldq,
                             f32 scale, i32 begin, i32 end) {
  const Stretch shape(L, H, P);
  const i64 ld = (i64)B * 2 * G * P;
  const i32 P_ = shape.P_;
  f32 w[KEYS + LANES];
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / stretches, first = unit % stretches * STRETCH;
    const Sequence s(place, age, lengths, b, L, window);
    f32 *o = parts + (i64)unit * shape.size, *top = o + shape.heads * P_, *total = top + shape.heads;
    for (i32 i = 0; i < shape.heads * P_; i++) o[i] = 0;
    for (i32 i = 0; i < shape.heads; i++) top[i] = LOW, total[i] = 0;
    const i32 last = min(first + STRETCH, s.steps());
    for (i32 k0 = first; k0 < last; k0 += KEYS)
      for (i32 g = 0; g < G; g++) {
        const f32 *keys = kv + s.first * ld + ((i64)b * 2 * G + g) * P, *values = keys + (i64)G * P;
        for (i32 t = 0; t < s.length; t++) {
          const Seen seen = s.seen(t);
          const i32 low = max(k0, seen.low), count = min(min(k0 + KEYS, last), seen.high + 1) - low;
          if (count <= 0) continue;
          for (i32 h = g * (H / G); h < (g + 1) * (H / G); h++) {
            const f32* query = q + ((i64)b * L + t) * ldq + h * P;
            const i32 at = t * H + h;
            f32 m = top[at];
            for (i32 k = 0; k < count; k++) {
              w[k] = dot_rows(query, keys + (low + k) * ld, P) * scale;
              m = w[k] > m ? w[k] : m;
            }
            for (i32 k = count; k < attention_padded(count, LANES); k++) w[k] = 2 * LOW;
            const f32 c = exp(splat(top[at] - m))[0];
            vf sums = {};
            for (i32 k = 0; k < count; k += LANES) {
              const vf p = exp(load(w + k) - m);
              store(w + k, p);
              sums += p;
            }
            total[at] = total[at] * c + sum(sums);
            top[at] = m;
            weigh(w, values + low * ld, ld, o + (i64)at * P_, c, count, P);
          }
        }
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
