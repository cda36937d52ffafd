// Causal depthwise convolution over time, with the last K inputs as its state.
//
//   y[t] = f(bias + Σⱼ w[K-1-j] x[t-j])      f = SiLU or the identity
//
// x[t-j] before the start comes from the state. It counts as zero if it belongs to an earlier document, that is, if
// j > age[t], the number of steps since the document began.
// Official: causal_conv1d_fn, causal_conv1d_update.
//
// x, y: (B, L, D), row strides ldx, ldy   weight: (D, K)   state: (B, K, D), oldest first
// age: (B, L) or null   lengths: (B) or null   range: B * ceil(D / CONV_BLOCK)
#include "simd.h"

SHARED constexpr i32 CONV_BLOCK = 64;  // channels of one unit
SHARED constexpr i32 CONV_TAPS = 8;    // the longest filter
constexpr i32 CONV_ROWS = 32;
// Rows to prefetch: they are too far apart for the hardware to predict the next one.
constexpr i32 CONV_AHEAD = 8;

// Rows of channels, from x or, before its start, from the state.
struct ConvRows {
  const f32 *x, *state;
  i32 ldx, D, K;
  INLINE const f32* at(i32 t) const {
    if (t >= 0) return x + (i64)t * ldx;
    return state ? state + (i64)(K + t) * D : 0;
  }
  INLINE vf get(i32 t, i32 d, i32 n) const {
    const f32* row = at(t);
    if (!row) return (vf){};
    return n == LANES ? load(row + d) : load_part(row + d, n);
  }
};

// Weights and bias of one vector of channels.
struct ConvTaps {
  vf w[CONV_TAPS], bias;
  ConvTaps() = default;
  ConvTaps(const f32* weight, const f32* from, i32 K, i32 d, i32 n) {
    for (i32 k = 0; k < K; k++) {
      w[k] = (vf){};
      for (i32 i = 0; i < n; i++) w[k][i] = weight[(d + i) * K + k];
    }
    bias = from ? some(from + d, n) : (vf){};
  }
};

template <i32 FIXED>
INLINE vf conv_at(const ConvRows& rows, const vf* w, vf bias, const i32* age, i32 t, i32 d, i32 n) {
  const i32 K = FIXED ? FIXED : rows.K, reach = age ? min(age[t], K - 1) : K - 1;
  vf y = bias;
  if (FIXED && reach == K - 1 && t >= K - 1 && n == LANES) {
    const f32* row = rows.x + (i64)t * rows.ldx + d;
#pragma GCC unroll 8
    for (i32 j = 0; j < FIXED; j++) y = fma(w[K - 1 - j], load(row - (i64)j * rows.ldx), y);
    return y;
  }
  for (i32 j = 0; j <= reach; j++) y = fma(w[K - 1 - j], rows.get(t - j, d, n), y);
  return y;
}

// Whether all taps of the rows from t0 to t1 count, and are in x.
INLINE bool conv_plain(const i32* age, i32 t0, i32 t1, i32 K) {
  if (t0 < K - 1) return false;
  for (i32 t = t0; age && t < t1; t++)
    if (age[t] < K - 1) return false;
  return true;
}

