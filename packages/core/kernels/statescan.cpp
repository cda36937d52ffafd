// The scan whose parameters may each change with time, or be constant, forward and backward.
//
//   h ← exp(-Δ r) h + Δ B u        y = C·h
//
// Lanes run over channels; one state at a time runs through a chunk of T steps. The forward keeps h before each chunk
// (borders), the backward recomputes from there.
//
// u, y: (B, L, D)   delta: (B, L, D), or (B, L, N, D) where `wide`   rate: (N, D), or (B, L, N, D) where `moves`
// b, c: (N, D), or (B, L, N) where `selects_b`, `selects_c`   states: (B, N, D)   borders: (B, ceil(L / T), N, D)
// age: (B, L), 0 where a document begins   lengths: (B)   range: B
#include "simd.h"

SHARED constexpr i32 STATE_CHUNK = 32;  // steps between two kept states: T

struct StateShape {
  i32 L, D, N, T, wide, moves, selects_b, selects_c;
};

// The inputs of one state of one vector of channels, from step `row` of all rows on.
template <bool WHOLE>
struct StateInput {
  const f32 *u, *delta, *rate, *b, *c;
  vf rate0, b0, c0;
  i64 ldu, ldd, ldr, ldb, ldc;
  i32 n, wide;
  INLINE StateInput(const StateShape& s, const f32* u_, const f32* delta_, const f32* rate_, const f32* b_,
                    const f32* c_, i64 row, i32 i, i32 d, i32 n_)
      : n(n_), wide(s.wide) {
    const i64 at = (i64)i * s.D + d, size = (i64)s.N * s.D;
    ldu = s.D, ldd = s.wide ? size : s.D, ldr = s.moves ? size : 0;
    ldb = s.selects_b ? s.N : 0, ldc = s.selects_c ? s.N : 0;
    u = u_ + row * ldu + d, delta = delta_ + row * ldd + (s.wide ? at : d), rate = rate_ + row * ldr + at;
    b = b_ + row * ldb + (ldb ? i : at), c = c_ + row * ldc + (ldc ? i : at);
    rate0 = ldr ? (vf){} : take(rate), b0 = ldb ? (vf){} : take(b), c0 = ldc ? (vf){} : take(c);
  }
  INLINE vf take(const f32* p) const { return WHOLE ? load(p) : load_part(p, n); }
  INLINE void put(f32* p, vf v) const {
    if (WHOLE) store(p, v);
    else store_part(p, v, n);
  }
  INLINE void gather(f32* p, vf v) const { put(p, take(p) + v); }
  INLINE vf rate_at(i32 t) const { return ldr ? take(rate + t * ldr) : rate0; }
  INLINE vf b_at(i32 t) const { return ldb ? splat(b[t * ldb]) : b0; }
  INLINE vf c_at(i32 t) const { return ldc ? splat(c[t * ldc]) : c0; }
};

template <bool WHOLE>
static void state_forward(const StateInput<WHOLE>& x, const i32* age, f32* border, f32* last, f32* y, i32 steps) {
  vf h = x.take(last);
  if (border) x.put(border, h);
  for (i32 t = 0; t < steps; t++) {
    const vf dt = x.take(x.delta + t * x.ldd);
    if (age && age[t] == 0) h = (vf){};
    h = fma(exp(-(dt * x.rate_at(t))), h, dt * x.take(x.u + t * x.ldu) * x.b_at(t));
    x.put(y + t * x.ldu, fma(h, x.c_at(t), x.take(y + t * x.ldu)));
  }
  x.put(last, h);
}

// y and last_state, and, for the backward, borders. range: B
KERNEL void state_scan_forward(const f32* u, const f32* delta, const f32* rate, const f32* b, const f32* c,
                               OPTIONAL const f32* state, OPTIONAL const i32* age, OPTIONAL const i32* lengths, f32* y,
                               f32* last_state, OPTIONAL f32* borders, i32 L, i32 D, i32 N, i32 T, bool wide,
                               bool moves, bool selects_b, bool selects_c, i32 begin, i32 end) {
  const StateShape s = {L, D, N, T, wide, moves, selects_b, selects_c};
  const i64 size = (i64)N * D;
  for (i32 row = begin; row < end; row++) {
    const i32 length = lengths ? lengths[row] : L;
    for (i64 k = 0; k < size; k++) last_state[row * size + k] = state ? state[row * size + k] : 0;
    for (i64 k = 0; k < (i64)L * D; k++) y[(i64)row * L * D + k] = 0;
    for (i32 t0 = 0; t0 < length; t0 += T) {
      const i64 from = (i64)row * L + t0;
      f32* border = borders ? borders + ((i64)row * ceil_div(L, T) + t0 / T) * size : 0;
      const i32* ages = age ? age + from : 0;
      const i32 steps = min(T, length - t0);
      for (i32 i = 0; i < N; i++)
        for (i32 d = 0; d < D; d += LANES) {
          const i32 n = min(LANES, D - d);
          const i64 at = (i64)i * D + d;
          f32 *h = last_state + row * size + at, *edge = border ? border + at : 0, *out = y + from * D + d;
          if (n == LANES)
            state_forward(StateInput<true>(s, u, delta, rate, b, c, from, i, d, n), ages, edge, h, out, steps);
          else state_forward(StateInput<false>(s, u, delta, rate, b, c, from, i, d, n), ages, edge, h, out, steps);
        }
    }
  }
}

// The gradients of the inputs in StateInput, from the same step on. db, dc: (T, LANES) sums where B, C change with
// time.
struct StateGrads {
  f32 *du, *ddelta, *drate, *db, *dc, *dh;
};

