// The backward of Mamba-3's scan (mamba3.cpp), in chunks from the last to the first, whatever form forward took.
// Continues from the gradients of mamba3_chunk_back.cpp to those of the inputs: dQ and dK are rotated back by the
// angles, an angle's gradient is summed over its own and all later steps, and the gradient of a weight is divided
// between its step and the next.

// The state after a row contains K and V of its last step.
static void mamba3_kept_back(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Grads& grads,
                             const Mamba3Scratch& k) {
  const i32 t = head.steps - 1;
  for (i32 r = 0; r < s.R; r++) {
    const f32* from = grads.last_k + (i64)r * s.H * s.N;
    f32* row = k.db + (t * s.R + r) * s.N_;
    for (i32 i = 0; i < s.N / 2; i++) {
      row[i] += from[s.first(i)];
      row[s.half + i] += from[s.second(i)];
    }
  }
}
// x and mimo_x from V.
static void mamba3_values_back(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Grads& grads,
                               const Mamba3Scratch& k) {
  for (i32 t = 0; t < head.steps; t++)
    for (i32 p = 0; p < s.P; p += LANES) {
      const vf x = row_load(head.x + (i64)t * s.ldx, p, s.P);
      vf dx = {};
      for (i32 r = 0; r < s.R; r++) {
        const vf dv = load(k.dv + (t * s.R + r) * s.P_ + p);
        if (!head.mimo_x) {
          dx += dv;
          continue;
        }
        f32* dmimo = grads.dmimo_x + r * s.P;
        dx = fma(dv, row_load(head.mimo_x + r * s.P, p, s.P), dx);
        row_store(dmimo, p, s.P, fma(dv, x, row_load(dmimo, p, s.P)));
      }
      if (grads.last_v && t == head.steps - 1) dx += row_load(grads.last_v, p, s.P);
      row_store(grads.dx + (i64)t * grads.lddx, p, s.P, dx);
    }
}
// Rotates the gradient of rotated rows back. Adds to the gradients of the angles and to the sums over heads and steps.
// dbias: (R, N), not in halves
static void mamba3_rotate_back(const Mamba3Shape& s, const Mamba3Scratch& k, const f32* rotated, f32* grad, f32* draw,
                               f32* room, f32* dbias, i32 steps) {
  for (i32 i = 0; i < s.R * s.N_; i++) room[i] = 0;
  for (i32 t = 0; t < steps; t++)
    for (i32 r = 0; r < s.R; r++)
      for (i32 i = 0; i < s.half; i += LANES) {
        const i32 at = (t * s.R + r) * s.N_ + i, half = s.half;
        vf da = load(grad + at), db = load(grad + at + half);
        if (i < s.S) {
          const vf cosine = load(k.cosine + t * half + i), sine = load(k.sine + t * half + i);
          f32* dtheta = k.dtheta + t * half + i;
          store(dtheta, load(dtheta) + (db * load(rotated + at) - da * load(rotated + at + half)));
          const vf straight = fma(db, sine, da * cosine), other = fnma(da, sine, db * cosine);
          // Lanes beyond the last angle have cos 1 and sin 0.
          da = straight;
          db = other;
        }
        store(draw + at, load(draw + at) + da);
        store(draw + at + half, load(draw + at + half) + db);
        f32* bias = room + r * s.N_ + i;
        store(bias, load(bias) + da);
        store(bias + half, load(bias + half) + db);
      }
  for (i32 r = 0; r < s.R; r++)
    for (i32 i = 0; i < s.N / 2; i++) {
      dbias[r * s.N + s.first(i)] += room[r * s.N_ + i];
      dbias[r * s.N + s.second(i)] += room[r * s.N_ + s.half + i];
    }
}
// From dtheta, the gradient of each step's turn, to those of the angles and Δ. later: (S), the gradient of the angle
// after the chunk, then of the one before it
static void mamba3_turn_back(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Grads& grads,
                             const Mamba3Scratch& k, f32* later) {
  for (i32 i = 0; i < s.S; i += LANES) {
    vf total = row_load(later, i, s.S);
    for (i32 t = head.steps - 1; t >= 0; t--) {
      total += load(k.dtheta + t * s.half + i);
      const vf turn = tanh(row_load(head.angles + (i64)t * s.ldangle, i, s.S));
      k.dstep[t] += PI * sum(turn * total);
      const vf slope = total * (1.0f - turn * turn) * (PI * k.dt[t]);
      if (s.shared) {
        f32* to = k.dangle + t * s.half + i;
        store(to, load(to) + slope);
      } else row_store(grads.dangles + (i64)t * grads.lddangle, i, s.S, slope);
    }
    row_store(later, i, s.S, total);
  }
}
// From the gradient of a step's share of the step before it, (1 - trap) Δ.
INLINE void mamba3_share_back(f32 trap, f32 dt, f32 dshare, f32* dtrap, f32* ddt) {
  *ddt += (1.0f - trap) * dshare;
  *dtrap -= dt * dshare * trap * (1.0f - trap);
}
// The gradients of A Δ, Δ and trap of each step. dstep: the gradient of Δ through the angles
static void mamba3_weigh_back(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Grads& grads,
                              const Mamba3Scratch& k) {
  const i32 steps = head.steps;
  for (i32 t = steps - 2; t >= 0; t--) k.dcum[t] += k.dcum[t + 1];
  if (head.fresh) k.dcum[0] = 0;
  for (i32 t = 0; t < steps; t++) {
    f32 *ddt = grads.ddt + (i64)t * s.H, *dtrap = grads.dtrap + (i64)t * grads.lddtrap;
    const f32 dgamma = k.dgamma[t] + k.dw[t];
    grads.dadt[(i64)t * s.H] = k.dcum[t];
    *ddt = k.trap[t] * dgamma + k.dstep[t];
    *dtrap = k.dt[t] * dgamma * k.trap[t] * (1.0f - k.trap[t]);
    if (t > 0) mamba3_share_back(k.trap[t], k.dt[t], k.dw[t - 1], dtrap, ddt);
  }
  // The next chunk was visited before this one.
  if (head.goes_on)
    mamba3_share_back(k.trap[steps], k.dt[steps], k.dw[steps - 1], grads.dtrap + (i64)steps * grads.lddtrap,
                      grads.ddt + (i64)steps * s.H);
}
// The gradients of K and V of the step before the input. dg: of g at the start   dk: (R, H, N)   dv: (P)
static void mamba3_begin_back(const Mamba3Shape& s, const f32* before_k, const f32* before_v, const f32* mimo_x,
                              f32 share, const f32* dg, f32* dk, f32* dv, f32* dmimo_x, f32* dshare) {
  for (i32 r = 0; r < s.R; r++)
    for (i32 n = 0; n < s.N; n++) {
      const i64 at = (i64)r * s.H * s.N + n;
      f32 along = 0;
      for (i32 p = 0; p < s.P; p++) {
        const f32 by = mimo_x ? mimo_x[r * s.P + p] : 1, d = dg[n * s.P + p], dvalue = share * before_k[at] * d;
        along += d * before_v[p] * by;
        dv[p] += dvalue * by;
        if (mimo_x) dmimo_x[r * s.P + p] += dvalue * before_v[p];
      }
      dk[at] = share * along;
      *dshare += before_k[at] * along;
    }
}

