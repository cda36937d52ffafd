// The selective scan (Gu & Dao 2023, Algorithm 2), forward and backward.
//
//   h ← exp(Δ A) h + Δ B u        y = C·h + D u        out = y silu(z)
//
// Lanes run over channels, so the recurrence needs no horizontal sum and B, C are broadcast. Time is
// walked in chunks; the forward keeps h at the border before each, the backward recomputes from there.
//
// u, delta, z, out: (B, L, D) with row strides   A: (N, D), transposed   b, c: (B, L, G, N), row
// strides ldb, ldc   D, bias: (D)   states: (B, N, D)   borders: (B, ceil(L / T), N, D)
// age: (B, L), 0 where a document begins   lengths: (B); optional ones may be null
// range: units, B * G * ceil(D / G / W), each the W channels of one group that a thread walks alone
#include "simd.h"

struct ScanShape {
  i32 L, D, N, G, W, T;
  i32 ldu, ldd, ldb, ldc, ldz;
  i32 softplus_delta;
};

struct ScanUnit {
  i32 b, g, block, blocks, from, to, length;
  INLINE ScanUnit(const ScanShape& s, const i32* lengths, i32 unit) {
    const i32 per_group = s.D / s.G;
    blocks = ceil_div(per_group, s.W);
    block = unit % blocks;
    g = unit / blocks % s.G;
    b = unit / blocks / s.G;
    from = g * per_group + block * s.W;
    to = min(from + s.W, (g + 1) * per_group);
    length = lengths ? lengths[b] : s.L;
  }
};

template <bool WHOLE>
INLINE vf take(const f32* p, i32 n) {
  return WHOLE ? load(p) : load_part(p, n);
}
template <bool WHOLE>
INLINE void put(f32* p, vf v, i32 n) {
  if (WHOLE) store(p, v);
  else store_part(p, v, n);
}
INLINE vf step_size(vf raw, i32 softplus_delta) { return softplus_delta ? softplus(raw) : raw; }

template <i32 STATES, bool WHOLE>
static void scan_forward_chunk(const ScanShape& s, const f32* u, const f32* delta, const f32* A, const f32* b,
                               const f32* c, const f32* D, const f32* z, const f32* bias, const i32* age, f32* out,
                               f32* state, i32 t0, i32 t1, i32 n) {
  const i32 N = STATES ? STATES : s.N;
  const vf skip = D ? take<WHOLE>(D, n) : (vf){}, offset = bias ? take<WHOLE>(bias, n) : (vf){};
  vf fixed[STATES ? STATES : 1];
  if constexpr (STATES > 0) {
#pragma GCC unroll 16
    for (i32 i = 0; i < STATES; i++) fixed[i] = take<WHOLE>(state + (i64)i * s.D, n);
  }
  for (i32 t = t0; t < t1; t++) {
    const vf ut = take<WHOLE>(u + (i64)t * s.ldu, n);
    const vf dt = step_size(take<WHOLE>(delta + (i64)t * s.ldd, n) + offset, s.softplus_delta);
    const vf dtu = dt * ut;
    const f32 *bt = b + (i64)t * s.ldb, *ct = c + (i64)t * s.ldc;
    const bool reset = age && age[t] == 0;
    vf y = skip * ut;
    if constexpr (STATES > 0) {
#pragma GCC unroll 16
      for (i32 i = 0; i < STATES; i++) {
        const vf decay = reset ? (vf){} : exp(dt * take<WHOLE>(A + (i64)i * s.D, n));
        fixed[i] = fma(decay, fixed[i], dtu * splat(bt[i]));
        y = fma(fixed[i], splat(ct[i]), y);
      }
    } else {
      for (i32 i = 0; i < N; i++) {
        f32* h = state + (i64)i * s.D;
        const vf decay = reset ? (vf){} : exp(dt * take<WHOLE>(A + (i64)i * s.D, n));
        const vf v = fma(decay, take<WHOLE>(h, n), dtu * splat(bt[i]));
        put<WHOLE>(h, v, n);
        y = fma(v, splat(ct[i]), y);
      }
    }
    if (z) y *= silu(take<WHOLE>(z + (i64)t * s.ldz, n));
    put<WHOLE>(out + (i64)t * s.D, y, n);
  }
  if constexpr (STATES > 0) {
#pragma GCC unroll 16
    for (i32 i = 0; i < STATES; i++) put<WHOLE>(state + (i64)i * s.D, fixed[i], n);
  }
}

