// One chunk of the backward of Mamba-3's scan (mamba3.cpp), from dy and the gradient of the state after it.
// dg is the gradient of g after a chunk, then of g before it. With M = (Q·K) ∘ F and i = exp(c[last] - c) w:
//
//   dV = Mᵀ dy + i K dg + D dy       dQ = dS K + exp(c) dy gᵀ       dS = (dy Vᵀ) ∘ F
//   dg = exp(c[last]) dg + Qᵀ (exp(c) dy)       dK = dSᵀ Q + i V dgᵀ
//
// and the gradients of F, i and exp(c).

// Gradients of one head and chunk, from its first step on. dy: (T, H, R, P)
struct Mamba3Grads {
  const f32* dy;
  f32 *dx, *dadt, *ddt, *dtrap, *dangles, *dbias_c, *dbias_b, *dmimo_x, *dD;
  const f32 *last_k, *last_v;  // of the last state, if the row ends with this chunk
  i32 lddx, lddtrap, lddangle;
};

// dV, dQ and dK (before they are rotated back), the gradients of gamma, w and c, and dg.
static void mamba3_chunk_back(const Mamba3Shape& s, const Mamba3Head& head, const Mamba3Grads& grads,
                              const Mamba3Scratch& k, const f32* g, f32* dg) {
  const i32 steps = head.steps, R = s.R, rows = steps * R, P_ = s.P_, N_ = s.N_, M_ = s.M_;
  const vi index = mamba3_index();
  mamba3_weights(s, head, k);
  for (i32 j = 0; j < rows; j++)
    pad_rows(grads.dy + ((i64)(j / R) * s.H * R + j % R) * s.P, s.P, k.y + j * P_, P_, 1, s.P);
  mamba3_read(s, g, k.h);
  mamba3_read(s, dg, k.g);
  for (i32 t = 0; t < steps; t++) k.dgamma[t] = k.dw[t] = k.dcum[t] = 0;
  for (i32 j = 0; j < M_; j++) k.row_dw[j] = k.row_dcum[j] = 0;

  // V, and the gradients of the weights and decays through the state after the chunk.
  product({k.b, N_, 1}, k.g, P_, k.dv, P_, rows, P_, N_);
  f32 at_last = k.carry[rows - 1] * dot(k.g, k.h, N_ * P_);
  for (i32 j = 0; j < rows; j++) {
    const f32 along = dot(k.v + j * P_, k.dv + j * P_, P_);
    k.row_dw[j] += k.rest[j] * along;
    k.row_dcum[j] -= k.inflow[j] * along;
    at_last += k.inflow[j] * along;
  }
  k.dcum[steps - 1] += at_last;
  scale_rows(k.dv, P_, k.inflow, rows);
  product({k.weights, 1, M_}, k.y, P_, k.dv, P_, rows, P_, rows, FROM_ROW, true, R);
  for (i32 j = 0; j < rows; j++) {
    const i32 at = j * P_;
    *grads.dD += dot(k.v + at, k.y + at, P_);
    for (i32 p = at; p < at + P_; p += LANES) store(k.dv + p, fma(splat(head.D), load(k.y + p), load(k.dv + p)));
  }

  // The weights: those of earlier steps through w and the decays between, that of the step itself through gamma.
  turn(k.v, P_, k.vt, M_, rows, s.P);
  product_lower({k.y, P_, 1}, k.vt, M_, k.dweights, M_, rows, s.P, R);
  for (i32 t = 0; t < steps; t++) {
    const i32 own = t * R, end = own + R;
    vf row = {}, itself = {};
    for (i32 i = 0; i < end; i += LANES) {
      const vi earlier = index + i < own, mine = (index + i >= own) & (index + i < end);
      const vf fall = load(k.falls + t * M_ + i), w = load(k.row_w + i);
      const vf factor = select(earlier, fall * w, splat(k.gamma[t]));
      vf through = {};
      for (i32 r = 0; r < R; r++) {
        const i32 at = (own + r) * M_ + i;
        const vf dweight = load(k.dweights + at);
        store(k.dscores + at, dweight * factor);
        through = fma(dweight, load(k.scores + at), through);
      }
      itself += select(mine, through, (vf){});
      const vf passed = select(earlier, through * fall, (vf){}), decayed = passed * w;
      store(k.row_dw + i, load(k.row_dw + i) + passed);
      store(k.row_dcum + i, load(k.row_dcum + i) - decayed);
      row += decayed;
    }
    k.dcum[t] += sum(row);
    k.dgamma[t] += sum(itself);
  }

  // Q and K.
  turn(k.h, P_, k.turned, N_, N_, s.P);
  product({k.y, P_, 1}, k.turned, N_, k.dc, N_, rows, N_, s.P);
  for (i32 j = 0; j < rows; j++) k.dcum[j / R] += k.carry[j] * dot(k.c + j * N_, k.dc + j * N_, N_);
  scale_rows(k.dc, N_, k.carry, rows);
  product({k.dscores, M_, 1}, k.b, N_, k.dc, N_, rows, N_, rows, UP_TO_ROW, true, R);
  turn(k.g, P_, k.turned, N_, N_, s.P);
  product({k.v, P_, 1}, k.turned, N_, k.db, N_, rows, N_, s.P);
  scale_rows(k.db, N_, k.inflow, rows);
  product({k.dscores, 1, M_}, k.c, N_, k.db, N_, rows, N_, rows, FROM_ROW, true, R);

  for (i32 j = 0; j < rows; j++) {
    k.dw[j / R] += k.row_dw[j];
    k.dcum[j / R] += k.row_dcum[j];
  }
  for (i32 i = 0; i < N_ * P_; i += LANES) store(k.g + i, load(k.g + i) * k.carry[rows - 1]);
  scale_rows(k.y, P_, k.carry, rows);
  product({k.c, 1, N_}, k.y, P_, k.g, P_, N_, P_, rows, EVERY, true);
  mamba3_write(s, k.g, dg);
}
