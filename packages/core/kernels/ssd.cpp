// Mamba-2's scan, the state space dual (Dao & Gu 2024), forward and backward.
//
//   h ← exp(Δ A) h + Δ B ⊗ x        y = C·h + D x        Δ = softplus(dt + bias)
//
// for each head, whose P channels share one Δ, A and D; the heads of a group share B and C. It has two forms, which
// agree. The recurrence goes step by step. The chunked form computes the steps of a chunk as matrix products: with
// c[t] = Σ Δ A up to t, and s <= t,
//
//   y[t] = Σ_s (C[t]·B[s]) exp(c[t] - c[s]) Δ[s] x[s]  +  exp(c[t]) C[t]·h
//
// Chunks end where a window of T steps ends, and where a document begins: there h is zero, so values of another
// document, even NaN, reach nothing. h is kept only at the start of each window (borders).
//
// x, y: (B, L, H, P)   dt: (B, L, H)   b, c: (B, L, G, N)   A, bias, skip: (H), A, the bias of dt, and D
// states: (B, H, N, P)   borders: (B, H, ceil(L / T), N, P)   age: (B, L)   lengths: (B)
// range: units, B * G * ceil(H / G / W), each W heads of one group
#include "tile.h"

struct SsdShape {
  i32 L, H, P, N, G, W, T;
  i32 ldx, lddt, ldb, ldc;
  i32 softplus_dt, chunked;
  i32 P_, N_, T_;  // rounded up to whole tiles
  INLINE SsdShape(i32 L, i32 H, i32 P, i32 N, i32 G, i32 W, i32 T, i32 ldx, i32 lddt, i32 ldb, i32 ldc, i32 softplus_dt,
                  i32 chunked)
      : L(L), H(H), P(P), N(N), G(G), W(W), T(T), ldx(ldx), lddt(lddt), ldb(ldb), ldc(ldc), softplus_dt(softplus_dt),
        chunked(chunked), P_(whole(P)), N_(whole(N)), T_(whole(T)) {}
};

// The row, group and heads of a unit: at most W heads of the group.
struct HeadUnit {
  i32 b, g, block, from, to, length;
  INLINE HeadUnit(i32 H, i32 G, i32 W, i32 L, const i32* lengths, i32 unit) {
    const i32 per_group = H / G, blocks = ceil_div(per_group, W);
    block = unit % blocks;
    g = unit / blocks % G;
    b = unit / blocks / G;
    from = g * per_group + block * W;
    to = min(from + W, (g + 1) * per_group);
    length = lengths ? lengths[b] : L;
  }
};

// The scratch of one unit: numbers of every step of a chunk, and matrices of padded rows. `_t` is transposed.
struct SsdScratch {
  f32 *dt, *slope, *decay, *carry, *rest, *sums, *dcum, *through;  // (T)
  f32 *db, *dc;                                                    // (T, N)
  f32 *scores, *falls, *weights, *dscores, *dscores_t;             // (T, T)
  f32 *x, *u, *y;                                                  // (T, P)
  f32 *x_t, *y_t;                                                  // (P, T)
  f32 *b, *c;                                                      // (T, N)
  f32 *b_t, *c_t;                                                  // (N, T)
  f32 *h, *g, *h_t, *g_t;                                          // (N, P), (P, N)
  f32 *past, *later, *zeros;                                       // of the recurrence: (T + 1, N, LANES), (N, LANES), (N, P)
  i32 size = 0;
  SsdScratch(f32* base, i32 N, i32 P, i32 T, i32 chunked) {
    const i32 N_ = whole(N), P_ = whole(P), T_ = whole(T);
    const auto take = [&](i32 n, auto&... p) { ((p = base ? base + size : 0, size += n), ...); };
    take(T_, dt, slope, decay, carry, rest, sums, dcum, through);
    take(T_ * N_, db, dc);
    take(N * P_, zeros);
    if (!chunked) {
      take((T + 1) * N * LANES, past);
      take(N * LANES, later);
      return;
    }
    take(T_ * T_, scores, falls, weights, dscores, dscores_t);
    take(T_ * P_, x, u, y, x_t, y_t);
    take(T_ * N_, b, c, b_t, c_t);
    take(whole(N) * P_, h, g, h_t, g_t);
  }
};

// Floats of scratch that one unit of ssd_forward or ssd_backward needs.
EXPORT i32 ssd_scratch(i32 N, i32 P, i32 T, bool chunked) { return SsdScratch(0, N, P, T, chunked).size; }

// The inputs of one head in one chunk, from its first step on.
struct SsdHead {
  const f32 *x, *dt, *b, *c;
  f32 A, bias, D;
  i32 steps;
  bool fresh;  // whether a document begins: then nothing decays into its first step
};