template <bool WHOLE>
static void state_backward(const StateInput<WHOLE>& x, const i32* age, const f32* border, const f32* dy,
                           const StateGrads& g, i32 steps) {
  vf before[STATE_CHUNK + 1], decay[STATE_CHUNK], h = x.take(border);
  for (i32 t = 0; t < steps; t++) {
    const vf dt = x.take(x.delta + t * x.ldd);
    before[t] = h;
    decay[t] = age && age[t] == 0 ? (vf){} : exp(-(dt * x.rate_at(t)));
    h = fma(decay[t], h, dt * x.take(x.u + t * x.ldu) * x.b_at(t));
  }
  before[steps] = h;
  vf dh = x.take(g.dh), drate = {}, db = {}, dc = {};
  for (i32 t = steps - 1; t >= 0; t--) {
    const vf dt = x.take(x.delta + t * x.ldd), ut = x.take(x.u + t * x.ldu), dyt = x.take(dy + t * x.ldu);
    const vf bt = x.b_at(t), in = fma(dyt, x.c_at(t), dh), through = in * bt;
    dh = in * decay[t];
    // The gradient of Δ r.
    const vf slope = -(dh * before[t]);
    const vf of_b = in * dt * ut, of_c = dyt * before[t + 1];
    x.gather(g.du + t * x.ldu, through * dt);
    const vf of_delta = fma(slope, x.rate_at(t), through * ut);
    if (x.wide) x.put(g.ddelta + t * x.ldd, of_delta);
    else x.gather(g.ddelta + t * x.ldd, of_delta);
    if (x.ldr) x.put(g.drate + t * x.ldr, slope * dt);
    else drate = fma(slope, dt, drate);
    if (x.ldb) store(g.db + t * LANES, load(g.db + t * LANES) + of_b);
    else db += of_b;
    if (x.ldc) store(g.dc + t * LANES, load(g.dc + t * LANES) + of_c);
    else dc += of_c;
  }
  x.put(g.dh, dh);
  if (!x.ldr) x.gather(g.drate, drate);
  if (!x.ldb) x.gather(g.db, db);
  if (!x.ldc) x.gather(g.dc, dc);
}

INLINE void clear(f32* p, i64 count) {
  for (i64 k = 0; k < count; k++) p[k] = 0;
}

// drate, db, dc: (B, N, D) where the input is constant: the caller sums over B. range: B
KERNEL void state_scan_backward(const f32* u, const f32* delta, const f32* rate, const f32* b, const f32* c,
                                OPTIONAL const i32* age, OPTIONAL const i32* lengths, const f32* borders, const f32* dy,
                                OPTIONAL const f32* dlast, f32* du, f32* ddelta, f32* drate, f32* db, f32* dc,
                                f32* dstate, i32 L, i32 D, i32 N, i32 T, bool wide, bool moves, bool selects_b,
                                bool selects_c, i32 begin, i32 end) {
  const StateShape s = {L, D, N, T, wide, moves, selects_b, selects_c};
  const i64 size = (i64)N * D, ldd = wide ? size : D;
  f32 db_sums[STATE_CHUNK * LANES], dc_sums[STATE_CHUNK * LANES];
  for (i32 row = begin; row < end; row++) {
    const i32 length = lengths ? lengths[row] : L;
    const i64 first = (i64)row * L, rest = L - length;
    f32* dh = dstate + row * size;
    for (i64 k = 0; k < size; k++) dh[k] = dlast ? dlast[row * size + k] : 0;
    clear(du + first * D, (i64)L * D);
    if (wide) clear(ddelta + (first + length) * ldd, rest * ldd);
    else clear(ddelta + first * D, (i64)L * D);
    if (moves) clear(drate + (first + length) * size, rest * size);
    else clear(drate + row * size, size);
    if (selects_b) clear(db + (first + length) * N, rest * N);
    else clear(db + row * size, size);
    if (selects_c) clear(dc + (first + length) * N, rest * N);
    else clear(dc + row * size, size);
    for (i32 t0 = (ceil_div(length, T) - 1) * T; t0 >= 0; t0 -= T) {
      const i64 from = first + t0;
      const f32* border = borders + ((i64)row * ceil_div(L, T) + t0 / T) * size;
      const i32* ages = age ? age + from : 0;
      const i32 steps = min(T, length - t0);
      for (i32 i = 0; i < N; i++) {
        clear(db_sums, steps * LANES), clear(dc_sums, steps * LANES);
        for (i32 d = 0; d < D; d += LANES) {
          const i32 n = min(LANES, D - d);
          const i64 at = (i64)i * D + d;
          const StateGrads g = {du + from * D + d, ddelta + from * ldd + (wide ? at : d),
                                drate + (moves ? from : row) * size + at, selects_b ? db_sums : db + row * size + at,
                                selects_c ? dc_sums : dc + row * size + at, dh + at};
          const f32* grad = dy + from * D + d;
          if (n == LANES)
            state_backward(StateInput<true>(s, u, delta, rate, b, c, from, i, d, n), ages, border + at, grad, g, steps);
          else state_backward(StateInput<false>(s, u, delta, rate, b, c, from, i, d, n), ages, border + at, grad, g, steps);
        }
        for (i32 t = 0; t < steps; t++) {
          if (selects_b) db[(from + t) * N + i] = sum(load(db_sums + t * LANES));
          if (selects_c) dc[(from + t) * N + i] = sum(load(dc_sums + t * LANES));
        }
      }
    }
  }
}
