// The selective scan (Gu & Dao 2023, Algorithm 2), forward and backward.
//
//   h ← exp(Δ A) h + Δ B u        y = C·h + D u        out = y silu(z)
//
// Lanes run over channels, so the recurrence needs no horizontal sums and B, C are broadcast. Time is divided into
// chunks of T steps. The forward keeps h before each chunk (borders), the backward recomputes from there. Within a
// chunk, a few states at a time run through all steps with h in registers.
//
// u, delta, z, out: (B, L, D)   A: (N, D), transposed   b, c: (B, L, G, N)   skip, bias: (D), D and the bias of Δ
// states: (B, N, D)   borders: (B, ceil(L / T), N, D)   age: (B, L), 0 where a document begins   lengths: (B)
// range: units, B * G * ceil(D / G / W), each W channels of one group
#include "simd.h"

// States that run through a chunk together, forward and backward: as many as the registers hold.
#if defined(__AVX512F__)
constexpr i32 SCAN_STATES = 16, SCAN_BACK_STATES = 8;
#elif defined(__AVX2__)
constexpr i32 SCAN_STATES = 8, SCAN_BACK_STATES = 4;
#else
constexpr i32 SCAN_STATES = 4, SCAN_BACK_STATES = 4;
#endif
SHARED constexpr i32 SCAN_CHUNK = 32;  // steps between two kept states: T
// Steps that the forward processes at a time.
constexpr i32 SCAN_STEPS = 64;
static_assert(SCAN_STEPS % SCAN_CHUNK == 0);

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