template <i32 FIXED>
static void conv_forward_block(const ConvRows& rows, const f32* weight, const f32* bias, const i32* age, f32* y,
                               f32* last_state, i32 L, i32 ldy, i32 silu_after, i32 from, i32 to) {
  const i32 D = rows.D, K = FIXED ? FIXED : rows.K;
  ConvTaps taps[CONV_BLOCK / LANES];
  for (i32 d = from; d < to; d += LANES) taps[(d - from) / LANES] = ConvTaps(weight, bias, K, d, min(LANES, to - d));
  for (i32 t0 = 0; t0 < L; t0 += CONV_ROWS) {
    const i32 t1 = min(t0 + CONV_ROWS, L);
    const bool plain = FIXED && conv_plain(age, t0, t1, K);
    for (i32 d = from; d < to; d += LANES) {
      const i32 n = min(LANES, to - d);
      const ConvTaps tap = taps[(d - from) / LANES];
      if (plain && n == LANES) {
        vf before[FIXED ? FIXED : 1];
#pragma GCC unroll 8
        for (i32 j = 1; j < FIXED; j++) before[j] = load(rows.x + (i64)(t0 - j) * rows.ldx + d);
        for (i32 t = t0; t < t1; t++) {
          const f32* row = rows.x + (i64)t * rows.ldx + d;
          __builtin_prefetch(row + (i64)CONV_AHEAD * rows.ldx);
          before[0] = load(row);
          vf v = tap.bias;
#pragma GCC unroll 8
          for (i32 j = 0; j < FIXED; j++) v = fma(tap.w[FIXED - 1 - j], before[j], v);
#pragma GCC unroll 8
          for (i32 j = FIXED - 1; j > 0; j--) before[j] = before[j - 1];
          store(y + (i64)t * ldy + d, silu_after ? silu(v) : v);
        }
        continue;
      }
      for (i32 t = t0; t < t1; t++) {
        const vf v = conv_at<FIXED>(rows, tap.w, tap.bias, age, t, d, n);
        put_some(y + (i64)t * ldy + d, silu_after ? silu(v) : v, n);
      }
    }
  }
  if (!last_state) return;
  const i32 reach = age && L > 0 ? min(age[L - 1], K - 1) : K - 1;
  for (i32 j = 0; j < K; j++)
    for (i32 d = from; d < to; d += LANES) {
      const i32 n = min(LANES, to - d);
      store_part(last_state + (i64)(K - 1 - j) * D + d, j > reach ? (vf){} : rows.get(L - 1 - j, d, n), n);
    }
}

// y and the last K inputs of each row, from x and the last K inputs before it. last_state: (B, K, D)
// range: B * ceil(D / CONV_BLOCK)
KERNEL void conv_forward(const f32* x, const f32* weight, OPTIONAL const f32* bias, OPTIONAL const f32* state,
                         OPTIONAL const i32* age, OPTIONAL const i32* lengths, f32* y, OPTIONAL f32* last_state, i32 L,
                         i32 D, i32 K, i32 ldx, i32 ldy, bool silu_after, i32 begin, i32 end) {
  const i32 blocks = ceil_div(D, CONV_BLOCK);
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, from = unit % blocks * CONV_BLOCK, to = min(from + CONV_BLOCK, D);
    const i32 length = lengths ? lengths[b] : L;
    const ConvRows rows = {x + (i64)b * L * ldx, state ? state + (i64)b * K * D : 0, ldx, D, K};
    const i32* ages = age ? age + (i64)b * L : 0;
    f32 *yb = y + (i64)b * L * ldy, *out = last_state ? last_state + (i64)b * K * D : 0;
    if (K == 4) conv_forward_block<4>(rows, weight, bias, ages, yb, out, length, ldy, silu_after, from, to);
    else conv_forward_block<0>(rows, weight, bias, ages, yb, out, length, ldy, silu_after, from, to);
    for (i32 t = length; t < L; t++)
      for (i32 d = from; d < to; d++) yb[(i64)t * ldy + d] = 0;
  }
}

// The sums of one vector of channels. later[j]: the gradient of x[t - j] from the rows already visited.
struct ConvSums {
  vf dw[CONV_TAPS] = {}, later[CONV_TAPS] = {}, db = {};
};

