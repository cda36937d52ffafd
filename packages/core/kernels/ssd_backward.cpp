// The backward of Mamba-2's scan (ssd.cpp), in both forms. Chunks are visited from the last to the first; g is the
// gradient of h after a chunk, then of h before it. With M the weights and u = Δ x:
//
//   du = Mᵀ dy + exp(c[last] - c) B g       dC = dS B + exp(c) dy hᵀ      dS = (dy uᵀ) ∘ exp(c[t] - c[s])
//   dh = exp(c[last]) g + Cᵀ (exp(c) dy)    dB = dSᵀ C + exp(c[last] - c) u gᵀ
//
// and the gradient of each ΔA: the sum of the gradients of c from its step on.

// Gradients of one head and chunk, from its first step on.
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

// scores[t][s] = C[t]·B[s] for s <= t. Clears the sums over heads.
static void ssd_group_back(const SsdShape& s, const SsdHead& head, const SsdScratch& k) {
  const i32 steps = head.steps, tiles = ceil_div(steps, TILE_ROWS) * TILE_ROWS;
  pad_rows(head.c, s.ldc, k.c, s.N_, steps, s.N);
  zero_rows(k.c, s.N_, steps, tiles);
  zero_rows(k.dscores, s.T_, 0, tiles);
  for (i32 i = 0; i < steps; i += TILE_ROWS)
    tile_columns(0, whole(i + TILE_ROWS), [&](auto tile, i32 j) {
      tile.add(k.c_t + i, s.T_, k.b_t + j, s.T_, s.N);
      tile.each(TILE_ROWS, [&](i32 r, i32 v, vf x) { store(k.scores + (i + r) * s.T_ + j + v * LANES, x); });
    });
}
// The arrays that a head's chunk reads several times: the weights by rows t, and its matrices and their transposes.
// u: exp(c) dy
static void ssd_head_back(const SsdShape& s, const SsdHead& head, const SsdGrads& grads, const SsdScratch& k) {
  const i32 steps = head.steps, P_ = s.P_, tiles = ceil_div(steps, TILE_ROWS) * TILE_ROWS;
  for (i32 t = 0; t < steps; t++) {
    const f32* dy = grads.dy + (i64)t * s.H * s.P;
    for (i32 p = 0; p < P_; p += LANES) {
      const vf one = row_load(dy, p, s.P);
      store(k.y + t * P_ + p, one);
      store(k.u + t * P_ + p, one * k.carry[t]);
    }
    for (i32 i = 0; i <= t; i += LANES) {
      const i32 at = t * s.T_ + i;
      const vf fall = exp(k.sums[t] - load(k.sums + i));
      store(k.falls + at, fall);
      store(k.weights + at, load(k.scores + at) * fall);
    }
  }
  zero_rows(k.y, P_, steps, tiles);
  zero_rows(k.weights, s.T_, steps, tiles);
  turn(head.x, s.ldx, k.x_t, s.T_, steps, s.P);
  turn(k.y, P_, k.y_t, s.T_, steps, s.P);
  for (i32 t = 0; t < whole(steps); t++) k.dcum[t] = 0;
}