// dbias_*, dskip, dmimo_x: (B, …): the caller sums over B. db, dc: (blocks, B, L, R, G, N): the caller sums over
// blocks. dangles: (B, L, H S), or, where heads share the angles, (G blocks, B, L, S): the caller sums over the first
// axis. scratch: mamba3_scratch(N, P, T, R) floats for each unit   range: as mamba3_forward
KERNEL void mamba3_backward(const f32* c, const f32* b, const f32* x, const f32* adt, const f32* dt, const f32* trap,
                            const f32* angles, const f32* bias_c, const f32* bias_b, OPTIONAL const f32* skip,
                            OPTIONAL const f32* mimo_x, OPTIONAL const f32* state_k, OPTIONAL const f32* state_v,
                            OPTIONAL const i32* age, OPTIONAL const i32* lengths, const f32* borders,
                            const f32* border_angles, const f32* dy, OPTIONAL const f32* dlast_angle,
                            OPTIONAL const f32* dlast_ssm, OPTIONAL const f32* dlast_k, OPTIONAL const f32* dlast_v,
                            f32* dc, f32* db, f32* dx, f32* dadt, f32* ddt, f32* dtrap, f32* dangles, f32* dbias_c,
                            f32* dbias_b, f32* dskip, OPTIONAL f32* dmimo_x, f32* dstate_angle, f32* dstate_ssm,
                            f32* dstate_k, f32* dstate_v, f32* scratch, i32 batch, i32 L, i32 H, i32 P, i32 N, i32 G,
                            i32 R, i32 S, i32 W, i32 T, i32 ldx, i32 ldtrap, i32 ldangles, i32 lddx, i32 lddtrap,
                            bool neighbours, bool shared, i32 begin, i32 end) {
  const Mamba3Shape s(L, H, P, N, G, R, S, W, T, ldx, ldtrap, ldangles, neighbours, shared);
  const i64 size = (i64)N * P, windows = ceil_div(L, T);
  const i32 blocks = ceil_div(H / G, W);
  for (i32 unit = begin; unit < end; unit++) {
    const HeadUnit v(H, G, W, L, lengths, unit);
    const i64 rows = (i64)v.b * L, heads = (i64)v.b * H, sums = (i64)v.block * batch * L + rows;
    f32* own_angles = shared ? dangles + ((i64)(v.g * blocks + v.block) * batch * L + rows) * S : 0;
    const i32* ages = age ? age + rows : 0;
    const Mamba3Scratch k(scratch + (i64)unit * mamba3_scratch(N, P, T, R), N, P, T, R);
    const auto fill = [](f32* to, const f32* from, i64 from_at, i64 count) {
      for (i64 i = from_at; i < from_at + count; i++) to[i] = from ? from[i] : 0;
    };
    const bool starts = !state_k || (ages && v.length && ages[0] == 0);
    for (i32 head = v.from; head < v.to; head++) {
      const i64 at = heads + head, keys = ((i64)v.b * R * H + head) * N;
      fill(dstate_ssm, dlast_ssm, at * size, size);
      fill(dstate_angle, dlast_angle, at * S, S);
      // If there is a last step, K and V are its own.
      fill(dstate_v, v.length ? 0 : dlast_v, at * P, P);
      for (i32 r = 0; r < R; r++) fill(dstate_k, v.length ? 0 : dlast_k, keys + (i64)r * H * N, N);
      fill(dbias_c, 0, at * R * N, R * N);
      fill(dbias_b, 0, at * R * N, R * N);
      if (mimo_x) fill(dmimo_x, 0, at * R * P, R * P);
      dskip[at] = 0;
    }
    for (i64 t = v.length; t < L; t++) {
      fill(dx, 0, (rows + t) * lddx + v.from * P, (v.to - v.from) * P);
      for (i32 i = v.from; i < v.to; i++)
        dadt[(rows + t) * H + i] = ddt[(rows + t) * H + i] = dtrap[(rows + t) * lddtrap + i] = 0;
      if (shared) fill(own_angles, 0, t * S, S);
      else fill(dangles, 0, (rows + t) * H * S + v.from * S, (v.to - v.from) * S);
      for (i32 r = 0; r < R; r++) {
        fill(db, 0, (((sums + t) * R + r) * G + v.g) * N, N);
        fill(dc, 0, (((sums + t) * R + r) * G + v.g) * N, N);
      }
    }
    for (i32 t1 = v.length, t0; t1 > 0; t1 = t0) {
      t0 = t1 - 1;
      while (t0 % T && !(ages && ages[t0] == 0)) t0--;
      const i32 steps = t1 - t0;
      const bool fresh = ages && ages[t0] == 0, ends = t1 == v.length;
      const bool goes_on = !ends && !(ages && ages[t1] == 0);
      const i64 row = rows + t0;
      mamba3_rows(s, b + (row * R * G + v.g) * N, k.raw_b, steps);
      mamba3_rows(s, c + (row * R * G + v.g) * N, k.raw_c, steps);
      for (i32 i = 0; i < steps * R * s.N_; i++) k.draw_b[i] = k.draw_c[i] = 0;
      for (i32 i = 0; i < steps * s.half; i++) k.dangle[i] = 0;
      for (i32 head = v.from; head < v.to; head++) {
        const i64 at = heads + head, window = at * windows + t0 / T;
        const Mamba3Head in = {x + row * ldx + head * P, adt + row * H + head, dt + row * H + head,
                               trap + row * ldtrap + head, angles + row * ldangles + (shared ? 0 : head * S),
                               bias_c + (i64)head * R * N, bias_b + (i64)head * R * N,
                               mimo_x ? mimo_x + (i64)head * R * P : 0, skip ? skip[head] : 0, steps, fresh, goes_on};
        const Mamba3Grads grads = {dy + (row * H + head) * R * P, dx + row * lddx + head * P, dadt + row * H + head,
                                   ddt + row * H + head, dtrap + row * lddtrap + head,
                                   shared ? 0 : dangles + (row * H + head) * S, dbias_c + at * R * N,
                                   dbias_b + at * R * N, mimo_x ? dmimo_x + at * R * P : 0, dskip + at,
                                   ends && dlast_k ? dlast_k + ((i64)v.b * R * H + head) * N : 0,
                                   ends && dlast_v ? dlast_v + at * P : 0, lddx, lddtrap, H * S};
        f32 *dg = dstate_ssm + at * size, *later = dstate_angle + at * S;
        // A document that begins inside a window has no border: its first state is zero.
        const f32* g = t0 % T ? k.h : borders + window * size;
        if (t0 % T)
          for (i64 i = 0; i < size; i++) k.h[i] = 0;
        for (i32 i = 0; i < steps * s.half; i++) k.dtheta[i] = 0;
        for (i32 t = 0; t < steps; t++) k.dstep[t] = 0;
        mamba3_prepare(s, in, k, t0 % T ? 0 : border_angles + window * S, 0);
        mamba3_chunk_back(s, in, grads, k, g, dg);
        if (grads.last_k) mamba3_kept_back(s, in, grads, k);
        mamba3_values_back(s, in, grads, k);
        mamba3_rotate_back(s, k, k.b, k.db, k.draw_b, k.dbias_b, grads.dbias_b, steps);
        mamba3_rotate_back(s, k, k.c, k.dc, k.draw_c, k.dbias_c, grads.dbias_c, steps);
        mamba3_turn_back(s, in, grads, k, later);
        mamba3_weigh_back(s, in, grads, k);
        if (fresh) {
          for (i64 i = 0; i < size; i++) dg[i] = 0;
          for (i32 i = 0; i < S; i++) later[i] = 0;
        }
      }
      for (i32 j = 0; j < steps * R; j++)
        for (i32 i = 0; i < N / 2; i++) {
          const i64 to = (((sums + t0) * R + j) * G + v.g) * N, from = j * s.N_ + i;
          db[to + s.first(i)] = k.draw_b[from];
          db[to + s.second(i)] = k.draw_b[from + s.half];
          dc[to + s.first(i)] = k.draw_c[from];
          dc[to + s.second(i)] = k.draw_c[from + s.half];
        }
      for (i32 t = 0; shared && t < steps; t++)
        for (i32 i = 0; i < S; i++) own_angles[(i64)(t0 + t) * S + i] = k.dangle[t * s.half + i];
    }
    for (i32 head = v.from; head < v.to && !starts && v.length; head++) {
      const i64 at = heads + head, keys = ((i64)v.b * R * H + head) * N, row = rows * H + head;
      const f32 share = mamba3_share(trap + rows * ldtrap + head, dt + row), step = dt[row];
      f32 dshare = 0;
      mamba3_begin_back(s, state_k + keys, state_v + at * P, mimo_x ? mimo_x + (i64)head * R * P : 0, share,
                        dstate_ssm + at * size, dstate_k + keys, dstate_v + at * P,
                        mimo_x ? dmimo_x + at * R * P : 0, &dshare);
      mamba3_share_back(sigmoid(splat(trap[rows * ldtrap + head]))[0], step, dshare, dtrap + rows * lddtrap + head,
                        ddt + row);
    }
  }
}