// g[i]: the gradient before f of row t0 + i, for `count` rows. Without SiLU it is dy.
template <i32 FIXED>
static void conv_slopes(const ConvRows& rows, const ConvTaps& tap, const f32* dy, i32 lddy, vf* g, i32 t0, i32 count,
                        i32 d, i32 silu_after) {
  vf before[FIXED];
#pragma GCC unroll 8
  for (i32 j = 1; j < FIXED; j++) before[j] = load(rows.x + (i64)(t0 - j) * rows.ldx + d);
  for (i32 i = 0; i < count; i++) {
    const i64 t = t0 + i;
    // Blocks are visited from the last to the first.
    __builtin_prefetch(rows.x + (t - CONV_ROWS) * rows.ldx + d);
    __builtin_prefetch(dy + (t - CONV_ROWS) * lddy + d);
    before[0] = load(rows.x + t * rows.ldx + d);
    g[i] = load(dy + t * lddy + d);
    if (silu_after) {
      vf v = tap.bias;
#pragma GCC unroll 8
      for (i32 j = 0; j < FIXED; j++) v = fma(tap.w[FIXED - 1 - j], before[j], v);
      const vf s = sigmoid(v);
      g[i] *= s * fma(v, 1.0f - s, splat(1.0f));
    }
#pragma GCC unroll 8
    for (i32 j = FIXED - 1; j > 0; j--) before[j] = before[j - 1];
  }
}
// Visits the same rows from the last to the first: writes dx, adds to the sums.
template <i32 FIXED>
static void conv_gather(const ConvRows& rows, const ConvTaps& tap, const vf* g, f32* dx, i32 lddx, ConvSums& sums,
                        i32 t0, i32 count, i32 d) {
  vf later[FIXED], dw[FIXED], db = sums.db;
#pragma GCC unroll 8
  for (i32 j = 0; j < FIXED; j++) later[j] = sums.later[j], dw[j] = sums.dw[j];
  for (i32 i = count - 1; i >= 0; i--) {
    const i64 t = t0 + i;
    const f32* row = rows.x + t * rows.ldx + d;
    __builtin_prefetch(dx + (t - CONV_ROWS) * lddx + d, 1);
    const vf one = g[i];
    db += one;
#pragma GCC unroll 8
    for (i32 j = 0; j < FIXED; j++) dw[FIXED - 1 - j] = fma(one, load(row - (i64)j * rows.ldx), dw[FIXED - 1 - j]);
    store(dx + t * lddx + d, fma(tap.w[FIXED - 1], one, later[0]));
#pragma GCC unroll 8
    for (i32 j = 1; j < FIXED; j++) later[j - 1] = fma(tap.w[FIXED - 1 - j], one, later[j]);
    later[FIXED - 1] = (vf){};
  }
#pragma GCC unroll 8
  for (i32 j = 0; j < FIXED; j++) sums.later[j] = later[j], sums.dw[j] = dw[j];
  sums.db = db;
}