KERNEL void scan_forward(const f32* u, const f32* delta, const f32* A, const f32* b, const f32* c, const f32* D,
                         const f32* z, const f32* bias, const f32* state, const i32* age, const i32* lengths, f32* out,
                         f32* last_state, f32* borders, i32 L, i32 D_, i32 N, i32 G, i32 W, i32 T, i32 ldu, i32 ldd,
                         i32 ldb, i32 ldc, i32 ldz, i32 softplus_delta, i32 begin, i32 end) {
  const ScanShape s = {L, D_, N, G, W, T, ldu, ldd, ldb, ldc, ldz, softplus_delta};
  const i64 nd = (i64)N * D_, chunks = ceil_div(L, T);
  for (i32 unit = begin; unit < end; unit++) {
    const ScanUnit v(s, lengths, unit);
    const i64 rows = (i64)v.b * L;
    f32* h = last_state + v.b * nd;
    for (i32 i = 0; i < N; i++)
      for (i32 d = v.from; d < v.to; d++) h[(i64)i * D_ + d] = state ? state[v.b * nd + (i64)i * D_ + d] : 0;
    for (i32 t0 = 0; t0 < v.length; t0 += T) {
      if (borders) {
        f32* border = borders + (v.b * chunks + t0 / T) * nd;
        for (i32 i = 0; i < N; i++)
          for (i32 d = v.from; d < v.to; d++) border[(i64)i * D_ + d] = h[(i64)i * D_ + d];
      }
      for (i32 d = v.from; d < v.to; d += LANES) {
        const i32 n = min(LANES, v.to - d);
#define CHUNK(STATES, WHOLE)                                                                                       \
  scan_forward_chunk<STATES, WHOLE>(s, u + rows * ldu + d, delta + rows * ldd + d, A + d,                          \
                                    b + rows * ldb + v.g * N, c + rows * ldc + v.g * N, D ? D + d : 0,             \
                                    z ? z + rows * ldz + d : 0, bias ? bias + d : 0, age ? age + rows : 0,         \
                                    out + rows * D_ + d, h + d, t0, min(t0 + T, v.length), n)
        if (n < LANES) CHUNK(0, false);
        else if (N == 16) CHUNK(16, true);
        else CHUNK(0, true);
#undef CHUNK
      }
    }
    for (i32 t = v.length; t < L; t++)
      for (i32 d = v.from; d < v.to; d++) out[(rows + t) * D_ + d] = 0;
  }
}

struct ScanGrads {
  f32 *du, *ddelta, *dA, *db, *dc, *dD, *dz, *dbias, *dh;
  i32 lddu, lddd, lddz;
};

