// The backward of Mamba-2's scan (ssd.cpp), in both forms. Chunks are walked from the last to the first;
// g is the gradient of h after a chunk, then of h before it. With M the weights and u = Δ x:
//
//   du = Mᵀ dy + exp(c[last] - c) B g       dC = dS B + exp(c) dy hᵀ      dS = (dy uᵀ) ∘ exp(c[t] - c[s])
//   dh = exp(c[last]) g + Cᵀ (exp(c) dy)    dB = dSᵀ C + exp(c[last] - c) u gᵀ
//
// and of each ΔA what passes through it: the sum from its step on of the gradient of c.

// Gradients of one head and chunk. dy: (T, H, P) with row stride H P; ddt (T, H), dx (T, H, P) with theirs.
struct SsdGrads {
  const f32* dy;
  f32 *dx, *ddt, *dA, *dD, *dbias;
  i32 lddx, lddt;
};

// From du and the gradients through ΔA to those of x, dt, A, D and the bias.
// through: x·du, dcum: the gradient through each ΔA
static void ssd_finish(const SsdHead& head, const SsdGrads& grads, const SsdScratch& k) {
  if (head.fresh) k.dcum[0] = 0;
  for (i32 t = 0; t < head.steps; t++) {
    const f32 ddt = (k.through[t] + head.A * k.dcum[t]) * k.slope[t];
    grads.ddt[(i64)t * grads.lddt] = ddt;
    *grads.dbias += ddt;
    *grads.dA += k.dt[t] * k.dcum[t];
  }
}

static void ssd_chunk_back(const SsdShape& s, const SsdHead& head, const SsdGrads& grads, const SsdScratch& k,
                           const f32* h, f32* g) {
  const i32 steps = head.steps, last = steps - 1, P_ = s.P_, N_ = s.N_, T_ = s.T_;
  vi index;
  for (i32 i = 0; i < LANES; i++) index[i] = i;
  ssd_weights(s, head, k);
  pad_rows(grads.dy, s.H * s.P, k.y, P_, steps, s.P);
  pad_rows(h, s.P, k.h, P_, s.N, s.P);
  pad_rows(g, s.P, k.g, P_, s.N, s.P);
  for (i32 t = 0; t < whole_vectors(steps); t++) k.dcum[t] = 0;

  // du, and what the state after the chunk asks of the decays.
  product({head.b, s.ldb, 1}, k.g, P_, k.du, P_, steps, P_, s.N);
  scale_rows(k.du, P_, k.rest, steps);
  f32 at_last = k.carry[last] * dot(k.g, k.h, s.N * P_);
  for (i32 t = 0; t < steps; t++) {
    const f32 share = dot(k.u + t * P_, k.du + t * P_, P_);
    k.dcum[t] -= share;
    at_last += share;
  }
  k.dcum[last] += at_last;
  product({k.weights, 1, T_}, k.y, P_, k.du, P_, steps, P_, steps, FROM_ROW, true);

  // The weights: their gradient times them is what passes between two steps; a step with itself has no decay.
  turn(k.u, P_, k.ut, T_, steps, s.P);
  product_lower({k.y, P_, 1}, k.ut, T_, k.dweights, T_, steps, s.P);
  for (i32 t = 0; t < steps; t++) {
    vf row = {};
    for (i32 i = 0; i <= t; i += LANES) {
      const i32 at = t * T_ + i;
      const vf dw = load(k.dweights + at);
      store(k.dscores + at, fma(dw, load(k.falls + at), load(k.dscores + at)));
      const vf passed = select(index + i < t, dw * load(k.weights + at), (vf){});
      row += passed;
      store(k.dcum + i, load(k.dcum + i) - passed);
    }
    k.dcum[t] += sum(row);
  }

  // B and C where they meet the state.
  turn(k.h, P_, k.turned, N_, s.N, s.P);
  product({k.y, P_, 1}, k.turned, N_, k.k, N_, steps, N_, s.P);
  for (i32 t = 0; t < steps; t++) {
    for (i32 n = 0; n < N_; n += LANES)
      store(k.dc + t * N_ + n, fma(splat(k.carry[t]), load(k.k + t * N_ + n), load(k.dc + t * N_ + n)));
    k.dcum[t] += k.carry[t] * dot(k.c + t * N_, k.k + t * N_, N_);
  }
  turn(k.g, P_, k.turned, N_, s.N, s.P);
  product({k.u, P_, 1}, k.turned, N_, k.k, N_, steps, N_, s.P);
  for (i32 t = 0; t < steps; t++)
    for (i32 n = 0; n < N_; n += LANES)
      store(k.db + t * N_ + n, fma(splat(k.rest[t]), load(k.k + t * N_ + n), load(k.db + t * N_ + n)));

  for (i32 t = last - 1; t >= 0; t--) k.dcum[t] += k.dcum[t + 1];
  for (i32 t = 0; t < steps; t++) {
    const f32 *x = k.x + t * P_, *dy = k.y + t * P_, *du = k.du + t * P_;
    k.through[t] = dot(x, du, P_);
    *grads.dD += dot(x, dy, P_);
    for (i32 p = 0; p < s.P; p++) grads.dx[(i64)t * grads.lddx + p] = k.dt[t] * du[p] + head.D * dy[p];
  }

  for (i32 i = 0; i < s.N * P_; i += LANES) store(k.g + i, load(k.g + i) * k.carry[last]);
  scale_rows(k.y, P_, k.carry, steps);
  product({head.c, 1, s.ldc}, k.y, P_, k.g, P_, s.N, P_, steps, EVERY, true);
  for (i32 n = 0; n < s.N; n++)
    for (i32 p = 0; p < s.P; p++) g[n * s.P + p] = k.g[n * P_ + p];
}

