// The common part of the forward and the backward of Mamba-3's scan (Lahoti et al. 2026): shapes, steps, rotation,
// weights.
//
//   h ← alpha h + beta K' ⊗ V' + gamma K ⊗ V        y = Q·h + D V        alpha = exp(A Δ)
//   gamma = trap Δ        beta = (1 - trap) Δ alpha, of the last step's K' and V'
//
// K and Q are B and C with their biases, rotated in pairs by an angle that grows by π tanh(angles) Δ.
// With rank R each step has R of B, C and V = x mimo_x, whose outer products are summed.
//
// The weight w of a step is its gamma plus the (1 - trap) Δ of the next step. Then g ← alpha g + w K ⊗ V is a state
// space dual like Mamba-2's, h is g without the share of the next step, and in a chunk
//
//   y[t] = Σ_s (Q[t]·K[s]) F[t, s] V[s]  +  exp(c[t]) Q[t]·g + D V[t]
//
// with F = exp(c[t] - c[s]) w[s] for s < t and gamma[t] for s = t; c[t] = Σ A Δ up to t. So g is carried from chunk to
// chunk; without a next step it is h. Chunks end where those of ssd.cpp do.
//
// Inside, the N values of a head are two halves: the first of every pair, then the second, each padded to whole
// vectors. The rows of a chunk are (step, rank).
#include "product.h"

constexpr f32 PI = 3.14159265358979f;
SHARED constexpr i32 MAX_RANK = 16;  // ranks that the recurrence holds in registers

struct Mamba3Shape {
  i32 L, H, P, N, G, R, S, W, T;
  i32 ldx, ldtrap, ldangle;
  i32 neighbours, shared;     // whether pairs are (2 i, 2 i + 1), not (i, i + N / 2); whether heads share the angles
  i32 P_, half, N_, M, M_;    // padded; M rows of a chunk
  INLINE Mamba3Shape(i32 L, i32 H, i32 P, i32 N, i32 G, i32 R, i32 S, i32 W, i32 T, i32 ldx, i32 ldtrap, i32 ldangle,
                     i32 neighbours, i32 shared)
      : L(L), H(H), P(P), N(N), G(G), R(R), S(S), W(W), T(T), ldx(ldx), ldtrap(ldtrap), ldangle(ldangle),
        neighbours(neighbours), shared(shared), P_(whole_vectors(P)), half(whole_vectors(N / 2)), N_(2 * half),
        M(T * R), M_(whole_vectors(T * R)) {}
  INLINE i32 first(i32 pair) const { return neighbours ? 2 * pair : pair; }
  INLINE i32 second(i32 pair) const { return neighbours ? 2 * pair + 1 : pair + N / 2; }
};

// The scratch of one unit. Arrays over T and M hold a number for each step or row.
struct Mamba3Scratch {
  f32 *dt, *trap, *gamma, *w, *decay, *sums;                // (T + 1)
  f32 *dgamma, *dw, *dcum, *dstep;                          // (T + 1)
  f32 *row_sums, *row_w, *carry, *inflow, *rest, *row_dw, *row_dcum;  // (M)
  f32 *cosine, *sine, *dtheta, *dangle;                     // (T, half)
  f32 *raw_b, *raw_c, *b, *c, *db, *dc, *draw_b, *draw_c;   // (M, N)
  f32 *bias_b, *bias_c, *dbias_b, *dbias_c;                 // (R, N)
  f32 *v, *y, *dv;                                          // (M, P)
  f32 *scores, *weights, *dweights, *dscores, *falls;       // (M, M)
  f32 *h, *g, *bt, *vt, *turned;                            // (N, P), (N, P), (N, M), (P, M), (P, N)
  i32 size = 0;
  Mamba3Scratch(f32* base, i32 N, i32 P, i32 T, i32 R) {
    const i32 half = whole_vectors(N / 2), N_ = 2 * half, P_ = whole_vectors(P), M = T * R, M_ = whole_vectors(M);
    const auto take = [&](i32 n, auto&... p) { ((p = base ? base + size : 0, size += n), ...); };
    take(whole_vectors(T + 1), dt, trap, gamma, w, decay, sums, dgamma, dw, dcum, dstep);
    take(M_, row_sums, row_w, carry, inflow, rest, row_dw, row_dcum);
    take(T * half, cosine, sine, dtheta, dangle);
    take(M * N_, raw_b, raw_c, b, c, db, dc, draw_b, draw_c);
    take(R * N_, bias_b, bias_c, dbias_b, dbias_c);
    take(M * P_, v, y, dv);
    take(M * M_, scores, weights, dweights, dscores, falls);
    take(N_ * P_, h, g);
    take(N_ * M_, bt);
    take(P_ * M_, vt);
    take(P_ * N_, turned);
  }
};

