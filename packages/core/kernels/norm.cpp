// RMSNorm and LayerNorm over the last axis, after the sum with the residual, and RMSNorm with a gate.
#include "simd.h"

INLINE vf row_load(const f32* p, i32 i, i32 D) { return i + LANES <= D ? load(p + i) : load_part(p + i, D - i); }
INLINE void row_store(f32* p, i32 i, i32 D, vf v) {
  if (i + LANES <= D) store(p + i, v);
  else store_part(p + i, v, D - i);
}

// s = x + residual (or x);  y = (s - mean) * rstd * weight + bias;  mean = 0 for RMSNorm.
// x, residual, s, y: (R, D)   weight, bias: (D)   stats: (R, 2) = mean, rstd   range: rows
// s may be null if residual is.
KERNEL void norm_forward(const f32* x, OPTIONAL const f32* residual, const f32* weight, OPTIONAL const f32* bias,
                         OPTIONAL f32* s, f32* y, f32* stats, i32 D, f32 eps, bool centred, i32 begin, i32 end) {
  for (i32 r = begin; r < end; r++) {
    const f32* xr = x + (i64)r * D;
    const f32* from = xr;
    if (residual) {
      f32* sr = s + (i64)r * D;
      for (i32 i = 0; i < D; i += LANES) row_store(sr, i, D, row_load(xr, i, D) + row_load(residual + (i64)r * D, i, D));
      from = sr;
    }
    f32 mean = 0;
    if (centred) {
      vf total = {};
      for (i32 i = 0; i < D; i += LANES) total += row_load(from, i, D);
      mean = sum(total) / (f32)D;
    }
    vf squares = {};
    for (i32 i = 0; i < D; i += LANES) {
      vf v = row_load(from, i, D) - mean;
      if (centred && i + LANES > D)
        for (i32 j = D - i; j < LANES; j++) v[j] = 0;
      squares = fma(v, v, squares);
    }
    const f32 rstd = 1.0f / __builtin_sqrtf(sum(squares) / (f32)D + eps);
    f32* yr = y + (i64)r * D;
    for (i32 i = 0; i < D; i += LANES) {
      vf v = (row_load(from, i, D) - mean) * rstd * row_load(weight, i, D);
      if (bias) v += row_load(bias, i, D);
      row_store(yr, i, D, v);
    }
    stats[2 * r] = mean;
    stats[2 * r + 1] = rstd;
  }
}

// ds = rstd (g - mean(g) - n mean(g n)) + dres with g = dy weight, n the normed row.
// dweight, dbias: (parts, D), sums over the rows of each part: the caller sums over the parts.
// range: parts of `size` rows
KERNEL void norm_backward(const f32* s, const f32* weight, const f32* stats, const f32* dy, OPTIONAL const f32* dres,
                          f32* ds, f32* dweight, OPTIONAL f32* dbias, i32 R, i32 D, i32 size, bool centred, i32 begin,
                          i32 end) {
  for (i32 part = begin; part < end; part++) {
    f32* dw = dweight + (i64)part * D;
    f32* db = dbias ? dbias + (i64)part * D : 0;
    for (i32 i = 0; i < D; i++) dw[i] = 0;
    if (db)
      for (i32 i = 0; i < D; i++) db[i] = 0;
    for (i32 r = part * size; r < min((part + 1) * size, R); r++) {
      const f32 *sr = s + (i64)r * D, *dyr = dy + (i64)r * D;
      const f32 mean = stats[2 * r], rstd = stats[2 * r + 1];
      vf sum_g = {}, sum_gn = {};
      for (i32 i = 0; i < D; i += LANES) {
        const vf d = row_load(dyr, i, D), n = (row_load(sr, i, D) - mean) * rstd, g = d * row_load(weight, i, D);
        sum_g += g;
        sum_gn = fma(g, n, sum_gn);
        row_store(dw, i, D, row_load(dw, i, D) + d * n);
        if (db) row_store(db, i, D, row_load(db, i, D) + d);
      }
      const f32 mean_g = centred ? sum(sum_g) / (f32)D : 0, mean_gn = sum(sum_gn) / (f32)D;
      for (i32 i = 0; i < D; i += LANES) {
        const vf n = (row_load(sr, i, D) - mean) * rstd, g = row_load(dyr, i, D) * row_load(weight, i, D);
        vf v = rstd * (g - mean_g - n * mean_gn);
        if (dres) v += row_load(dres + (i64)r * D, i, D);
        row_store(ds + (i64)r * D, i, D, v);
      }
    }
  }
}

