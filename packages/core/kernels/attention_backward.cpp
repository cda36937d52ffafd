// Causal attention, backward. The weights are recomputed from the scores and log-sum-exps, tile by tile (Dao et al.
// 2022).
//
//   w = exp(s - lse)      dv = wᵀ do      ds = w (do vᵀ - do·o)      dq = scale ds k      dk = scale dsᵀ q
#include "attention.h"

// Floats of scratch that one unit needs, for n steps: keys, their gradients and those of the values.
EXPORT i32 attention_scratch(i32 n, i32 P) { return 3 * n * attention_padded(P, LANES); }

// n: steps of the longest sequence   dout: (B, L, H, P)   dkv: (H / G, rows, B, 2, G, P): the caller sums over the
// first axis   scratch: attention_scratch(n, P) floats for each unit   range: B * H
KERNEL void attention_backward(const f32* q, const f32* kv, const i32* place, OPTIONAL const i32* age,
                               OPTIONAL const i32* lengths, const f32* out, const f32* lse, const f32* dout, f32* dq,
                               f32* dkv, f32* scratch, i32 B, i32 L, i32 H, i32 G, i32 P, i32 n, i32 rows, i32 window,
                               i32 ldq, i32 lddq, f32 scale, i32 begin, i32 end) {
  const i32 P_ = attention_padded(P, LANES), ldo = H * P;
  const i64 ld = (i64)B * 2 * G * P;
  alignas(64) f32 qt[MAX_HEAD * QUERIES], dot[MAX_HEAD * QUERIES], ot[MAX_HEAD * QUERIES];
  alignas(64) f32 qs[MAX_HEAD * QUERIES], dos[MAX_HEAD * QUERIES], dqs[MAX_HEAD * QUERIES];
  alignas(64) f32 w[KEYS * QUERIES], ds[KEYS * QUERIES], falls[QUERIES], logs[QUERIES];
  for (i32 unit = begin; unit < end; unit++) {
    const i32 h = unit % H, b = unit / H, g = h / (H / G);
    const Sequence s(place, age, lengths, b, L, window);
    const f32* keys = kv + s.first * ld + ((i64)b * 2 * G + g) * P;
    const f32* values = keys + (i64)G * P;
    f32 *ks = scratch + (i64)unit * attention_scratch(n, P), *dk = ks + (i64)n * P_, *dv = dk + (i64)n * P_;
    pad_rows(keys, ld, ks, P_, s.steps(), P);
    for (i64 i = 0; i < (i64)n * P_; i++) dk[i] = dv[i] = 0;
    for (i32 t0 = 0; t0 < s.length; t0 += QUERIES) {
      const QueryTile tile(s, t0);
      const i64 row = (i64)b * L + t0;
      const f32 *query = q + row * ldq + h * P, *grad = dout + row * ldo + h * P, *o = out + row * ldo + h * P;
      turn_queries(query, ldq, qt, tile.count, tile.width, P, scale);
      turn_queries(grad, ldo, dot, tile.count, tile.width, P, 1);
      pad_rows(query, ldq, qs, P_, tile.count, P);
      pad_rows(grad, ldo, dos, P_, tile.count, P);
      // do·o is summed in the order of do vᵀ, so the gradient of a query that sees one step is exactly 0.
      turn_queries(o, ldo, ot, tile.count, tile.width, P, 1);
      for (i32 j = 0; j < tile.width; j += LANES) {
        vf fall = {};
        for (i32 p = 0; p < P; p++) fall = fma(load(ot + p * QUERIES + j), load(dot + p * QUERIES + j), fall);
        store(falls + j, fall);
        store(logs + j, load_part(lse + ((i64)b * H + h) * L + t0 + j, min(LANES, tile.count - j)));
      }
      for (i32 i = 0; i < tile.count * P_; i++) dqs[i] = 0;
      for (i32 k0 = tile.low / KEYS * KEYS; k0 <= tile.high; k0 += KEYS) {
        const i32 count = min(KEYS, tile.high + 1 - k0);
        const bool partial = !tile.sees_all(k0);
        product({ks + (i64)k0 * P_, P_, 1}, qt, QUERIES, w, QUERIES, count, tile.width, P);
        product({values + k0 * ld, (i32)ld, 1}, dot, QUERIES, ds, QUERIES, count, tile.width, P);
        for (i32 k = 0; k < count; k++)
          for (i32 j = 0; j < tile.width; j += LANES) {
            f32 *weight = w + k * QUERIES + j, *slope = ds + k * QUERIES + j;
            vf p = exp(load(weight) - load(logs + j)), d = p * (load(slope) - load(falls + j)) * scale;
            if (partial) {
              const vi seen = tile.sees(j, k0 + k);
              p = select(seen, p, (vf){});
              d = select(seen, d, (vf){});
            }
            store(weight, p);
            store(slope, d);
          }
        product({w, QUERIES, 1}, dos, P_, dv + (i64)k0 * P_, P_, count, P_, tile.count, EVERY, true);
        product({ds, QUERIES, 1}, qs, P_, dk + (i64)k0 * P_, P_, count, P_, tile.count, EVERY, true);
        product({ds, 1, QUERIES}, ks + (i64)k0 * P_, P_, dqs, P_, tile.count, P_, count, EVERY, true);
      }
      for (i32 t = 0; t < tile.count; t++)
        for (i32 p = 0; p < P; p++) dq[(row + t) * lddq + h * P + p] = dqs[t * P_ + p];
    }
    for (i64 t = s.length; t < L; t++)
      for (i32 p = 0; p < P; p++) dq[((i64)b * L + t) * lddq + h * P + p] = 0;
    f32* to = dkv + h % (H / G) * (rows * ld) + ((i64)b * 2 * G + g) * P;
    for (i64 row = 0; row < rows; row++) {
      const i64 e = row - s.first;
      const bool held = e >= 0 && e < s.steps();
      for (i32 p = 0; p < P; p++) {
        to[row * ld + p] = held ? dk[e * P_ + p] : 0;
        to[row * ld + (i64)G * P + p] = held ? dv[e * P_ + p] : 0;
      }
    }
  }
}