// Floats of scratch that one unit of mamba3_forward or mamba3_backward needs.
EXPORT i32 mamba3_scratch(i32 N, i32 P, i32 T, i32 R) { return Mamba3Scratch(0, N, P, T, R).size; }

// The inputs of one head in one chunk, from its first step on.
struct Mamba3Head {
  const f32 *x, *adt, *dt, *trap, *angles, *bias_c, *bias_b, *mimo_x;
  f32 D;
  i32 steps;
  bool fresh, goes_on;  // whether a document begins; whether the step after the chunk belongs to the same document
};

// A row of N values as two halves.
static void mamba3_halves(const Mamba3Shape& s, const f32* from, f32* to) {
  const i32 pairs = s.N / 2;
  for (i32 i = 0; i < pairs; i++) to[i] = from[s.first(i)];
  for (i32 i = 0; i < pairs; i++) to[s.half + i] = from[s.second(i)];
  for (i32 i = pairs; i < s.half; i++) to[i] = to[s.half + i] = 0;
}
// The rows of B or C of one group. from: (T, R, G, N)
static void mamba3_rows(const Mamba3Shape& s, const f32* from, f32* to, i32 steps) {
  for (i32 j = 0; j < steps * s.R; j++) mamba3_halves(s, from + (i64)j * s.G * s.N, to + j * s.N_);
}
// A state (N, P) as two halves of padded rows, and back.
static void mamba3_read(const Mamba3Shape& s, const f32* from, f32* to) {
  for (i32 i = 0; i < s.half; i++)
    for (i32 side = 0; side < 2; side++) {
      f32* row = to + (side * s.half + i) * s.P_;
      if (i < s.N / 2) pad_rows(from + (i64)(side ? s.second(i) : s.first(i)) * s.P, s.P, row, s.P_, 1, s.P);
      else
        for (i32 p = 0; p < s.P_; p++) row[p] = 0;
    }
}
static void mamba3_write(const Mamba3Shape& s, const f32* from, f32* to) {
  for (i32 i = 0; i < s.N / 2; i++)
    for (i32 p = 0; p < s.P; p++) {
      to[(i64)s.first(i) * s.P + p] = from[i * s.P_ + p];
      to[(i64)s.second(i) * s.P + p] = from[(s.half + i) * s.P_ + p];
    }
}

// trap, gamma and w of every step; c, exp(c) and exp(c[last] - c) of every row.
static void mamba3_weigh(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Scratch& k) {
  const i32 steps = head.steps, known = steps + head.goes_on, all = whole_vectors(steps + 1);
  for (i32 t = 0; t < all; t++) {
    k.dt[t] = t < known ? head.dt[(i64)t * s.H] : 0;
    k.trap[t] = t < known ? head.trap[(i64)t * s.ldtrap] : 0;
    k.decay[t] = t < steps ? head.adt[(i64)t * s.H] : 0;
  }
  f32 total = 0;
  for (i32 t = 0; t < steps; t++) k.sums[t] = t == 0 && head.fresh ? 0 : total += k.decay[t];
  for (i32 t = 0; t < all; t += LANES) {
    const vf share = sigmoid(load(k.trap + t));
    store(k.trap + t, share);
    store(k.gamma + t, share * load(k.dt + t));
    store(k.decay + t, exp(load(k.decay + t)));
  }
  if (head.fresh) k.decay[0] = 0;
  for (i32 t = 0; t < steps; t++)
    k.w[t] = k.gamma[t] + (t + 1 < known ? (1.0f - k.trap[t + 1]) * k.dt[t + 1] : 0.0f);
  const i32 rows = steps * s.R;
  for (i32 j = 0; j < whole_vectors(rows); j++) {
    k.row_sums[j] = j < rows ? k.sums[j / s.R] : total;
    k.row_w[j] = j < rows ? k.w[j / s.R] : 0;
  }
  for (i32 j = 0; j < rows; j += LANES) {
    store(k.carry + j, exp(load(k.row_sums + j)));
    const vf rest = exp(total - load(k.row_sums + j));
    store(k.rest + j, rest);
    store(k.inflow + j, rest * load(k.row_w + j));
  }
}