// One chunk of time, LANES channels: recompute h and the decays, then walk back.
// scratch: h at T + 1 times and decay at T times, (N, LANES) each; db, dc: (T, N, LANES), summed into
template <bool WHOLE>
static void scan_backward_chunk(const ScanShape& s, const f32* u, const f32* delta, const f32* A, const f32* b,
                                const f32* c, const f32* D, const f32* z, const f32* bias, const i32* age,
                                const f32* border, const f32* dout, const ScanGrads& g, f32* hs, f32* decays, f32* ys,
                                i32 t0, i32 t1, i32 n) {
  const i32 N = s.N;
  const i64 size = (i64)N * LANES;
  const vf skip = D ? take<WHOLE>(D, n) : (vf){}, offset = bias ? take<WHOLE>(bias, n) : (vf){};
  for (i32 i = 0; i < N; i++) store(hs + i * LANES, take<WHOLE>(border + (i64)i * s.D, n));
  for (i32 t = t0; t < t1; t++) {
    const vf ut = take<WHOLE>(u + (i64)t * s.ldu, n);
    const vf dt = step_size(take<WHOLE>(delta + (i64)t * s.ldd, n) + offset, s.softplus_delta);
    const vf dtu = dt * ut;
    const f32 *bt = b + (i64)t * s.ldb, *ct = c + (i64)t * s.ldc;
    const bool reset = age && age[t] == 0;
    const f32* before = hs + (t - t0) * size;
    f32 *after = hs + (t - t0 + 1) * size, *decay = decays + (t - t0) * size;
    vf y = skip * ut;
    for (i32 i = 0; i < N; i++) {
      const vf a = reset ? (vf){} : exp(dt * take<WHOLE>(A + (i64)i * s.D, n));
      const vf h = fma(a, load(before + i * LANES), dtu * splat(bt[i]));
      store(decay + i * LANES, a);
      store(after + i * LANES, h);
      y = fma(h, splat(ct[i]), y);
    }
    store(ys + (t - t0) * LANES, y);
  }
  vf dD = {}, dbias = {};
  for (i32 t = t1 - 1; t >= t0; t--) {
    const vf ut = take<WHOLE>(u + (i64)t * s.ldu, n);
    const vf raw = take<WHOLE>(delta + (i64)t * s.ldd, n) + offset;
    const vf dt = step_size(raw, s.softplus_delta);
    const vf dtu = dt * ut;
    const f32 *bt = b + (i64)t * s.ldb, *ct = c + (i64)t * s.ldc;
    vf dy = take<WHOLE>(dout + (i64)t * s.D, n);
    if (z) {
      const vf zt = take<WHOLE>(z + (i64)t * s.ldz, n), sg = sigmoid(zt);
      put<WHOLE>(g.dz + (i64)t * g.lddz, dy * load(ys + (t - t0) * LANES) * sg * (1.0f + zt * (1.0f - sg)), n);
      dy *= zt * sg;
    }
    const f32 *before = hs + (t - t0) * size, *after = before + size, *decay = decays + (t - t0) * size;
    f32 *db = g.db + (t - t0) * size, *dc = g.dc + (t - t0) * size;
    vf through_a = {}, through_b = {};
    for (i32 i = 0; i < N; i++) {
      const vf dh = fma(dy, splat(ct[i]), take<WHOLE>(g.dh + (i64)i * s.D, n));
      const vf da = dh * load(decay + i * LANES);
      const vf dah = da * load(before + i * LANES);
      store(dc + i * LANES, fma(dy, load(after + i * LANES), load(dc + i * LANES)));
      store(db + i * LANES, fma(dh, dtu, load(db + i * LANES)));
      through_a = fma(dah, take<WHOLE>(A + (i64)i * s.D, n), through_a);
      through_b = fma(dh, splat(bt[i]), through_b);
      put<WHOLE>(g.dA + (i64)i * s.D, fma(dah, dt, take<WHOLE>(g.dA + (i64)i * s.D, n)), n);
      put<WHOLE>(g.dh + (i64)i * s.D, da, n);
    }
    dD = fma(dy, ut, dD);
    put<WHOLE>(g.du + (i64)t * g.lddu, fma(through_b, dt, dy * skip), n);
    vf ddt = fma(through_b, ut, through_a);
    if (s.softplus_delta) ddt *= select(raw > 20.0f, splat(1.0f), sigmoid(raw));
    dbias += ddt;
    put<WHOLE>(g.ddelta + (i64)t * g.lddd, ddt, n);
  }
  put<WHOLE>(g.dD, take<WHOLE>(g.dD, n) + dD, n);
  put<WHOLE>(g.dbias, take<WHOLE>(g.dbias, n) + dbias, n);
}

// Floats of scratch that one unit needs.
EXPORT i32 scan_scratch(i32 N, i32 T) { return LANES * (N * (4 * T + 1) + T); }