static void ssd_recurrence_back(const SsdShape& s, const SsdHead& head, const SsdGrads& grads, const SsdScratch& k,
                                const f32* h, f32* g) {
  const i32 steps = head.steps, N = s.N, wide = N * LANES;
  for (i32 t = 0; t < steps; t++) k.dcum[t] = k.through[t] = 0;
  for (i32 p = 0; p < s.P; p += LANES) {
    for (i32 n = 0; n < N; n++) {
      store(k.past + n * LANES, row_load(h + n * s.P, p, s.P));
      store(k.later + n * LANES, row_load(g + n * s.P, p, s.P));
    }
    for (i32 t = 0; t < steps; t++) {
      const f32 *b = head.b + (i64)t * s.ldb, *from = k.past + (i64)t * wide;
      const vf u = row_load(head.x + (i64)t * s.ldx, p, s.P) * k.dt[t], decay = splat(k.decay[t]);
      for (i32 n = 0; n < wide; n += LANES)
        store(k.past + (i64)(t + 1) * wide + n, fma(decay, load(from + n), u * splat(b[n / LANES])));
    }
    for (i32 t = steps - 1; t >= 0; t--) {
      const f32 *b = head.b + (i64)t * s.ldb, *c = head.c + (i64)t * s.ldc, *before = k.past + (i64)t * wide;
      const vf x = row_load(head.x + (i64)t * s.ldx, p, s.P), u = x * k.dt[t], decay = splat(k.decay[t]);
      const vf dy = row_load(grads.dy + (i64)t * s.H * s.P, p, s.P);
      vf du = {}, passed = {};
      for (i32 n = 0; n < N; n++) {
        const vf dh = fma(dy, splat(c[n]), load(k.later + n * LANES));
        k.dc[t * s.N_ + n] += sum(dy * load(before + wide + n * LANES));
        k.db[t * s.N_ + n] += sum(dh * u);
        du = fma(dh, splat(b[n]), du);
        const vf back = dh * decay;
        passed = fma(back, load(before + n * LANES), passed);
        store(k.later + n * LANES, back);
      }
      k.dcum[t] += sum(passed);
      k.through[t] += sum(du * x);
      *grads.dD += sum(dy * x);
      row_store(grads.dx + (i64)t * grads.lddx, p, s.P, fma(du, splat(k.dt[t]), dy * head.D));
    }
    for (i32 n = 0; n < N; n++) row_store(g + n * s.P, p, s.P, load(k.later + n * LANES));
  }
}

