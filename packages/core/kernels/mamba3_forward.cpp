// Mamba-3's scan, forward (see mamba3.cpp), in two forms that agree: step by step, for few steps, and in chunks as
// matrix products.
//
// b, c: (B, L, R, G, N)   x: (B, L, H, P)   adt, dt, trap: (B, L, H)   angles: (B, L, H or none, S)
// bias_b, bias_c: (H, R, N)   skip: (H), D   mimo_x: (H, R, P)   y: (B, L, H, R, P)   age: (B, L)   lengths: (B)
// states: angle (B, H, S), ssm (B, H, N, P), k (B, R, H, N), v (B, H, P); null at the start of a sequence
// borders: g (B, H, ceil(L / T), N, P) and angle (B, H, ceil(L / T), S) at the start of each window of T steps
// range: units, B * G * ceil(H / G / W), each W heads of one group

static void mamba3_chunk(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Scratch& k, f32* g, f32* y) {
  const i32 rows = head.steps * s.R, P_ = s.P_, N_ = s.N_;
  mamba3_weights(s, head, k);
  mamba3_read(s, g, k.g);
  product({k.c, N_, 1}, k.g, P_, k.y, P_, rows, P_, N_);
  scale_rows(k.y, P_, k.carry, rows);
  product({k.weights, s.M_, 1}, k.v, P_, k.y, P_, rows, P_, rows, UP_TO_ROW, true, s.R);
  for (i32 j = 0; j < rows; j++) {
    f32* to = y + ((i64)(j / s.R) * s.H * s.R + j % s.R) * s.P;
    for (i32 p = 0; p < s.P; p++) to[p] = k.y[j * P_ + p] + head.D * k.v[j * P_ + p];
  }
  scale_rows(k.v, P_, k.inflow, rows);
  for (i32 i = 0; i < N_ * P_; i += LANES) store(k.g + i, load(k.g + i) * k.carry[rows - 1]);
  product({k.b, 1, N_}, k.v, P_, k.g, P_, N_, P_, rows, EVERY, true);
  mamba3_write(s, k.g, g);
}
// RANK 0: any rank.
template <i32 RANK>
static void mamba3_walk(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Scratch& k, f32* g, f32* y) {
  const i32 R = RANK ? RANK : s.R, pairs = s.N / 2;
  const i64 stride = (i64)(s.first(1) - s.first(0)) * s.P;
  for (i32 p = 0; p < s.P; p += LANES)
    for (i32 t = 0; t < head.steps; t++) {
      const vf decay = splat(k.decay[t]), gamma = splat(k.gamma[t]), w = splat(k.w[t]);
      vf v[RANK ? RANK : MAX_RANK], total[RANK ? RANK : MAX_RANK];
      for (i32 r = 0; r < R; r++) {
        v[r] = load(k.v + (t * R + r) * s.P_ + p);
        total[r] = v[r] * head.D;
      }
      for (i32 side = 0; side < 2; side++) {
        const f32 *b = k.b + t * R * s.N_ + side * s.half, *c = k.c + t * R * s.N_ + side * s.half;
        f32* state = g + (i64)(side ? s.second(0) : s.first(0)) * s.P;
        for (i32 i = 0; i < pairs; i++, state += stride) {
          vf u = {};
          for (i32 r = 0; r < R; r++) u = fma(v[r], splat(b[r * s.N_ + i]), u);
          const vf carried = decay * row_load(state, p, s.P), h = fma(gamma, u, carried);
          row_store(state, p, s.P, fma(w, u, carried));
          for (i32 r = 0; r < R; r++) total[r] = fma(h, splat(c[r * s.N_ + i]), total[r]);
        }
      }
      for (i32 r = 0; r < R; r++) row_store(y + ((i64)t * s.H * R + r) * s.P, p, s.P, total[r]);
    }
}
static void mamba3_recurrence(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Scratch& k, f32* g, f32* y) {
  (s.R == 1 ? mamba3_walk<1> : s.R == 4 ? mamba3_walk<4> : mamba3_walk<0>)(s, head, k, g, y);
}

// (1 - trap) Δ of the first step: the share of the step before the input.
INLINE f32 mamba3_share(const f32* trap, const f32* dt) { return (1.0f - sigmoid(splat(*trap))[0]) * *dt; }

// g at the start: h plus the share of the step before the input. before_k: (R, H, N)   before_v: (P)
static void mamba3_begin(const Mamba3Shape& s, const f32* before_k, const f32* before_v, const f32* mimo_x, f32 share,
                         f32* g) {
  for (i32 r = 0; r < s.R; r++)
    for (i32 n = 0; n < s.N; n++) {
      const f32 by = share * before_k[(i64)r * s.H * s.N + n];
      for (i32 p = 0; p < s.P; p++) g[n * s.P + p] += by * (mimo_x ? before_v[p] * mimo_x[r * s.P + p] : before_v[p]);
    }
}
// K and V of the last step of a chunk, as states. k: (R, H, N)   v: (P)
static void mamba3_keep(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Scratch& k, f32* last_k,
                        f32* last_v) {
  const i32 t = head.steps - 1;
  for (i32 r = 0; r < s.R; r++)
    for (i32 i = 0; i < s.N / 2; i++) {
      const f32* row = k.b + (t * s.R + r) * s.N_;
      last_k[(i64)r * s.H * s.N + s.first(i)] = row[i];
      last_k[(i64)r * s.H * s.N + s.second(i)] = row[s.half + i];
    }
  for (i32 p = 0; p < s.P; p++) last_v[p] = head.x[(i64)t * s.ldx + p];
}

