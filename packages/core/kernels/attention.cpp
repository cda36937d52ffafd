// Causal attention, forward: tiles of queries times tiles of keys. No row of scores is ever held as a whole.
//
// The softmax is computed online: with m the largest score so far, the sum and the output are kept relative to exp(m),
// and scaled when m grows (Milakov & Gimelshein 2018; Rabe & Staats 2021; Dao et al. 2022). Tiles are transposed, keys
// by queries: lanes run over queries, so that softmax needs no sums across lanes, and the keys and values, packed once
// in strips, are the left sides of both products.
#include "attention.h"

// Packed keys and values of one tile: strips of keys (P, PRODUCT_ROWS), strips of values (KEYS, PRODUCT_ROWS).
struct PackedTile {
  i32 P, size;
  INLINE PackedTile(i32 P) : P(P), size(KEYS * P + KEYS * attention_padded(P, PRODUCT_ROWS)) {}
  INLINE const f32* values(const f32* tile) const { return tile + KEYS * P; }
};

// Floats of one packed tile of heads of P channels.
EXPORT i32 attention_tile(i32 P) { return PackedTile(P).size; }

// Packs the keys and values of the cache. packed: (B, G, tiles, KEYS (P + P')), P' = P in whole strips
// finite: (B, G, tiles), 0 where some value of the tile is not finite   range: B * G * tiles
KERNEL void attention_pack(const f32* kv, const i32* place, OPTIONAL const i32* lengths, f32* packed, i32* finite,
                           i32 B, i32 L, i32 G, i32 P, i32 tiles, i32 begin, i32 end) {
  const PackedTile shape(P);
  const i64 ld = (i64)B * 2 * G * P;
  for (i32 unit = begin; unit < end; unit++) {
    const i32 k0 = unit % tiles * KEYS, g = unit / tiles % G, b = unit / tiles / G;
    const Sequence s(place, 0, lengths, b, L, 0);
    const i32 count = max(0, min(KEYS, s.steps() - k0));
    const f32* keys = kv + (s.first + k0) * ld + ((i64)b * 2 * G + g) * P;
    const f32* values = keys + (i64)G * P;
    f32 *to = packed + (i64)unit * shape.size, *tov = to + KEYS * P;
    for (i32 k = 0; k < KEYS; k += PRODUCT_ROWS)
      for (i32 r = 0; r < PRODUCT_ROWS; r += 4)
        turn_quad(keys + (k + r) * ld, ld, to + k * P + r, PRODUCT_ROWS, count - k - r, P);
    quad strange = {};
    for (i32 p = 0; p < attention_padded(P, PRODUCT_ROWS); p += 4) {
      f32* strip = tov + p / PRODUCT_ROWS * KEYS * PRODUCT_ROWS + p % PRODUCT_ROWS;
      for (i32 k = 0; k < KEYS; k++) {
        quad v = {};
        if (k < count && p + 4 <= P) v = load_quad(values + k * ld + p);
        else
          for (i32 i = 0; k < count && p + i < P; i++) v[i] = values[k * ld + p + i];
        store_quad(strip + k * PRODUCT_ROWS, v);
        strange += v * 0;
      }
    }
    const f32 total = strange[0] + strange[1] + strange[2] + strange[3];
    finite[unit] = total == 0;
  }
}

// c (M strips of PRODUCT_ROWS, width) = or += strips b, b: (depth, QUERIES)
INLINE void strip_products(const f32* strips, i32 stride, i32 M, const f32* b, f32* c, i32 width, i32 depth, bool add) {
  for (i32 i = 0; i < M; i += PRODUCT_ROWS, strips += stride)
    for (i32 j = 0; j < width; j += 2 * LANES) {
      f32* to = c + i * QUERIES + j;
      if (j + LANES < width) product_tile<PRODUCT_ROWS, 2>(strips, b + j, QUERIES, to, QUERIES, depth, add);
      else product_tile<PRODUCT_ROWS, 1>(strips, b + j, QUERIES, to, QUERIES, depth, add);
    }
}

// The running softmax of a tile of queries.
struct Running {
  alignas(64) f32 top[QUERIES], total[QUERIES], scale[QUERIES];
  INLINE Running() {
    for (i32 i = 0; i < QUERIES; i++) top[i] = LOW, total[i] = 0;
  }
  // Turns scores s into weights exp(s - m). True if m grew: the sums so far must then be scaled.
  template <bool PARTIAL>
  INLINE bool take(const QueryTile& tile, f32* scores, i32 k0, i32 count) {
    bool grew = false;
    for (i32 j = 0; j < tile.width; j += LANES) {
      const vf before = load(top + j);
      vf m = before;
      for (i32 k = 0; k < count; k++) {
        f32* at = scores + k * QUERIES + j;
        vf s = load(at);
        if (PARTIAL) store(at, s = select(tile.sees(j, k0 + k), s, splat(2 * LOW)));
        m = maximum(s, m);
      }
      const vf c = exp(before - m);
      vf sums = load(total + j) * c;
      for (i32 k = 0; k < count; k++) {
        f32* at = scores + k * QUERIES + j;
        const vf p = exp(load(at) - m);
        store(at, p);
        sums += p;
      }
      grew |= sum((vf)((m > before) & (vi)splat(1))) != 0;
      store(top + j, m);
      store(total + j, sums);
      store(scale + j, c);
    }
    return grew;
  }
};

