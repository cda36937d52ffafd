// Causal depthwise convolution with a filter as long as the input: an LTI model in convolution mode.
//
//   y[t] = sum over j of k[j] u[t-j]
//
// Direct, L / 2 products for each output. Lanes run over channels; LONG_ROWS outputs share what they load.
// j reaches back to the start of the document, age[t] steps at most.
//
// u, y: (B, L, H), row strides   k: (>= L, H)   age: (B, L) or null   lengths: (B) or null
// range: units, B * ceil(H / LONG_BLOCK)
#include "simd.h"

constexpr i32 LONG_BLOCK = 64, LONG_ROWS = 8;

struct LongUnit {
  i32 b, first, last, length;
  INLINE LongUnit(const i32* lengths, i32 L, i32 H, i32 unit) {
    const i32 blocks = ceil_div(H, LONG_BLOCK);
    b = unit / blocks;
    first = unit % blocks * LONG_BLOCK;
    last = min(first + LONG_BLOCK, H);
    length = lengths ? lengths[b] : L;
  }
};

KERNEL void longconv_forward(const f32* u, const f32* k, const i32* age, const i32* lengths, f32* y, i32 L, i32 H,
                             i32 ldu, i32 begin, i32 end) {
  for (i32 unit = begin; unit < end; unit++) {
    const LongUnit v(lengths, L, H, unit);
    const f32* ub = u + (i64)v.b * L * ldu;
    const i32* ages = age ? age + (i64)v.b * L : 0;
    f32* yb = y + (i64)v.b * L * H;
    for (i32 d = v.first; d < v.last; d += LANES) {
      const i32 n = min(LANES, v.last - d);
      for (i32 t0 = 0; t0 < v.length; t0 += LONG_ROWS) {
        const i32 rows = min(LONG_ROWS, v.length - t0);
        vf sum[LONG_ROWS] = {};
        // Inputs from here on belong to the documents of all rows, those before `least` to none.
        i32 least = 0, most = 0;
        if (ages) {
          least = t0;
          for (i32 r = 0; r < rows; r++) {
            const i32 start = max(0, t0 + r - ages[t0 + r]);
            least = min(least, start), most = max(most, start);
          }
        }
        for (i32 s = least; s < t0 + rows; s++) {
          const vf us = some(ub + (i64)s * ldu + d, n);
          const f32* ks = k + (i64)(t0 - s) * H + d;
          if (rows == LONG_ROWS && s <= t0 && s >= most) {
#pragma GCC unroll 8
            for (i32 r = 0; r < LONG_ROWS; r++) sum[r] = fma(us, some(ks + (i64)r * H, n), sum[r]);
          } else {
            for (i32 r = max(0, s - t0); r < rows; r++)
              if (!ages || t0 + r - s <= ages[t0 + r]) sum[r] = fma(us, some(ks + (i64)r * H, n), sum[r]);
          }
        }
        for (i32 r = 0; r < rows; r++) put_some(yb + (i64)(t0 + r) * H + d, sum[r], n);
      }
      for (i32 t = v.length; t < L; t++) put_some(yb + (i64)t * H + d, (vf){}, n);
    }
  }
}

// out[i] = sum over t of dy[t] x[t-i]: with x = k the gradient of u[i], with x = u (OF_FILTER) that of k[i].
template <bool OF_FILTER>
static void longconv_correlate(const f32* dy, const f32* x, const i32* ages, f32* out, i32 length, i32 H, i32 ldx,
                               i32 ldo, i32 n) {
  for (i32 i0 = 0; i0 < length; i0 += LONG_ROWS) {
    const i32 rows = min(LONG_ROWS, length - i0);
    vf sum[LONG_ROWS] = {};
    for (i32 t = i0; t < length; t++) {
      const vf g = some(dy + (i64)t * H, n);
      const f32* xt = x + (i64)(t - i0) * ldx;
      if (!ages && rows == LONG_ROWS && t - i0 >= LONG_ROWS - 1) {
#pragma GCC unroll 8
        for (i32 r = 0; r < LONG_ROWS; r++) sum[r] = fma(g, some(xt - (i64)r * ldx, n), sum[r]);
      } else {
        for (i32 r = 0; r < min(rows, t - i0 + 1); r++)
          if (!ages || (OF_FILTER ? i0 + r : t - i0 - r) <= ages[t])
            sum[r] = fma(g, some(xt - (i64)r * ldx, n), sum[r]);
      }
    }
    for (i32 r = 0; r < rows; r++) put_some(out + (i64)(i0 + r) * ldo, sum[r], n);
  }
}

// dk: (B, L, H): the caller sums over B. du, dk may be null
KERNEL void longconv_backward(const f32* u, const f32* k, const i32* age, const i32* lengths, const f32* dy, f32* du,
                              f32* dk, i32 L, i32 H, i32 ldu, i32 lddu, i32 begin, i32 end) {
  for (i32 unit = begin; unit < end; unit++) {
    const LongUnit v(lengths, L, H, unit);
    const i64 row = (i64)v.b * L;
    const i32* ages = age ? age + row : 0;
    for (i32 d = v.first; d < v.last; d += LANES) {
      const i32 n = min(LANES, v.last - d);
      const f32* g = dy + row * H + d;
      f32 *dud = du ? du + row * lddu + d : 0, *dkd = dk ? dk + row * H + d : 0;
      if (du) longconv_correlate<false>(g, k + d, ages, dud, v.length, H, H, lddu, n);
      if (dk) longconv_correlate<true>(g, u + row * ldu + d, ages, dkd, v.length, H, ldu, H, n);
      for (i32 t = v.length; t < L; t++) {
        if (du) put_some(dud + (i64)t * lddu, (vf){}, n);
        if (dk) put_some(dkd + (i64)t * H, (vf){}, n);
      }
    }
  }
}