// y and the last states; the head of the file has the shapes. scratch: mamba3_scratch(N, P, T, R) floats for each unit
// range: B * G * ceil(H / G / W)
KERNEL void mamba3_forward(const f32* c, const f32* b, const f32* x, const f32* adt, const f32* dt, const f32* trap,
                           const f32* angles, const f32* bias_c, const f32* bias_b, OPTIONAL const f32* skip,
                           OPTIONAL const f32* mimo_x, OPTIONAL const f32* state_angle, OPTIONAL const f32* state_ssm,
                           OPTIONAL const f32* state_k, OPTIONAL const f32* state_v, OPTIONAL const i32* age,
                           OPTIONAL const i32* lengths, f32* y, f32* last_angle, f32* last_ssm, f32* last_k,
                           f32* last_v, OPTIONAL f32* borders, OPTIONAL f32* border_angles, f32* scratch, i32 L, i32 H,
                           i32 P, i32 N, i32 G, i32 R, i32 S, i32 W, i32 T, i32 ldx, i32 ldtrap, i32 ldangles,
                           bool neighbours, bool shared, bool chunked, i32 begin, i32 end) {
  const Mamba3Shape s(L, H, P, N, G, R, S, W, T, ldx, ldtrap, ldangles, neighbours, shared);
  const i64 size = (i64)N * P, windows = ceil_div(L, T);
  for (i32 unit = begin; unit < end; unit++) {
    const HeadUnit v(H, G, W, L, lengths, unit);
    const i64 rows = (i64)v.b * L, heads = (i64)v.b * H;
    const i32* ages = age ? age + rows : 0;
    const Mamba3Scratch k(scratch + (i64)unit * mamba3_scratch(N, P, T, R), N, P, T, R);
    const bool starts = !state_ssm || (ages && v.length && ages[0] == 0);
    for (i32 head = v.from; head < v.to; head++) {
      const i64 at = heads + head;
      for (i64 i = at * size; i < (at + 1) * size; i++) last_ssm[i] = starts ? 0 : state_ssm[i];
      for (i64 i = at * S; i < (at + 1) * S; i++) last_angle[i] = starts ? 0 : state_angle[i];
      for (i64 i = at * P; i < (at + 1) * P; i++) last_v[i] = starts ? 0 : state_v[i];
      const i64 keys = ((i64)v.b * R * H + head) * N;
      for (i32 r = 0; r < R; r++)
        for (i64 i = keys + (i64)r * H * N, n = 0; n < N; n++) last_k[i + n] = starts ? 0 : state_k[i + n];
      if (!starts && v.length)
        mamba3_begin(s, state_k + keys, state_v + at * P, mimo_x ? mimo_x + (i64)head * R * P : 0,
                     mamba3_share(trap + rows * ldtrap + head, dt + rows * H + head), last_ssm + at * size);
    }
    for (i32 t0 = 0, t1; t0 < v.length; t0 = t1) {
      t1 = ssd_chunk_end(ages, t0, min(v.length, (t0 / T + 1) * T));
      const i64 row = rows + t0;
      const bool fresh = ages && ages[t0] == 0, goes_on = t1 < v.length && !(ages && ages[t1] == 0);
      mamba3_rows(s, b + (row * R * G + v.g) * N, k.raw_b, t1 - t0);
      mamba3_rows(s, c + (row * R * G + v.g) * N, k.raw_c, t1 - t0);
      for (i32 head = v.from; head < v.to; head++) {
        const Mamba3Head in = {x + row * ldx + head * P, adt + row * H + head, dt + row * H + head,
                               trap + row * ldtrap + head, angles + row * ldangles + (shared ? 0 : head * S),
                               bias_c + (i64)head * R * N, bias_b + (i64)head * R * N,
                               mimo_x ? mimo_x + (i64)head * R * P : 0, skip ? skip[head] : 0, t1 - t0, fresh, goes_on};
        const i64 at = heads + head;
        f32 *g = last_ssm + at * size, *angle = last_angle + at * S;
        if (fresh) {
          for (i64 i = 0; i < size; i++) g[i] = 0;
          for (i32 i = 0; i < S; i++) angle[i] = 0;
        }
        if (borders && t0 % T == 0) {
          const i64 window = at * windows + t0 / T;
          for (i64 i = 0; i < size; i++) borders[window * size + i] = g[i];
          for (i32 i = 0; i < S; i++) border_angles[window * S + i] = angle[i];
        }
        mamba3_prepare(s, in, k, angle, angle);
        if (t1 == v.length) mamba3_keep(s, in, k, last_k + ((i64)v.b * R * H + head) * N, last_v + at * P);
        (chunked ? mamba3_chunk : mamba3_recurrence)(s, in, k, g, y + (row * H + head) * R * P);
      }
    }
    for (i64 t = v.length; t < L; t++)
      for (i64 i = ((rows + t) * H + v.from) * R * P; i < ((rows + t) * H + v.to) * R * P; i++) y[i] = 0;
  }
}