// The inputs from the first channel of a vector on.
struct ScanInput {
  const f32 *u, *delta, *A, *b, *c, *D, *z, *bias;
  const i32* age;
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
INLINE vf absolute(vf x) { return (vf)((vi)x & 0x7fffffff); }
INLINE bool all(vi mask) {
  i32 every = -1;
  for (i32 i = 0; i < LANES; i++) every &= mask[i];
  return every;
}
template <bool SMALL>
INLINE vf decay_of(vf dt, vf rate) {
  return SMALL ? exp2_small(dt, rate) : exp2(dt, rate);
}

// The memory of the next vector of channels, prefetched while this one is computed: the hardware does not predict it.
struct ScanAhead {
  const f32 *u, *delta, *z, *out;
  INLINE void fetch(const ScanShape& s, i64 t) const {
    __builtin_prefetch(u + t * s.ldu);
    __builtin_prefetch(delta + t * s.ldd);
    __builtin_prefetch(z + t * s.ldz);
    __builtin_prefetch(out + t * s.D, 1);
  }
};

// `steps` steps of K states of one vector of channels. h is written to `border` before every T steps.
// rates: A log2(e)   dt, dtu, y: (steps, LANES)   states: the first of (N, D)   b, c: the first of (L, G, N)
template <i32 K, bool WHOLE, bool SMALL>
static void scan_states(const ScanShape& s, const vf* rates, const vf* dt, const vf* dtu, vf* y, const f32* b,
                        const f32* c, const i32* age, const f32* from, f32* border, f32* to, i32 steps, i32 n,
                        const ScanAhead& ahead) {
  vf h[K];
#pragma GCC unroll 16
  for (i32 i = 0; i < K; i++) h[i] = from ? take<WHOLE>(from + (i64)i * s.D, n) : (vf){};
  for (i32 t0 = 0; t0 < steps; t0 += s.T) {
    if (border) {
#pragma GCC unroll 16
      for (i32 i = 0; i < K; i++) put<WHOLE>(border + (i64)i * s.D, h[i], n);
      border += (i64)s.N * s.D;
    }
    for (i32 t = t0; t < min(t0 + s.T, steps); t++) {
      if (age && age[t] == 0) {
#pragma GCC unroll 16
        for (i32 i = 0; i < K; i++) h[i] = (vf){};
      }
      ahead.fetch(s, t);
      const vf dt_t = dt[t], dtu_t = dtu[t];
      const f32 *bt = b + (i64)t * s.ldb, *ct = c + (i64)t * s.ldc;
      vf sum = y[t];
#pragma GCC unroll 16
      for (i32 i = 0; i < K; i++) {
        h[i] = fma(decay_of<SMALL>(dt_t, rates[i]), h[i], dtu_t * splat(bt[i]));
        sum = fma(h[i], splat(ct[i]), sum);
      }
      y[t] = sum;
    }
  }
#pragma GCC unroll 16
  for (i32 i = 0; i < K; i++) put<WHOLE>(to + (i64)i * s.D, h[i], n);
}

// One chunk of one vector of channels. from: h before it, or null for zeros   border, to: (N, D)
template <bool WHOLE>
static void scan_forward_chunk(const ScanShape& s, const ScanInput& x, const f32* from, f32* border, f32* to, f32* out,
                               i32 t0, i32 t1, i32 n, const ScanAhead& ahead) {
  const vf skip = x.D ? take<WHOLE>(x.D, n) : (vf){}, offset = x.bias ? take<WHOLE>(x.bias, n) : (vf){};
  vf dt[SCAN_STEPS], dtu[SCAN_STEPS], y[SCAN_STEPS], rates[SCAN_STATES], longest = {};
  for (i32 t = t0; t < t1; t++) {
    const vf ut = take<WHOLE>(x.u + (i64)t * s.ldu, n), raw = take<WHOLE>(x.delta + (i64)t * s.ldd, n) + offset;
    const vf step = s.softplus_delta ? softplus(raw) : raw;
    longest = maximum(longest, absolute(step));
    dt[t - t0] = step;
    dtu[t - t0] = step * ut;
    y[t - t0] = skip * ut;
  }
  for (i32 i0 = 0; i0 < s.N;) {
    const i32 count = s.N - i0 >= SCAN_STATES ? SCAN_STATES : 1;
    const i64 at = (i64)i0 * s.D;
    vf fastest = {};
    for (i32 i = 0; i < count; i++) {
      rates[i] = LOG2E * take<WHOLE>(x.A + at + (i64)i * s.D, n);
      fastest = maximum(fastest, absolute(rates[i]));
    }
    const f32 *b = x.b + (i64)t0 * s.ldb + i0, *c = x.c + (i64)t0 * s.ldc + i0;
    // Almost no chunk needs the clamps.
    const bool small = all(longest * fastest <= EXP2_SMALL);
    constexpr i32 K = SCAN_STATES;
    const auto walk = count == 1 ? (small ? scan_states<1, WHOLE, true> : scan_states<1, WHOLE, false>)
                                 : (small ? scan_states<K, WHOLE, true> : scan_states<K, WHOLE, false>);
    walk(s, rates, dt, dtu, y, b, c, x.age ? x.age + t0 : 0, from ? from + at : 0, border ? border + at : 0, to + at,
         t1 - t0, n, ahead);
    i0 += count;
  }
  for (i32 t = t0; t < t1; t++) {
    vf v = y[t - t0];
    if (x.z) v *= silu(take<WHOLE>(x.z + (i64)t * s.ldz, n));
    put<WHOLE>(out + (i64)t * s.D, v, n);
  }
}

INLINE void clear_rows(f32* rows, i32 ld, i32 t0, i32 t1, i32 width) {
  for (i32 t = t0; t < t1; t++)
    for (i32 d = 0; d < width; d++) rows[(i64)t * ld + d] = 0;
}

// out and last_state, and, for the backward, borders. range: B * G * ceil(D / G / W)
KERNEL void scan_forward(const f32* u, const f32* delta, const f32* A, const f32* b, const f32* c,
                         OPTIONAL const f32* skip, OPTIONAL const f32* z, OPTIONAL const f32* bias,
                         OPTIONAL const f32* state, OPTIONAL const i32* age, OPTIONAL const i32* lengths, f32* out,
                         f32* last_state, OPTIONAL f32* borders, i32 L, i32 D, i32 N, i32 G, i32 W, i32 T, i32 ldu,
                         i32 lddelta, i32 ldb, i32 ldc, i32 ldz, bool softplus_delta, i32 begin, i32 end) {
  const ScanShape s = {L, D, N, G, W, T, ldu, lddelta, ldb, ldc, ldz, softplus_delta};
  const i64 nd = (i64)N * D, chunks = ceil_div(L, T);
  for (i32 unit = begin; unit < end; unit++) {
    const ScanUnit v(s, lengths, unit);
    const i64 rows = (i64)v.b * L;
    const f32* start = state ? state + v.b * nd : 0;
    f32* h = last_state + v.b * nd;
    if (v.length == 0)
      for (i32 i = 0; i < N; i++)
        for (i32 d = v.from; d < v.to; d++) h[(i64)i * D + d] = start ? start[(i64)i * D + d] : 0;
    for (i32 t0 = 0; t0 < v.length; t0 += SCAN_STEPS) {
      const i32 t1 = min(t0 + SCAN_STEPS, v.length);
      f32* border = borders ? borders + (v.b * chunks + t0 / T) * nd : 0;
      const f32* from = t0 ? h : start;
      for (i32 d = v.from; d < v.to; d += LANES) {
        const ScanInput x = {u + rows * ldu + d, delta + rows * lddelta + d, A + d, b + rows * ldb + v.g * N,
                             c + rows * ldc + v.g * N, skip ? skip + d : 0, z ? z + rows * ldz + d : 0,
                             bias ? bias + d : 0, age ? age + rows : 0};
        const i32 n = min(LANES, v.to - d);
        const bool last = d + LANES >= v.to;
        const i64 t_next = last ? t0 + SCAN_STEPS : t0, d_next = last ? v.from - d : LANES;
        const ScanAhead ahead = {x.u + t_next * ldu + d_next, x.delta + t_next * lddelta + d_next,
                                 z ? x.z + t_next * ldz + d_next : x.u, out + (rows + t_next) * D + d + d_next};
        const auto chunk = n == LANES ? scan_forward_chunk<true> : scan_forward_chunk<false>;
        chunk(s, x, from ? from + d : 0, border ? border + d : 0, h + d, out + rows * D + d, t0, t1, n,
              ahead);
      }
    }
    clear_rows(out + rows * D + v.from, D, v.length, L, v.to - v.from);
  }
}

struct ScanGrads {
  f32 *du, *ddelta, *dA, *dD, *dz, *dbias, *dh;
  i32 lddu, lddd, lddz;
};

// The scratch of one chunk of one vector of channels: numbers of every step, and of the states that run together (h
// before each step and after the last, the decays). db, dc: (T, N, LANES), sums over the vectors of a unit.
struct ScanScratch {
  f32 *dt, *dtu, *y, *dy, *gate, *slope, *through_a, *through_b, *h, *decay, *db, *dc;
  static INLINE i32 size(i32 N, i32 T) { return LANES * (8 * T + (2 * T + 1) * SCAN_BACK_STATES + 2 * T * N); }
  INLINE ScanScratch(f32* p, i32 N, i32 T) {
    f32** steps[] = {&dt, &dtu, &y, &dy, &gate, &slope, &through_a, &through_b};
    for (f32** step : steps) *step = p, p += T * LANES;
    h = p, p += (T + 1) * SCAN_BACK_STATES * LANES;
    decay = p, p += T * SCAN_BACK_STATES * LANES;
    db = p, p += T * N * LANES;
    dc = p;
  }
};

// Recomputes h and the decays of K states, then goes back in time.
template <i32 K, bool SMALL>
static void scan_states_back(const ScanScratch& k, const vf* rates, const f32* b, const f32* c, i32 ldb, i32 ldc,
                             const i32* age, i32 i0, i32 N, vf* states, vf* grads, vf* dA_, i32 steps) {
  constexpr i32 size = K * LANES;
  vf h[K], dh[K], dA[K];
#pragma GCC unroll 16
  for (i32 i = 0; i < K; i++) h[i] = states[i];
  for (i32 t = 0; t < steps; t++) {
    const bool reset = age && age[t] == 0;
    const vf dt = load(k.dt + t * LANES), dtu = load(k.dtu + t * LANES), dy = load(k.dy + t * LANES);
    const f32 *bt = b + (i64)t * ldb, *ct = c + (i64)t * ldc;
    f32 *before = k.h + t * size, *decay = k.decay + t * size, *dc = k.dc + (t * N + i0) * LANES;
    vf y = load(k.y + t * LANES);
#pragma GCC unroll 16
    for (i32 i = 0; i < K; i++) {
      store(before + i * LANES, h[i]);
      const vf a = reset ? (vf){} : decay_of<SMALL>(dt, rates[i]);
      store(decay + i * LANES, a);
      h[i] = fma(a, h[i], dtu * splat(bt[i]));
      y = fma(h[i], splat(ct[i]), y);
      store(dc + i * LANES, fma(dy, h[i], load(dc + i * LANES)));
    }
    store(k.y + t * LANES, y);
  }
#pragma GCC unroll 16
  for (i32 i = 0; i < K; i++) dh[i] = grads[i], dA[i] = dA_[i];
  for (i32 t = steps - 1; t >= 0; t--) {
    const vf dt = load(k.dt + t * LANES), dtu = load(k.dtu + t * LANES), dy = load(k.dy + t * LANES);
    const f32 *bt = b + (i64)t * ldb, *ct = c + (i64)t * ldc;
    const f32 *before = k.h + t * size, *decay = k.decay + t * size;
    f32* db = k.db + (t * N + i0) * LANES;
    vf through_a = load(k.through_a + t * LANES), through_b = load(k.through_b + t * LANES);
#pragma GCC unroll 16
    for (i32 i = 0; i < K; i++) {
      const vf g = fma(dy, splat(ct[i]), dh[i]);
      dh[i] = g * load(decay + i * LANES);
      const vf dah = dh[i] * load(before + i * LANES);
      store(db + i * LANES, fma(g, dtu, load(db + i * LANES)));
      through_a = fma(dah, rates[i], through_a);
      through_b = fma(g, splat(bt[i]), through_b);
      dA[i] = fma(dah, dt, dA[i]);
    }
    store(k.through_a + t * LANES, through_a);
    store(k.through_b + t * LANES, through_b);
  }
#pragma GCC unroll 16
  for (i32 i = 0; i < K; i++) grads[i] = dh[i], dA_[i] = dA[i];
}

// One chunk of one vector of channels. border: h before it
template <bool WHOLE>
static void scan_backward_chunk(const ScanShape& s, const ScanInput& x, const f32* border, const f32* dout,
                                const ScanGrads& g, const ScanScratch& k, i32 t0, i32 t1, i32 n) {
  const vf skip = x.D ? take<WHOLE>(x.D, n) : (vf){}, offset = x.bias ? take<WHOLE>(x.bias, n) : (vf){};
  vf longest = {};
  for (i32 t = t0; t < t1; t++) {
    const i32 at = (t - t0) * LANES;
    const vf ut = take<WHOLE>(x.u + (i64)t * s.ldu, n);
    vf dt = take<WHOLE>(x.delta + (i64)t * s.ldd, n) + offset, dy = take<WHOLE>(dout + (i64)t * s.D, n);
    if (s.softplus_delta) {
      const vf e = exp(minus_abs(dt));
      store(k.slope + at, select(dt < 0.0f, e, splat(1.0f)) / (1.0f + e));
      dt = softplus_from(dt, e);
    }
    if (x.z) {
      const vf zt = take<WHOLE>(x.z + (i64)t * s.ldz, n), gate = sigmoid(zt);
      store(k.gate + at, dy * gate * (1.0f + zt * (1.0f - gate)));
      dy *= zt * gate;
    }
    longest = maximum(longest, absolute(dt));
    store(k.dt + at, dt);
    store(k.dtu + at, dt * ut);
    store(k.dy + at, dy);
    store(k.y + at, skip * ut);
    store(k.through_a + at, (vf){});
    store(k.through_b + at, (vf){});
  }
  vf rates[SCAN_BACK_STATES], h[SCAN_BACK_STATES], dh[SCAN_BACK_STATES], dA[SCAN_BACK_STATES];
  for (i32 i0 = 0; i0 < s.N;) {
    const i32 count = s.N - i0 >= SCAN_BACK_STATES ? SCAN_BACK_STATES : 1;
    vf fastest = {};
    for (i32 i = 0; i < count; i++) {
      const i64 at = (i64)(i0 + i) * s.D;
      rates[i] = LOG2E * take<WHOLE>(x.A + at, n);
      fastest = maximum(fastest, absolute(rates[i]));
      h[i] = take<WHOLE>(border + at, n);
      dh[i] = take<WHOLE>(g.dh + at, n);
      dA[i] = take<WHOLE>(g.dA + at, n);
    }
    const bool small = all(longest * fastest <= EXP2_SMALL);
    constexpr i32 K = SCAN_BACK_STATES;
    const auto walk = count == 1 ? (small ? scan_states_back<1, true> : scan_states_back<1, false>)
                                 : (small ? scan_states_back<K, true> : scan_states_back<K, false>);
    const i32* age = x.age ? x.age + t0 : 0;
    const i64 b_at = (i64)t0 * s.ldb + i0, c_at = (i64)t0 * s.ldc + i0;
    walk(k, rates, x.b + b_at, x.c + c_at, s.ldb, s.ldc, age, i0, s.N, h, dh, dA, t1 - t0);
    for (i32 i = 0; i < count; i++) {
      const i64 at = (i64)(i0 + i) * s.D;
      put<WHOLE>(g.dh + at, dh[i], n);
      put<WHOLE>(g.dA + at, dA[i], n);
    }
    i0 += count;
  }
  vf dD = take<WHOLE>(g.dD, n), dbias = take<WHOLE>(g.dbias, n);
  for (i32 t = t0; t < t1; t++) {
    const i32 at = (t - t0) * LANES;
    const vf ut = take<WHOLE>(x.u + (i64)t * s.ldu, n), dy = load(k.dy + at), through_b = load(k.through_b + at);
    vf ddt = fma(through_b, ut, LN2 * load(k.through_a + at));
    if (s.softplus_delta) ddt *= load(k.slope + at);
    dD = fma(dy, ut, dD);
    dbias += ddt;
    put<WHOLE>(g.du + (i64)t * g.lddu, fma(through_b, load(k.dt + at), dy * skip), n);
    put<WHOLE>(g.ddelta + (i64)t * g.lddd, ddt, n);
    if (x.z) put<WHOLE>(g.dz + (i64)t * g.lddz, load(k.gate + at) * load(k.y + at), n);
  }
  put<WHOLE>(g.dD, dD, n);
  put<WHOLE>(g.dbias, dbias, n);
}

// Floats of scratch that one unit of scan_backward needs.
EXPORT i32 scan_scratch(i32 N, i32 T) { return ScanScratch::size(N, T); }

// dA: (B, N, D), dskip, dbias: (B, D): the caller sums over B. db, dc: (blocks, B, L, G, N): the caller sums over
// blocks, of which a group has ceil(D / G / W). dstate: (B, N, D)   scratch: scan_scratch(N, T) floats for each unit
// range: B * G * ceil(D / G / W)
KERNEL void scan_backward(const f32* u, const f32* delta, const f32* A, const f32* b, const f32* c,
                          OPTIONAL const f32* skip, OPTIONAL const f32* z, OPTIONAL const f32* bias,
                          OPTIONAL const i32* age, OPTIONAL const i32* lengths, const f32* borders, const f32* dout,
                          OPTIONAL const f32* dlast, f32* du, f32* ddelta, f32* dA, f32* db, f32* dc, f32* dskip,
                          OPTIONAL f32* dz, f32* dbias, f32* dstate, f32* scratch, i32 batch, i32 L, i32 D, i32 N,
                          i32 G, i32 W, i32 T, i32 ldu, i32 lddelta, i32 ldb, i32 ldc, i32 ldz, i32 lddu, i32 ldddelta,
                          i32 lddz, bool softplus_delta, i32 begin, i32 end) {
  const ScanShape s = {L, D, N, G, W, T, ldu, lddelta, ldb, ldc, ldz, softplus_delta};
  const i64 nd = (i64)N * D, chunks = ceil_div(L, T);
  for (i32 unit = begin; unit < end; unit++) {
    const ScanUnit v(s, lengths, unit);
    const i64 rows = (i64)v.b * L, at_d = (i64)v.b * D;
    const ScanScratch k(scratch + (i64)unit * scan_scratch(N, T), N, T);
    for (i32 i = 0; i < N; i++)
      for (i32 d = v.from; d < v.to; d++) {
        const i64 at = v.b * nd + (i64)i * D + d;
        dstate[at] = dlast ? dlast[at] : 0;
        dA[at] = 0;
      }
    for (i32 d = v.from; d < v.to; d++) dskip[at_d + d] = dbias[at_d + d] = 0;
    f32* db_rows = db + (((i64)v.block * batch * L + rows) * G + v.g) * N;
    f32* dc_rows = dc + (((i64)v.block * batch * L + rows) * G + v.g) * N;
    clear_rows(du + rows * lddu + v.from, lddu, v.length, L, v.to - v.from);
    clear_rows(ddelta + rows * ldddelta + v.from, ldddelta, v.length, L, v.to - v.from);
    if (dz) clear_rows(dz + rows * lddz + v.from, lddz, v.length, L, v.to - v.from);
    clear_rows(db_rows, G * N, v.length, L, N);
    clear_rows(dc_rows, G * N, v.length, L, N);

    for (i32 t0 = (ceil_div(v.length, T) - 1) * T; t0 >= 0; t0 -= T) {
      const i32 t1 = min(t0 + T, v.length), sums = (t1 - t0) * N * LANES;
      for (i32 i = 0; i < sums; i += LANES) store(k.db + i, (vf){}), store(k.dc + i, (vf){});
      for (i32 d = v.from; d < v.to; d += LANES) {
        const ScanInput x = {u + rows * ldu + d, delta + rows * lddelta + d, A + d, b + rows * ldb + v.g * N,
                             c + rows * ldc + v.g * N, skip ? skip + d : 0, z ? z + rows * ldz + d : 0,
                             bias ? bias + d : 0, age ? age + rows : 0};
        const ScanGrads g = {du + rows * lddu + d, ddelta + rows * ldddelta + d, dA + v.b * nd + d, dskip + at_d + d,
                             dz ? dz + rows * lddz + d : 0, dbias + at_d + d, dstate + v.b * nd + d, lddu, ldddelta, lddz};
        const i32 n = min(LANES, v.to - d);
        const auto chunk = n == LANES ? scan_backward_chunk<true> : scan_backward_chunk<false>;
        chunk(s, x, borders + (v.b * chunks + t0 / T) * nd + d, dout + rows * D + d, g, k, t0, t1, n);
      }
      for (i32 t = t0; t < t1; t++)
        for (i32 i = 0; i < N; i++) {
          db_rows[(i64)t * G * N + i] = sum(load(k.db + ((t - t0) * N + i) * LANES));
          dc_rows[(i64)t * G * N + i] = sum(load(k.dc + ((t - t0) * N + i) * LANES));
        }
    }
  }
}