// cos and sin of the angles of every step. `before` and `after` are the angles before and after the chunk, and may be
// the same array.
static void mamba3_turn(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Scratch& k, const f32* before,
                        f32* after) {
  for (i32 i = 0; i < s.S; i += LANES) {
    vf angle = head.fresh ? (vf){} : row_load(before, i, s.S);
    for (i32 t = 0; t < head.steps; t++) {
      angle = fma(tanh(row_load(head.angles + (i64)t * s.ldangle, i, s.S)), splat(PI * k.dt[t]), angle);
      // Without whole turns: cos and sin stay exact in sequences of any length.
      const vf turns = fma(angle, splat(0.159154943091895f), splat(ROUND)) - ROUND;
      angle = fnma(turns, splat(4 * HALF_PI_HIGH), angle);
      angle = fnma(turns, splat(4 * HALF_PI_LOW), fnma(turns, splat(4 * HALF_PI_MIDDLE), angle));
      vf sine, cosine;
      sincos(angle, sine, cosine);
      store(k.cosine + t * s.half + i, cosine);
      store(k.sine + t * s.half + i, sine);
    }
    if (after) row_store(after, i, s.S, angle);
  }
}
static vi mamba3_index() {
  vi index;
  for (i32 i = 0; i < LANES; i++) index[i] = i;
  return index;
}
// Adds the bias to rows and rotates them. bias: (R, N), not in halves
static void mamba3_rotate(const Mamba3Shape& s, const Mamba3Scratch& k, const f32* raw, const f32* bias, f32* room,
                          f32* to, i32 steps) {
  const vi index = mamba3_index();
  for (i32 r = 0; r < s.R; r++) mamba3_halves(s, bias + r * s.N, room + r * s.N_);
  for (i32 t = 0; t < steps; t++)
    for (i32 r = 0; r < s.R; r++)
      for (i32 i = 0; i < s.half; i += LANES) {
        const i32 at = (t * s.R + r) * s.N_ + i, half = s.half;
        vf a = load(raw + at) + load(room + r * s.N_ + i);
        vf b = load(raw + at + half) + load(room + r * s.N_ + half + i);
        if (i < s.S) {
          const vf cosine = load(k.cosine + t * half + i), sine = load(k.sine + t * half + i);
          const vi turns = index + i < s.S;
          const vf turned = fnma(b, sine, a * cosine);
          b = select(turns, fma(a, sine, b * cosine), b);
          a = select(turns, turned, a);
        }
        store(to + at, a);
        store(to + at + half, b);
      }
}
// V = x mimo_x, or x.
static void mamba3_values(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Scratch& k) {
  for (i32 t = 0; t < head.steps; t++)
    for (i32 r = 0; r < s.R; r++)
      for (i32 p = 0; p < s.P_; p += LANES) {
        vf x = row_load(head.x + (i64)t * s.ldx, p, s.P);
        if (head.mimo_x) x *= row_load(head.mimo_x + r * s.P, p, s.P);
        store(k.v + (t * s.R + r) * s.P_ + p, x);
      }
}
// All steps above, for one chunk.
static void mamba3_prepare(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Scratch& k, const f32* before,
                           f32* after) {
  mamba3_weigh(s, head, k);
  mamba3_turn(s, head, k, before, after);
  mamba3_rotate(s, k, k.raw_b, head.bias_b, k.bias_b, k.b, head.steps);
  mamba3_rotate(s, k, k.raw_c, head.bias_c, k.bias_c, k.c, head.steps);
  mamba3_values(s, head, k);
}

// Q·K of every two rows, exp(c[t] - c[s]) of steps and rows, and the weights. Values beyond s = t are not used.
static void mamba3_weights(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Scratch& k) {
  const vi index = mamba3_index();
  const i32 rows = head.steps * s.R;
  turn(k.b, s.N_, k.bt, s.M_, rows, s.N_);
  product_lower({k.c, s.N_, 1}, k.bt, s.M_, k.scores, s.M_, rows, s.N_, s.R);
  for (i32 t = 0; t < head.steps; t++)
    for (i32 i = 0; i < (t + 1) * s.R; i += LANES) {
      const vf fall = exp(k.sums[t] - load(k.row_sums + i));
      store(k.falls + t * s.M_ + i, fall);
      const vf factor = select(index + i < t * s.R, fall * load(k.row_w + i), splat(k.gamma[t]));
      for (i32 r = 0; r < s.R; r++) {
        const i32 at = (t * s.R + r) * s.M_ + i;
        store(k.weights + at, load(k.scores + at) * factor);
      }
    }
}