// dA: (B, N, D), dD, dbias: (B, D): the caller sums over B. db, dc: (blocks, B, L, G, N): the caller sums over
// blocks. dstate: (B, N, D), always given. dlast, dz may be null. scratch: scan_scratch floats a unit
KERNEL void scan_backward(const f32* u, const f32* delta, const f32* A, const f32* b, const f32* c, const f32* D,
                          const f32* z, const f32* bias, const i32* age, const i32* lengths, const f32* borders,
                          const f32* dout, const f32* dlast, f32* du, f32* ddelta, f32* dA, f32* db, f32* dc, f32* dD,
                          f32* dz, f32* dbias, f32* dstate, f32* scratch, i32 batch, i32 L, i32 D_, i32 N, i32 G, i32 W,
                          i32 T, i32 ldu, i32 ldd, i32 ldb, i32 ldc, i32 ldz, i32 lddu, i32 lddd, i32 lddz,
                          i32 softplus_delta, i32 begin, i32 end) {
  const ScanShape s = {L, D_, N, G, W, T, ldu, ldd, ldb, ldc, ldz, softplus_delta};
  const i64 nd = (i64)N * D_, chunks = ceil_div(L, T), size = (i64)N * LANES;
  for (i32 unit = begin; unit < end; unit++) {
    const ScanUnit v(s, lengths, unit);
    const i64 rows = (i64)v.b * L, at_d = (i64)v.b * D_;
    f32* hs = scratch + (i64)unit * scan_scratch(N, T);
    f32 *decays = hs + (T + 1) * size, *db_lanes = decays + T * size, *dc_lanes = db_lanes + T * size;
    f32* ys = dc_lanes + T * size;
    for (i32 d = v.from; d < v.to; d++) {
      for (i32 i = 0; i < N; i++) {
        const i64 at = v.b * nd + (i64)i * D_ + d;
        dstate[at] = dlast ? dlast[at] : 0;
        dA[at] = 0;
      }
      dD[at_d + d] = dbias[at_d + d] = 0;
      for (i32 t = v.length; t < L; t++) {
        du[(rows + t) * lddu + d] = ddelta[(rows + t) * lddd + d] = 0;
        if (dz) dz[(rows + t) * lddz + d] = 0;
      }
    }
    f32* db_rows = db + (((i64)v.block * batch * L + rows) * G + v.g) * N;
    f32* dc_rows = dc + (((i64)v.block * batch * L + rows) * G + v.g) * N;
    for (i32 t = v.length; t < L; t++)
      for (i32 i = 0; i < N; i++) db_rows[(i64)t * G * N + i] = dc_rows[(i64)t * G * N + i] = 0;

    for (i32 t0 = (ceil_div(v.length, T) - 1) * T; t0 >= 0; t0 -= T) {
      const i32 t1 = min(t0 + T, v.length);
      for (i64 i = 0; i < (t1 - t0) * size; i += LANES) store(db_lanes + i, (vf){}), store(dc_lanes + i, (vf){});
      for (i32 d = v.from; d < v.to; d += LANES) {
        const i32 n = min(LANES, v.to - d);
        const ScanGrads g = {du + rows * lddu + d, ddelta + rows * lddd + d, dA + v.b * nd + d,
                             db_lanes, dc_lanes, dD + at_d + d, dz ? dz + rows * lddz + d : 0,
                             dbias + at_d + d, dstate + v.b * nd + d, lddu, lddd, lddz};
#define CHUNK(WHOLE)                                                                                               \
  scan_backward_chunk<WHOLE>(s, u + rows * ldu + d, delta + rows * ldd + d, A + d, b + rows * ldb + v.g * N,       \
                             c + rows * ldc + v.g * N, D ? D + d : 0, z ? z + rows * ldz + d : 0,                  \
                             bias ? bias + d : 0, age ? age + rows : 0, borders + (v.b * chunks + t0 / T) * nd + d, \
                             dout + rows * D_ + d, g, hs, decays, ys, t0, t1, n)
        if (n < LANES) CHUNK(false);
        else CHUNK(true);
#undef CHUNK
      }
      for (i32 t = t0; t < t1; t++)
        for (i32 i = 0; i < N; i++) {
          db_rows[(i64)t * G * N + i] = sum(load(db_lanes + (t - t0) * size + i * LANES));
          dc_rows[(i64)t * G * N + i] = sum(load(dc_lanes + (t - t0) * size + i * LANES));
        }
    }
  }
}