// RMSNorm with a gate, over groups of the last axis (Mamba-2's RMSNormGated, rmsnorm_fn with z).
//
//   after the gate:   s = x silu(z)     y = s / sqrt(mean(s^2) + eps) weight
//   before the gate:  y = x / sqrt(mean(x^2) + eps) weight silu(z)
//
// x, z, y: (R, D)   weight: (D)   rstd: (R, D / size), of each group of `size` values   range: rows
KERNEL void gated_norm_forward(const f32* x, const f32* z, const f32* weight, f32* y, f32* rstd, i32 D, i32 size,
                               i32 ldx, i32 ldz, f32 eps, bool before, i32 begin, i32 end) {
  const i32 groups = D / size;
  for (i32 r = begin; r < end; r++)
    for (i32 g = 0; g < groups; g++) {
      const f32 *xg = x + (i64)r * ldx + g * size, *zg = z + (i64)r * ldz + g * size, *w = weight + g * size;
      f32* yg = y + (i64)r * D + g * size;
      vf squares = {};
      for (i32 i = 0; i < size; i += LANES) {
        const vf v = row_load(xg, i, size), gate = silu(row_load(zg, i, size));
        const vf s = before ? v : v * gate;
        squares = fma(s, s, squares);
        row_store(yg, i, size, (before ? s * gate : s) * row_load(w, i, size));
      }
      const f32 scale = 1.0f / __builtin_sqrtf(sum(squares) / (f32)size + eps);
      for (i32 i = 0; i < size; i += LANES) row_store(yg, i, size, row_load(yg, i, size) * scale);
      rstd[(i64)r * groups + g] = scale;
    }
}

// With n the normed value and g its gradient:  ds = rstd (g - n mean(g n)).
// dweight: (parts, D), sums over the rows of each part: the caller sums over the parts   range: parts of `rows` rows
KERNEL void gated_norm_backward(const f32* x, const f32* z, const f32* weight, const f32* rstd, const f32* dy, f32* dx,
                                f32* dz, f32* dweight, i32 R, i32 D, i32 size, i32 rows, i32 ldx, i32 ldz, i32 lddy,
                                i32 lddx, i32 lddz, bool before, i32 begin, i32 end) {
  const i32 groups = D / size;
  for (i32 part = begin; part < end; part++) {
    f32* dw_part = dweight + (i64)part * D;
    for (i32 i = 0; i < D; i++) dw_part[i] = 0;
    for (i32 r = part * rows; r < min((part + 1) * rows, R); r++)
      for (i32 group = 0; group < groups; group++) {
        const i32 at = group * size;
        const f32 *xg = x + (i64)r * ldx + at, *zg = z + (i64)r * ldz + at, *w = weight + at;
        const f32* dyg = dy + (i64)r * lddy + at;
        f32 *dxg = dx + (i64)r * lddx + at, *dzg = dz + (i64)r * lddz + at, *dw = dw_part + at;
        const f32 scale = rstd[(i64)r * groups + group];
        // For the second loop: n is kept in dx, sigmoid(z) in dz.
        vf products = {};
        for (i32 i = 0; i < size; i += LANES) {
          const vf v = row_load(xg, i, size), zv = row_load(zg, i, size), d = row_load(dyg, i, size);
          const vf share = sigmoid(zv), gate = zv * share;
          const vf n = (before ? v : v * gate) * scale, dn = before ? d * gate : d;
          row_store(dw, i, size, fma(dn, n, row_load(dw, i, size)));
          products = fma(dn * row_load(w, i, size), n, products);
          row_store(dxg, i, size, n);
          row_store(dzg, i, size, share);
        }
        const f32 mean = sum(products) / (f32)size;
        for (i32 i = 0; i < size; i += LANES) {
          const vf v = row_load(xg, i, size), zv = row_load(zg, i, size), d = row_load(dyg, i, size);
          const vf n = row_load(dxg, i, size), share = row_load(dzg, i, size);
          const vf gate = zv * share, slope = share * (1.0f + zv * (1.0f - share)), wide = d * row_load(w, i, size);
          const vf ds = scale * ((before ? wide * gate : wide) - n * mean);
          row_store(dxg, i, size, before ? ds : ds * gate);
          row_store(dzg, i, size, (before ? wide * n : ds * v) * slope);
        }
      }
  }
}