// Δ, its slope, exp(Δ A); for the chunked form the sums c[t], exp(c[t]) and exp(c[last] - c[t]).
static void ssd_steps(const SsdShape& s, const SsdHead& head, const SsdScratch& k) {
  const i32 steps = head.steps;
  for (i32 t = 0; t < steps; t++) k.dt[t] = head.dt[(i64)t * s.lddt] + head.bias;
  for (i32 t = steps; t < whole(steps); t++) k.dt[t] = 0;
  for (i32 t = 0; t < steps; t += LANES) {
    vf dt = load(k.dt + t);
    if (s.softplus_dt) {
      const vf e = exp(minus_abs(dt));
      store(k.slope + t, select(dt < 0.0f, e, splat(1.0f)) / (1.0f + e));
      dt = softplus_from(dt, e);
    } else store(k.slope + t, splat(1.0f));
    store(k.dt + t, dt);
    store(k.decay + t, exp(dt * head.A));
  }
  if (head.fresh) k.decay[0] = 0;
  if (!s.chunked) return;
  f32 total = 0;
  for (i32 t = 0; t < steps; t++) k.sums[t] = t == 0 && head.fresh ? 0 : total += k.dt[t] * head.A;
  for (i32 t = steps; t < whole(steps); t++) k.sums[t] = total;
  for (i32 t = 0; t < steps; t += LANES) {
    store(k.carry + t, exp(load(k.sums + t)));
    store(k.rest + t, exp(total - load(k.sums + t)));
  }
}

static void zero_rows(f32* rows, i32 ld, i32 from, i32 to) {
  for (i32 i = from * ld; i < to * ld; i += LANES) store(rows + i, (vf){});
}
// Rows padded to whole vectors: themselves if they need no padding, otherwise a copy.
INLINE f32* padded(f32* rows, i32 P, f32* room, i32 P_, i32 count) {
  if (P == P_) return rows;
  pad_rows(rows, P, room, P_, count, P);
  return room;
}

// B and C of a chunk and their transposes, once for all heads of the unit.
static void ssd_turn(const SsdShape& s, const SsdHead& head, const SsdScratch& k) {
  pad_rows(head.b, s.ldb, k.b, s.N_, head.steps, s.N);
  turn(head.b, s.ldb, k.b_t, s.T_, head.steps, s.N);
  turn(head.c, s.ldc, k.c_t, s.T_, head.steps, s.N);
}
// scores[s][t] = C[t]·B[s] for s <= t. Values with t < s are not used.
static void ssd_scores(const SsdShape& s, const SsdHead& head, const SsdScratch& k) {
  for (i32 i = 0; i < head.steps; i += TILE_ROWS)
    tile_columns(i / LANES * LANES, whole(head.steps), [&](auto tile, i32 j) {
      tile.add(k.b_t + i, s.T_, k.c_t + j, s.T_, s.N);
      tile.each(TILE_ROWS, [&](i32 r, i32 v, vf x) { store(k.scores + (i + r) * s.T_ + j + v * LANES, x); });
    });
}
// weights[s][t]: the weight of x[s] in y[t], D included. Also x, and u, its share in the state after the chunk.
static void ssd_weights(const SsdShape& s, const SsdHead& head, const SsdScratch& k) {
  const i32 steps = head.steps;
  for (i32 t = 0; t < steps; t++) {
    const f32* x = head.x + (i64)t * s.ldx;
    // The row of the next head or chunk: too far apart for the hardware to predict.
    for (i32 p = 0; p < s.P; p += 16) __builtin_prefetch(x + (s.W > 1 ? s.P : (i64)s.T * s.ldx) + p);
    const f32 reaches = k.dt[t] * k.rest[t];
    for (i32 p = 0; p < s.P_; p += LANES) {
      const vf one = row_load(x, p, s.P);
      store(k.x + t * s.P_ + p, one);
      store(k.u + t * s.P_ + p, one * reaches);
    }
    f32* row = k.weights + t * s.T_;
    for (i32 i = t / LANES * LANES; i < steps; i += LANES)
      store(row + i, load(k.scores + t * s.T_ + i) * exp(load(k.sums + i) - k.sums[t]) * k.dt[t]);
    row[t] += head.D;
  }
}