// As the product, but 0 times a value that is not finite is 0: such a value reaches only the queries that see it.
static void careful_product(const QueryTile& tile, const f32* values, const f32* weights, f32* o, i32 P, i32 k0,
                            i32 count) {
  for (i32 p = 0; p < P; p++)
    for (i32 j = 0; j < tile.width; j += LANES) {
      vf total = load(o + p * QUERIES + j);
      for (i32 k = 0; k < count; k++) {
        const vf v = splat(values[(p / PRODUCT_ROWS * KEYS + k) * PRODUCT_ROWS + p % PRODUCT_ROWS]);
        total = select(tile.sees(j, k0 + k), fma(v, load(weights + k * QUERIES + j), total), total);
      }
      store(o + p * QUERIES + j, total);
    }
}

// out, from the packed tiles. lse: (B, H, L), log Σ exp of the scores   range: B * H * ceil(L / QUERIES)
KERNEL void attention_forward(const f32* q, const f32* packed, const i32* finite, const i32* place,
                              OPTIONAL const i32* age, OPTIONAL const i32* lengths, f32* out, OPTIONAL f32* lse, i32 L,
                              i32 H, i32 G, i32 P, i32 tiles, i32 window, i32 ldq, f32 scale, i32 begin, i32 end) {
  const PackedTile shape(P);
  const i32 blocks = ceil_div(L, QUERIES), ldo = H * P, strips = attention_padded(P, PRODUCT_ROWS);
  alignas(64) f32 qt[MAX_HEAD * QUERIES], o[MAX_HEAD * QUERIES], scores[KEYS * QUERIES];
  for (i32 unit = begin; unit < end; unit++) {
    const i32 t0 = unit % blocks * QUERIES, h = unit / blocks % H, b = unit / blocks / H;
    const Sequence s(place, age, lengths, b, L, window);
    const QueryTile tile(s, t0);
    f32* to = out + ((i64)b * L + t0) * ldo + h * P;
    for (i32 t = max(tile.count, 0); t < min(QUERIES, L - t0); t++)
      for (i32 p = 0; p < P; p++) to[(i64)t * ldo + p] = 0;
    if (tile.count <= 0) continue;
    turn_queries(q + ((i64)b * L + t0) * ldq + h * P, ldq, qt, tile.count, tile.width, P, scale);
    for (i32 p = 0; p < strips; p++)
      for (i32 j = 0; j < tile.width; j += LANES) store(o + p * QUERIES + j, (vf){});
    Running run;
    for (i32 k0 = tile.low / KEYS * KEYS; k0 <= tile.high; k0 += KEYS) {
      const i64 at = ((i64)b * G + h / (H / G)) * tiles + k0 / KEYS;
      const f32 *keys = packed + at * shape.size, *values = shape.values(keys);
      const i32 count = min(KEYS, tile.high + 1 - k0);
      strip_products(keys, P * PRODUCT_ROWS, count, qt, scores, tile.width, P, false);
      const bool partial = !tile.sees_all(k0);
      const bool grew = partial ? run.take<true>(tile, scores, k0, count) : run.take<false>(tile, scores, k0, count);
      if (grew)
        for (i32 p = 0; p < P; p++)
          for (i32 j = 0; j < tile.width; j += LANES)
            store(o + p * QUERIES + j, load(o + p * QUERIES + j) * load(run.scale + j));
      if (partial && !finite[at]) careful_product(tile, values, scores, o, P, k0, count);
      else strip_products(values, KEYS * PRODUCT_ROWS, P, scores, o, tile.width, count, true);
    }
    for (i32 j = 0; j < tile.width; j += LANES) {
      const vf total = load(run.total + j), over = 1.0f / total;
      for (i32 p = 0; p < P; p++) store(o + p * QUERIES + j, load(o + p * QUERIES + j) * over);
      if (lse)
        put_some(lse + ((i64)b * H + h) * L + t0 + j, load(run.top + j) + log(total), min(LANES, tile.count - j));
    }
    for (i32 p = 0; p < P; p += 4) {
      if (p + 4 <= P) turn_quad(o + p * QUERIES, QUERIES, to + p, ldo, 4, tile.count);
      else
        for (i32 t = 0; t < tile.count; t++)
          for (i32 i = p; i < P; i++) to[(i64)t * ldo + i] = o[i * QUERIES + t];
    }
  }
}