static void ssd_chunk_back(const SsdShape& s, const SsdHead& head, const SsdGrads& grads, const SsdScratch& k,
                           const f32* h, f32* g) {
  const i32 steps = head.steps, last = steps - 1, P_ = s.P_, N_ = s.N_, T_ = s.T_, R = TILE_ROWS;
  vi index;
  for (i32 i = 0; i < LANES; i++) index[i] = i;
  ssd_head_back(s, head, grads, k);
  turn(h, s.P, k.h_t, N_, s.N, s.P);
  turn(g, s.P, k.g_t, N_, s.N, s.P);
  const f32* after = padded(g, s.P, k.g, P_, s.N);

  // The gradient of a weight times the weight is the gradient of the decay between its two steps. A step has no decay
  // to itself.
  for (i32 i = 0; i < steps; i += R) {
    vf rows[TILE_ROWS] = {};
    tile_columns(0, whole(i + R), [&](auto tile, i32 j) {
      tile.add(k.y_t + i, T_, k.x_t + j, T_, s.P);
      tile.each(steps - i, [&](i32 r, i32 v, vf sum) {
        const i32 from = j + v * LANES, at = (i + r) * T_ + from;
        const vf dw = sum * load(k.dt + from);
        store(k.dscores + at, fma(dw, load(k.falls + at), load(k.dscores + at)));
        const vf passed = select(index + from < i + r, dw * load(k.weights + at), (vf){});
        rows[r] += passed;
        store(k.dcum + from, load(k.dcum + from) - passed);
      });
    });
    for (i32 r = 0; r < min(R, steps - i); r++) k.dcum[i + r] += sum(rows[r]);
  }

  // B and C in their products with the state, and the gradients of the decays through the state after the chunk.
  f32 at_last = 0;
  for (i32 i = 0; i < steps; i += R) {
    vf from_b[TILE_ROWS] = {}, from_c[TILE_ROWS] = {};
    tile_columns(0, N_, [&](auto tile, i32 j) {
      tile.add(k.y_t + i, T_, k.h_t + j, N_, s.P);
      tile.each(steps - i, [&](i32 r, i32 v, vf sum) {
        const i32 at = (i + r) * N_ + j + v * LANES;
        const vf dc = sum * k.carry[i + r];
        store(k.dc + at, load(k.dc + at) + dc);
        from_c[r] = fma(dc, load(k.c + at), from_c[r]);
      });
    });
    tile_columns(0, N_, [&](auto tile, i32 j) {
      tile.add(k.x_t + i, T_, k.g_t + j, N_, s.P);
      tile.each(steps - i, [&](i32 r, i32 v, vf sum) {
        const i32 at = (i + r) * N_ + j + v * LANES;
        const vf db = sum * (k.rest[i + r] * k.dt[i + r]);
        store(k.db + at, load(k.db + at) + db);
        from_b[r] = fma(db, load(k.b + at), from_b[r]);
      });
    });
    for (i32 r = 0; r < min(R, steps - i); r++) {
      const f32 share = sum(from_b[r]);
      k.dcum[i + r] += sum(from_c[r]) - share;
      at_last += share;
    }
  }

  // x, through the later steps of the chunk and the state after it.
  vf skipped = {};
  for (i32 i = 0; i < steps; i += R) {
    vf rows[TILE_ROWS] = {};
    tile_columns(0, P_, [&](auto tile, i32 j) {
      tile.add(k.b_t + i, T_, after + j, P_, s.N);
      tile.scale_rows(k.rest + i);
      tile.add_upper(k.weights + i * T_ + i, T_, k.y + i * P_ + j, P_);
      tile.add(k.weights + (i + R) * T_ + i, T_, k.y + (i + R) * P_ + j, P_, steps - i - R);
      tile.each(steps - i, [&](i32 r, i32 v, vf du) {
        const i32 t = i + r, p = j + v * LANES;
        const vf x = row_load(head.x + (i64)t * s.ldx, p, s.P), dy = load(k.y + t * P_ + p);
        rows[r] = fma(x, du, rows[r]);
        skipped = fma(x, dy, skipped);
        row_store(grads.dx + (i64)t * grads.lddx, p, s.P, fma(du, splat(k.dt[t]), dy * head.D));
      });
    });
    for (i32 r = 0; r < min(R, steps - i); r++) k.through[i + r] = sum(rows[r]);
  }
  *grads.dD += sum(skipped);

  // The state before the chunk.
  const f32 carry = k.carry[last];
  vf kept = {};
  tile_columns(0, P_, [&](auto fresh, i32 j) {
    for (i32 i = 0; i < s.N; i += R) {
      auto tile = fresh;
      tile.add(k.c + i, N_, k.u + j, P_, steps);
      tile.each(s.N - i, [&](i32 r, i32 v, vf sum) {
        f32* at = g + (i + r) * s.P;
        const i32 p = j + v * LANES;
        const vf passed = row_load(at, p, s.P) * carry;
        kept = fma(passed, row_load(h + (i + r) * s.P, p, s.P), kept);
        row_store(at, p, s.P, passed + sum);
      });
    }
  });
  k.dcum[last] += at_last + sum(kept);
  for (i32 t = last - 1; t >= 0; t--) k.dcum[t] += k.dcum[t + 1];
}