// dA, dD, dbias: (B, H): the caller sums over B. db, dc: (blocks, B, L, G, N): the caller sums over blocks.
// dstate: (B, H, N, P), always given. dlast may be null.
KERNEL void ssd_backward(const f32* x, const f32* dt, const f32* A, const f32* b, const f32* c, const f32* D,
                         const f32* bias, const i32* age, const i32* lengths, const f32* borders, const f32* dy,
                         const f32* dlast, f32* dx, f32* ddt, f32* dA, f32* db, f32* dc, f32* dD, f32* dbias,
                         f32* dstate, f32* scratch, i32 batch, i32 L, i32 H, i32 P, i32 N, i32 G, i32 W, i32 T, i32 ldx,
                         i32 lddt, i32 ldb, i32 ldc, i32 lddx, i32 ldddt, i32 softplus_dt, i32 chunked, i32 begin,
                         i32 end) {
  const SsdShape s(L, H, P, N, G, W, T, ldx, lddt, ldb, ldc, softplus_dt, chunked);
  const i64 size = (i64)N * P, windows = ceil_div(L, T);
  for (i32 unit = begin; unit < end; unit++) {
    const HeadUnit v(H, G, W, L, lengths, unit);
    const i64 rows = (i64)v.b * L, heads = (i64)v.b * H, sums = (i64)v.block * batch * L + rows;
    const i32* ages = age ? age + rows : 0;
    const SsdScratch k(scratch + (i64)unit * ssd_scratch(N, P, T, chunked), N, P, T, chunked);
    for (i64 i = (heads + v.from) * size; i < (heads + v.to) * size; i++) dstate[i] = dlast ? dlast[i] : 0;
    for (i64 i = heads + v.from; i < heads + v.to; i++) dA[i] = dD[i] = dbias[i] = 0;
    for (i64 t = v.length; t < L; t++) {
      for (i32 i = v.from * P; i < v.to * P; i++) dx[(rows + t) * lddx + i] = 0;
      for (i32 i = v.from; i < v.to; i++) ddt[(rows + t) * ldddt + i] = 0;
      for (i32 n = 0; n < N; n++) db[((sums + t) * G + v.g) * N + n] = dc[((sums + t) * G + v.g) * N + n] = 0;
    }
    for (i32 t1 = v.length, t0; t1 > 0; t1 = t0) {
      t0 = t1 - 1;
      while (t0 % T && !(ages && ages[t0] == 0)) t0--;
      const i32 steps = t1 - t0;
      const bool fresh = ages && ages[t0] == 0;
      const i64 row = rows + t0;
      const f32 *b_rows = b + row * ldb + v.g * N, *c_rows = c + row * ldc + v.g * N;
      for (i32 i = 0; i < steps * s.N_; i++) k.db[i] = k.dc[i] = 0;
      if (chunked) {
        for (i32 i = 0; i < steps * s.T_; i++) k.dscores[i] = 0;
        pad_rows(b_rows, ldb, k.b, s.N_, steps, N);
        pad_rows(c_rows, ldc, k.c, s.N_, steps, N);
      }
      for (i32 head = v.from; head < v.to; head++) {
        const SsdHead in = {x + row * ldx + head * P, dt + row * lddt + head, b_rows, c_rows, A[head],
                            bias ? bias[head] : 0, D ? D[head] : 0, steps, fresh};
        const SsdGrads grads = {dy + (row * H + head) * P, dx + row * lddx + head * P, ddt + row * ldddt + head,
                                dA + heads + head, dD + heads + head, dbias + heads + head, lddx, ldddt};
        f32* g = dstate + (heads + head) * size;
        // A document that begins inside a window has no border: its first state is zero.
        const f32* h = t0 % T ? k.zeros : borders + ((heads + head) * windows + t0 / T) * size;
        if (t0 % T)
          for (i64 i = 0; i < size; i++) k.zeros[i] = 0;
        if (chunked && head == v.from) ssd_scores(s, in, k);
        ssd_steps(s, in, k);
        (chunked ? ssd_chunk_back : ssd_recurrence_back)(s, in, grads, k, h, g);
        ssd_finish(in, grads, k);
        if (fresh)
          for (i64 i = 0; i < size; i++) g[i] = 0;
      }
      if (chunked) {
        product({k.dscores, s.T_, 1}, k.b, s.N_, k.dc, s.N_, steps, s.N_, steps, UP_TO_ROW, true);
        product({k.dscores, 1, s.T_}, k.c, s.N_, k.db, s.N_, steps, s.N_, steps, FROM_ROW, true);
      }
      for (i32 t = 0; t < steps; t++)
        for (i32 n = 0; n < N; n++) {
          db[((sums + t0 + t) * G + v.g) * N + n] = k.db[t * s.N_ + n];
          dc[((sums + t0 + t) * G + v.g) * N + n] = k.dc[t * s.N_ + n];
        }
    }
  }
}