template <i32 FIXED>
static void conv_backward_block(const ConvRows& rows, const f32* weight, const f32* bias, const i32* age,
                                const f32* dy, const f32* dlast, f32* dx, f32* dweight, f32* dbias,
                                f32* dstate, i32 L, i32 lddy, i32 lddx, i32 silu_after, i32 from, i32 to) {
  const i32 D = rows.D, K = FIXED ? FIXED : rows.K;
  ConvTaps taps[CONV_BLOCK / LANES];
  ConvSums sums[CONV_BLOCK / LANES];
  const i32 kept = age && L > 0 ? min(age[L - 1], K - 1) : K - 1;
  for (i32 d = from; d < to; d += LANES) {
    const i32 n = min(LANES, to - d), block = (d - from) / LANES;
    taps[block] = ConvTaps(weight, bias, K, d, n);
    if (dlast)
      for (i32 j = 0; j <= kept; j++) sums[block].later[j] = load_part(dlast + (i64)(K - 1 - j) * D + d, n);
  }
  for (i32 t1 = L, t0; t1 > 0; t1 = t0) {
    t0 = (t1 - 1) / CONV_ROWS * CONV_ROWS;
    const bool plain = FIXED && conv_plain(age, t0, t1, K);
    for (i32 d = from; d < to; d += LANES) {
      const i32 n = min(LANES, to - d), block = (d - from) / LANES;
      const ConvTaps& tap = taps[block];
      ConvSums& sum = sums[block];
      if constexpr (FIXED != 0)
        if (plain && n == LANES) {
          vf g[CONV_ROWS];
          conv_slopes<FIXED>(rows, tap, dy, lddy, g, t0, t1 - t0, d, silu_after);
          conv_gather<FIXED>(rows, tap, g, dx, lddx, sum, t0, t1 - t0, d);
          continue;
        }
      for (i32 t = t1 - 1; t >= t0; t--) {
        vf g = some(dy + (i64)t * lddy + d, n);
        if (silu_after) {
          const vf v = conv_at<FIXED>(rows, tap.w, tap.bias, age, t, d, n), s = sigmoid(v);
          g *= s * (1.0f + v * (1.0f - s));
        }
        sum.db += g;
        const i32 reach = age ? min(age[t], K - 1) : K - 1;
        for (i32 j = 0; j <= reach; j++) {
          sum.later[j] = fma(tap.w[K - 1 - j], g, sum.later[j]);
          sum.dw[K - 1 - j] = fma(g, rows.get(t - j, d, n), sum.dw[K - 1 - j]);
        }
        put_some(dx + (i64)t * lddx + d, sum.later[0], n);
        for (i32 j = 0; j + 1 < K; j++) sum.later[j] = sum.later[j + 1];
        sum.later[K - 1] = (vf){};
      }
    }
  }
  for (i32 d = from; d < to; d += LANES) {
    const i32 n = min(LANES, to - d);
    const ConvSums& sum = sums[(d - from) / LANES];
    for (i32 j = 0; dstate && j < K; j++) store_part(dstate + (i64)(K - 1 - j) * D + d, sum.later[j], n);
    for (i32 i = 0; i < n; i++) {
      for (i32 k = 0; k < K; k++) dweight[(d + i) * K + k] = sum.dw[k][i];
      if (dbias) dbias[d + i] = sum.db[i];
    }
  }
}

// dweight: (B, D, K), dbias: (B, D): the caller sums over B. range: B * ceil(D / CONV_BLOCK)
KERNEL void conv_backward(const f32* x, const f32* weight, OPTIONAL const f32* bias, OPTIONAL const f32* state,
                          OPTIONAL const i32* age, OPTIONAL const i32* lengths, const f32* dy,
                          OPTIONAL const f32* dlast, f32* dx, f32* dweight, OPTIONAL f32* dbias, OPTIONAL f32* dstate,
                          i32 L, i32 D, i32 K, i32 ldx, i32 lddy, i32 lddx, bool silu_after, i32 begin, i32 end) {
  const i32 blocks = ceil_div(D, CONV_BLOCK);
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, from = unit % blocks * CONV_BLOCK, to = min(from + CONV_BLOCK, D);
    const i32 length = lengths ? lengths[b] : L;
    const i64 kd = (i64)b * K * D;
    const ConvRows rows = {x + (i64)b * L * ldx, state ? state + kd : 0, ldx, D, K};
    const i32* ages = age ? age + (i64)b * L : 0;
    const f32 *dyb = dy + (i64)b * L * lddy, *dso = dlast ? dlast + kd : 0;
    f32 *dxb = dx + (i64)b * L * lddx, *ds = dstate ? dstate + kd : 0;
    f32 *dwb = dweight + kd, *dbb = dbias ? dbias + (i64)b * D : 0;
    if (K == 4)
      conv_backward_block<4>(rows, weight, bias, ages, dyb, dso, dxb, dwb, dbb, ds, length, lddy, lddx, silu_after,
                             from, to);
    else
      conv_backward_block<0>(rows, weight, bias, ages, dyb, dso, dxb, dwb, dbb, ds, length, lddy, lddx, silu_after,
                             from, to);
    for (i32 t = length; t < L; t++)
      for (i32 d = from; d < to; d++) dxb[(i64)t * lddx + d] = 0;
  }
}
