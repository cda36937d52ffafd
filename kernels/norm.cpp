// RMSNorm and LayerNorm over the last axis, with the residual sum that comes before them.
#include "simd.h"

INLINE vf row_load(const f32* p, i32 i, i32 D) { return i + LANES <= D ? load(p + i) : load_part(p + i, D - i); }
INLINE void row_store(f32* p, i32 i, i32 D, vf v) {
  if (i + LANES <= D) store(p + i, v);
  else store_part(p + i, v, D - i);
}

// s = x + residual (or x);  y = (s - mean) * rstd * weight + bias;  mean = 0 for RMSNorm.
// x, residual, s, y: (R, D)   weight, bias: (D)   stats: (R, 2) = mean, rstd   range: rows
// residual, bias and s may be null (s only where residual is).
KERNEL void norm_forward(const f32* x, const f32* residual, const f32* weight, const f32* bias, f32* s, f32* y,
                         f32* stats, i32 D, f32 eps, i32 centred, i32 begin, i32 end) {
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
// Weight and bias gradients come as sums over the rows of each part: dweight, dbias: (parts, D).
// dres and dbias may be null. range: parts of `size` rows
KERNEL void norm_backward(const f32* s, const f32* weight, const f32* stats, const f32* dy, const f32* dres, f32* ds,
                          f32* dweight, f32* dbias, i32 R, i32 D, i32 size, i32 centred, i32 begin, i32 end) {
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
