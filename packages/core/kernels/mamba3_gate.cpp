// The operations around Mamba-3's scan: its step sizes and decays, and the gate that sums over the ranks.

// A = -(1 + a) for a >= 0, -1 / (1 - a) below, at most -floor;  Δ = softplus(dt + bias);  adt = A Δ.
// dt, a, delta, adt: (R, H)   bias: (H)   range: rows
KERNEL void mamba3_steps_forward(const f32* dt, const f32* a, const f32* bias, f32* delta, f32* adt, i32 H, i32 lddt,
                                 i32 lda, f32 floor, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++)
    for (i32 i = 0; i < H; i += LANES) {
      const vf step = softplus(row_load(dt + (i64)r * lddt, i, H) + row_load(bias, i, H));
      const vf x = row_load(a + (i64)r * lda, i, H), size = select(x < 0.0f, 1.0f / (1.0f - x), 1.0f + x);
      row_store(delta + (i64)r * H, i, H, step);
      row_store(adt + (i64)r * H, i, H, -select(size < floor, splat(floor), size) * step);
    }
}
// ddelta, dadt, ddt, da: (R, H)   range: rows
KERNEL void mamba3_steps_backward(const f32* dt, const f32* a, const f32* bias, const f32* ddelta, const f32* dadt,
                                  f32* ddt, f32* da, i32 H, i32 lddt, i32 lda, i32 ldddt, i32 ldda, f32 floor,
                                  i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++)
    for (i32 i = 0; i < H; i += LANES) {
      const vf raw = row_load(dt + (i64)r * lddt, i, H) + row_load(bias, i, H), step = softplus(raw);
      const vf x = row_load(a + (i64)r * lda, i, H), below = 1.0f / (1.0f - x);
      const vf size = select(x < 0.0f, below, 1.0f + x), slope = select(x < 0.0f, below * below, splat(1.0f));
      const vf grad = row_load(dadt + (i64)r * H, i, H), held = select(size < floor, splat(floor), size);
      row_store(ddt + (i64)r * ldddt, i, H, (row_load(ddelta + (i64)r * H, i, H) - grad * held) * sigmoid(raw));
      row_store(da + (i64)r * ldda, i, H, select(size < floor, (vf){}, -grad * step * slope));
    }
}

// out = Σ_r mimo_o y silu(z mimo_z), over the R ranks of a head. Without z there is no gate; without mimo_z and mimo_o
// both count as ones. y: (rows, H, R, P)   z, out: (rows, H, P)   mimo_z, mimo_o: (H, R, P)   range: rows
KERNEL void rank_gate_forward(const f32* y, OPTIONAL const f32* z, OPTIONAL const f32* mimo_z,
                              OPTIONAL const f32* mimo_o, f32* out, i32 H, i32 R, i32 P, i32 ldz, i32 begin, i32 end) {
  for (i32 row = begin; row < end; row++)
    for (i32 h = 0; h < H; h++)
      for (i32 p = 0; p < P; p += LANES) {
        const vf gate = z ? row_load(z + (i64)row * ldz + h * P, p, P) : (vf){};
        vf total = {};
        for (i32 r = 0; r < R; r++) {
          const i64 at = (h * R + r) * P;
          vf value = row_load(y + (i64)row * H * R * P + at, p, P);
          if (z) value *= silu(mimo_z ? gate * row_load(mimo_z + at, p, P) : gate);
          if (mimo_o) value *= row_load(mimo_o + at, p, P);
          total += value;
        }
        row_store(out + ((i64)row * H + h) * P, p, P, total);
      }
}
// dmimo_z, dmimo_o: (parts, H, R, P), sums over the rows of each part: the caller sums over the parts
// dz: (rows, H, P)   range: parts of `rows` rows
KERNEL void rank_gate_backward(const f32* y, OPTIONAL const f32* z, OPTIONAL const f32* mimo_z,
                               OPTIONAL const f32* mimo_o, const f32* dout, f32* dy, OPTIONAL f32* dz,
                               OPTIONAL f32* dmimo_z, OPTIONAL f32* dmimo_o, i32 count, i32 H, i32 R, i32 P, i32 rows,
                               i32 ldz, i32 lddz, i32 begin, i32 end) {
  const i64 size = (i64)H * R * P;
  for (i32 part = begin; part < end; part++) {
    for (i64 i = 0; i < size; i++) {
      if (dmimo_z) dmimo_z[part * size + i] = 0;
      if (dmimo_o) dmimo_o[part * size + i] = 0;
    }
    for (i32 row = part * rows; row < min((part + 1) * rows, count); row++)
      for (i32 h = 0; h < H; h++)
        for (i32 p = 0; p < P; p += LANES) {
          const vf gate = z ? row_load(z + (i64)row * ldz + h * P, p, P) : (vf){};
          const vf grad = row_load(dout + ((i64)row * H + h) * P, p, P);
          vf dgate = {};
          for (i32 r = 0; r < R; r++) {
            const i64 at = (h * R + r) * P;
            const vf value = row_load(y + row * size + at, p, P), by = mimo_o ? row_load(mimo_o + at, p, P) : splat(1.0f);
            const vf scale = mimo_z ? row_load(mimo_z + at, p, P) : splat(1.0f), raw = gate * scale;
            const vf share = sigmoid(raw), open = z ? raw * share : splat(1.0f);
            const i64 sum_at = part * size + at;
            if (dmimo_o) row_store(dmimo_o + sum_at, p, P, fma(grad * value, open, row_load(dmimo_o + sum_at, p, P)));
            row_store(dy + row * size + at, p, P, grad * by * open);
            const vf draw = grad * by * value * share * (1.0f + raw * (1.0f - share));
            dgate = fma(draw, scale, dgate);
            if (dmimo_z) row_store(dmimo_z + sum_at, p, P, fma(draw, gate, row_load(dmimo_z + sum_at, p, P)));
          }
          if (dz) row_store(dz + (i64)row * lddz + h * P, p, P, dgate);
        }
  }
}