// db and dc: the sums over the heads of the unit, plus those through the scores. Row stride ld
static void ssd_group_grads(const SsdShape& s, const SsdScratch& k, i32 steps, f32* db, f32* dc, i64 ld) {
  const i32 N_ = s.N_, T_ = s.T_, R = TILE_ROWS;
  turn(k.dscores, T_, k.dscores_t, T_, steps, steps);
  for (i32 i = 0; i < steps; i += R) {
    tile_columns(0, N_, [&](auto tile, i32 j) {
      tile.add(k.dscores_t + i, T_, k.b + j, N_, i);
      tile.add_lower(k.dscores_t + i * T_ + i, T_, k.b + i * N_ + j, N_);
      tile.each(steps - i, [&](i32 r, i32 v, vf sum) {
        const i32 n = j + v * LANES;
        row_store(dc + (i + r) * ld, n, s.N, sum + load(k.dc + (i + r) * N_ + n));
      });
    });
    tile_columns(0, N_, [&](auto tile, i32 j) {
      tile.add_upper(k.dscores + i * T_ + i, T_, k.c + i * N_ + j, N_);
      tile.add(k.dscores + (i + R) * T_ + i, T_, k.c + (i + R) * N_ + j, N_, steps - i - R);
      tile.each(steps - i, [&](i32 r, i32 v, vf sum) {
        const i32 n = j + v * LANES;
        row_store(db + (i + r) * ld, n, s.N, sum + load(k.db + (i + r) * N_ + n));
      });
    });
  }
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

// dA, dskip, dbias: (B, H): the caller sums over B. db, dc: (blocks, B, L, G, N): the caller sums over blocks, of which
// a group has ceil(H / G / W). dstate: (B, H, N, P)   scratch: ssd_scratch(N, P, T, chunked) floats for each unit
// range: B * G * ceil(H / G / W)
KERNEL void ssd_backward(const f32* x, const f32* dt, const f32* A, const f32* b, const f32* c,
                         OPTIONAL const f32* skip, OPTIONAL const f32* bias, OPTIONAL const i32* age,
                         OPTIONAL const i32* lengths, const f32* borders, const f32* dy, OPTIONAL const f32* dlast,
                         f32* dx, f32* ddt, f32* dA, f32* db, f32* dc, f32* dskip, f32* dbias, f32* dstate,
                         f32* scratch, i32 batch, i32 L, i32 H, i32 P, i32 N, i32 G, i32 W, i32 T, i32 ldx, i32 lddt,
                         i32 ldb, i32 ldc, i32 lddx, i32 ldddt, bool softplus_dt, bool chunked, i32 begin, i32 end) {
  const SsdShape s(L, H, P, N, G, W, T, ldx, lddt, ldb, ldc, softplus_dt, chunked);
  const i64 size = (i64)N * P, windows = ceil_div(L, T);
  for (i32 unit = begin; unit < end; unit++) {
    const HeadUnit v(H, G, W, L, lengths, unit);
    const i64 rows = (i64)v.b * L, heads = (i64)v.b * H, sums = (i64)v.block * batch * L + rows;
    const i32* ages = age ? age + rows : 0;
    const SsdScratch k(scratch + (i64)unit * ssd_scratch(N, P, T, chunked), N, P, T, chunked);
    for (i64 i = (heads + v.from) * size; i < (heads + v.to) * size; i++) dstate[i] = dlast ? dlast[i] : 0;
    for (i64 i = heads + v.from; i < heads + v.to; i++) dA[i] = dskip[i] = dbias[i] = 0;
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
      for (i32 head = v.from; head < v.to; head++) {
        const SsdHead in = {x + row * ldx + head * P, dt + row * lddt + head, b_rows, c_rows, A[head],
                            bias ? bias[head] : 0, skip ? skip[head] : 0, steps, fresh};
        const SsdGrads grads = {dy + (row * H + head) * P, dx + row * lddx + head * P, ddt + row * ldddt + head,
                                dA + heads + head, dskip + heads + head, dbias + heads + head, lddx, ldddt};
        f32* g = dstate + (heads + head) * size;
        // A document that begins inside a window has no border: its first state is zero.
        const f32* h = t0 % T ? k.zeros : borders + ((heads + head) * windows + t0 / T) * size;
        if (t0 % T)
          for (i64 i = 0; i < size; i++) k.zeros[i] = 0;
        if (chunked && head == v.from) {
          ssd_turn(s, in, k);
          ssd_group_back(s, in, k);
        }
        ssd_steps(s, in, k);
        (chunked ? ssd_chunk_back : ssd_recurrence_back)(s, in, grads, k, h, g);
        ssd_finish(in, grads, k);
        if (fresh)
          for (i64 i = 0; i < size; i++) g[i] = 0;
      }
      const i64 to = ((sums + t0) * G + v.g) * N, ld = (i64)G * N;
      if (chunked) ssd_group_grads(s, k, steps, db + to, dc + to, ld);
      else
        for (i32 t = 0; t < steps; t++)
          for (i32 n = 0; n < N; n++) {
            db[to + t * ld + n] = k.db[t * s.N_ + n];
            dc[to + t * ld + n] = k.dc[t * s.N_ + n];
          }
    }
  }
}