// h: (N, P), read and written   y: (T, H, P), row stride H P
static void ssd_chunk(const SsdShape& s, const SsdHead& head, const SsdScratch& k, f32* h, f32* y) {
  const i32 steps = head.steps, P_ = s.P_, T_ = s.T_;
  ssd_weights(s, head, k);
  f32* state = padded(h, s.P, k.h, P_, s.N);
  tile_columns(0, P_, [&](auto fresh, i32 j) {
    for (i32 i = 0; i < steps; i += TILE_ROWS) {
      auto tile = fresh;
      tile.add(k.c_t + i, T_, state + j, P_, s.N);
      tile.scale_rows(k.carry + i);
      tile.add(k.weights + i, T_, k.x + j, P_, i);
      tile.add_lower(k.weights + i * T_ + i, T_, k.x + i * P_ + j, P_);
      tile.each(steps - i, [&](i32 r, i32 v, vf sum) {
        row_store(y + (i64)(i + r) * s.H * s.P, j + v * LANES, s.P, sum);
      });
    }
  });
  const f32 carry = k.carry[steps - 1];
  tile_columns(0, P_, [&](auto fresh, i32 j) {
    for (i32 i = 0; i < s.N; i += TILE_ROWS) {
      auto tile = fresh;
      tile.add(k.b + i, s.N_, k.u + j, P_, steps);
      tile.each(s.N - i, [&](i32 r, i32 v, vf sum) {
        f32* at = h + (i + r) * s.P;
        const i32 p = j + v * LANES;
        row_store(at, p, s.P, fma(splat(carry), row_load(at, p, s.P), sum));
      });
    }
  });
}
static void ssd_recurrence(const SsdShape& s, const SsdHead& head, const SsdScratch& k, f32* h, f32* y) {
  for (i32 p = 0; p < s.P; p += LANES) {
    for (i32 t = 0; t < head.steps; t++) {
      const f32 *b = head.b + (i64)t * s.ldb, *c = head.c + (i64)t * s.ldc;
      const vf x = row_load(head.x + (i64)t * s.ldx, p, s.P), u = x * k.dt[t], decay = splat(k.decay[t]);
      vf total = x * head.D;
      for (i32 n = 0; n < s.N; n++) {
        f32* at = h + n * s.P;
        const vf state = fma(decay, row_load(at, p, s.P), u * splat(b[n]));
        row_store(at, p, s.P, state);
        total = fma(state, splat(c[n]), total);
      }
      row_store(y + (i64)t * s.H * s.P, p, s.P, total);
    }
  }
}

// The end of the chunk that begins at t: where the window ends or a document begins.
INLINE i32 ssd_chunk_end(const i32* age, i32 t, i32 end) {
  for (t++; t < end && !(age && age[t] == 0);) t++;
  return t;
}

// y and last_state, and, for the backward, borders. scratch: ssd_scratch(N, P, T, chunked) floats for each unit
// range: B * G * ceil(H / G / W)
KERNEL void ssd_forward(const f32* x, const f32* dt, const f32* A, const f32* b, const f32* c, OPTIONAL const f32* skip,
                        OPTIONAL const f32* bias, OPTIONAL const f32* state, OPTIONAL const i32* age,
                        OPTIONAL const i32* lengths, f32* y, f32* last_state, OPTIONAL f32* borders, f32* scratch,
                        i32 L, i32 H, i32 P, i32 N, i32 G, i32 W, i32 T, i32 ldx, i32 lddt, i32 ldb, i32 ldc,
                        bool softplus_dt, bool chunked, i32 begin, i32 end) {
  const SsdShape s(L, H, P, N, G, W, T, ldx, lddt, ldb, ldc, softplus_dt, chunked);
  const i64 size = (i64)N * P, windows = ceil_div(L, T);
  for (i32 unit = begin; unit < end; unit++) {
    const HeadUnit v(H, G, W, L, lengths, unit);
    const i64 rows = (i64)v.b * L, heads = (i64)v.b * H;
    const i32* ages = age ? age + rows : 0;
    const SsdScratch k(scratch + (i64)unit * ssd_scratch(N, P, T, chunked), N, P, T, chunked);
    for (i64 i = (heads + v.from) * size; i < (heads + v.to) * size; i++) last_state[i] = state ? state[i] : 0;
    for (i32 t0 = 0, t1; t0 < v.length; t0 = t1) {
      t1 = ssd_chunk_end(ages, t0, min(v.length, (t0 / T + 1) * T));
      for (i32 head = v.from; head < v.to; head++) {
        const i64 row = rows + t0;
        const bool fresh = ages && ages[t0] == 0;
        const SsdHead in = {x + row * ldx + head * P, dt + row * lddt + head, b + row * ldb + v.g * N,
                            c + row * ldc + v.g * N, A[head], bias ? bias[head] : 0, skip ? skip[head] : 0, t1 - t0, fresh};
        f32* h = last_state + (heads + head) * size;
        if (fresh)
          for (i64 i = 0; i < size; i++) h[i] = 0;
        if (borders && t0 % T == 0)
          for (i64 i = 0; i < size; i++) borders[((heads + head) * windows + t0 / T) * size + i] = h[i];
        if (chunked && head == v.from) {
          ssd_turn(s, in, k);
          ssd_scores(s, in, k);
        }
        ssd_steps(s, in, k);
        (chunked ? ssd_chunk : ssd_recurrence)(s, in, k, h, y + (row * H + head) * P);
      }
    }
    for (i64 t = v.length; t < L; t++)
      for (i64 i = ((rows + t) * H + v.from) * P; i < ((rows + t) * H + v.to) * P; i++) y[i] = 0;
  }
}
