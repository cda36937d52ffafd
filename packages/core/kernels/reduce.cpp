// Sums over axes.
#include "simd.h"

// Units of reduce_sum.
EXPORT i32 reduce_units(i32 K0, i32 K1, i32 k1) { return K0 * (k1 == 1 ? ceil_div(K1, LANES) : K1); }

// y[k0, k1] = scale * the sum of x over the axes (R0, R1, R2). Each axis has a stride in x: k0, k1, r0, r1, r2.
// y: contiguous (K0, K1)   range: reduce_units(K0, K1, k1), an output each, or LANES of them where k1 is 1
KERNEL void reduce_sum(const f32* x, f32* y, f32 scale, i32 K1, i32 k0, i32 k1, i32 R0, i32 R1, i32 R2, i32 r0, i32 r1,
                       i32 r2, i32 begin, i32 end) {
  if (k1 == 1) {
    // Lanes over outputs: no horizontal sums.
    const i32 blocks = ceil_div(K1, LANES);
    for (i32 block = begin; block < end; block++) {
      const i32 i0 = block / blocks, i1 = block % blocks * LANES, n = min(LANES, K1 - i1);
      const f32* from = x + (i64)i0 * k0 + i1;
      vf s = {};
      for (i32 a = 0; a < R0; a++)
        for (i32 b = 0; b < R1; b++)
          for (i32 c = 0; c < R2; c++) {
            const f32* p = from + (i64)a * r0 + (i64)b * r1 + (i64)c * r2;
            s += n == LANES ? load(p) : load_part(p, n);
          }
      s *= scale;
      f32* to = y + (i64)i0 * K1 + i1;
      if (n == LANES) store(to, s);
      else store_part(to, s, n);
    }
    return;
  }
  for (i32 i = begin; i < end; i++) {
    const f32* from = x + (i64)(i / K1) * k0 + (i64)(i % K1) * k1;
    vf s = {};
    f32 rest = 0;
    for (i32 a = 0; a < R0; a++)
      for (i32 b = 0; b < R1; b++) {
        const f32* p = from + (i64)a * r0 + (i64)b * r1;
        i32 c = 0;
        if (r2 == 1)
          for (; c + LANES <= R2; c += LANES) s += load(p + c);
        for (; c < R2; c++) rest += p[(i64)c * r2];
      }
    y[i] = scale * (sum(s) + rest);
  }
}

// parts[i] = the sum of part i of x, or of its squares, in a fixed order. x: (n)   range: parts of `size` values
KERNEL void sum_parts(const f32* x, f32* parts, i32 n, i32 size, bool squares, i32 begin, i32 end) {
  for (i32 part = begin; part < end; part++) {
    const i32 from = part * size, to = min(from + size, n);
    vf s[4] = {};
    i32 i = from;
    for (; i + 4 * LANES <= to; i += 4 * LANES)
      for (i32 c = 0; c < 4; c++) {
        const vf v = load(x + i + c * LANES);
        s[c] = squares ? fma(v, v, s[c]) : s[c] + v;
      }
    f32 rest = 0;
    for (; i < to; i++) rest += squares ? x[i] * x[i] : x[i];
    parts[part] = sum((s[0] + s[1]) + (s[2] + s[3])) + rest;
  }
}
