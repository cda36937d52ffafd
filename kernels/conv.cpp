// Causal depthwise convolution over time, with the last K inputs as its state.
//
//   y[t] = f(bias + Σⱼ w[K-1-j] x[t-j])      f = SiLU or the identity
//
// x[t-j] before the start comes from the state; it counts as zero where it belongs to an earlier
// document, that is where j > age[t], the number of steps since the document began.
// Official: causal_conv1d_fn, causal_conv1d_update.
//
// x, y: (B, L, D), row strides ldx, ldy   weight: (D, K)   state: (B, K, D), oldest first
// age: (B, L) or null   lengths: (B) or null   range: B * ceil(D / CONV_BLOCK)
#include "simd.h"

constexpr i32 CONV_BLOCK = 64, CONV_TAPS = 8, CONV_ROWS = 32;

EXPORT i32 conv_block() { return CONV_BLOCK; }

// One row of channels, from x or, before its start, from the state.
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

INLINE void conv_weights(const f32* weight, vf* w, i32 K, i32 d, i32 n) {
  for (i32 k = 0; k < K; k++) {
    w[k] = (vf){};
    for (i32 i = 0; i < n; i++) w[k][i] = weight[(d + i) * K + k];
  }
}

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

template <i32 FIXED>
static void conv_forward_block(const ConvRows& rows, const f32* weight, const f32* bias, const i32* age, f32* y,
                               f32* state_out, i32 L, i32 ldy, i32 silu_after, i32 from, i32 to) {
  const i32 D = rows.D, K = FIXED ? FIXED : rows.K;
  for (i32 t0 = 0; t0 < L; t0 += CONV_ROWS)
    for (i32 d = from; d < to; d += LANES) {
      const i32 n = min(LANES, to - d);
      vf w[CONV_TAPS];
      conv_weights(weight, w, K, d, n);
      const vf b = !bias ? (vf){} : n == LANES ? load(bias + d) : load_part(bias + d, n);
      for (i32 t = t0; t < min(t0 + CONV_ROWS, L); t++) {
        vf v = conv_at<FIXED>(rows, w, b, age, t, d, n);
        if (silu_after) v = silu(v);
        if (n == LANES) store(y + (i64)t * ldy + d, v);
        else store_part(y + (i64)t * ldy + d, v, n);
      }
    }
  if (!state_out) return;
  const i32 reach = age && L > 0 ? min(age[L - 1], K - 1) : K - 1;
  for (i32 j = 0; j < K; j++)
    for (i32 d = from; d < to; d += LANES) {
      const i32 n = min(LANES, to - d);
      store_part(state_out + (i64)(K - 1 - j) * D + d, j > reach ? (vf){} : rows.get(L - 1 - j, d, n), n);
    }
}

KERNEL void conv_forward(const f32* x, const f32* weight, const f32* bias, const f32* state, const i32* age,
                         const i32* lengths, f32* y, f32* state_out, i32 L, i32 D, i32 K, i32 ldx, i32 ldy,
                         i32 silu_after, i32 begin, i32 end) {
  const i32 blocks = ceil_div(D, CONV_BLOCK);
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, from = unit % blocks * CONV_BLOCK, to = min(from + CONV_BLOCK, D);
    const i32 length = lengths ? lengths[b] : L;
    const ConvRows rows = {x + (i64)b * L * ldx, state ? state + (i64)b * K * D : 0, ldx, D, K};
    const i32* ages = age ? age + (i64)b * L : 0;
    f32 *yb = y + (i64)b * L * ldy, *out = state_out ? state_out + (i64)b * K * D : 0;
    if (K == 4) conv_forward_block<4>(rows, weight, bias, ages, yb, out, length, ldy, silu_after, from, to);
    else conv_forward_block<0>(rows, weight, bias, ages, yb, out, length, ldy, silu_after, from, to);
    for (i32 t = length; t < L; t++)
      for (i32 d = from; d < to; d++) yb[(i64)t * ldy + d] = 0;
  }
}

template <i32 FIXED>
static void conv_backward_block(const ConvRows& rows, const f32* weight, const f32* bias, const i32* age,
                                const f32* dy, const f32* dstate_out, f32* dx, f32* dweight, f32* dbias,
                                f32* dstate, i32 L, i32 lddy, i32 lddx, i32 silu_after, i32 from, i32 to) {
  const i32 D = rows.D, K = FIXED ? FIXED : rows.K;
  for (i32 d = from; d < to; d += LANES) {
    const i32 n = min(LANES, to - d);
    vf w[CONV_TAPS], dw[CONV_TAPS], later[CONV_TAPS], db = {};
    conv_weights(weight, w, K, d, n);
    for (i32 k = 0; k < K; k++) dw[k] = later[k] = (vf){};
    const vf b = !bias ? (vf){} : n == LANES ? load(bias + d) : load_part(bias + d, n);
    const i32 kept = age && L > 0 ? min(age[L - 1], K - 1) : K - 1;
    // later[j] gathers what reaches x[t - j] from the rows already walked, the newest state first.
    if (dstate_out)
      for (i32 j = 0; j <= kept; j++) later[j] = load_part(dstate_out + (i64)(K - 1 - j) * D + d, n);
    for (i32 t = L - 1; t >= -K; t--) {
      if (t < 0 && !dstate) break;
      if (t >= 0) {
        const f32* dyt = dy + (i64)t * lddy + d;
        vf g = n == LANES ? load(dyt) : load_part(dyt, n);
        if (silu_after) {
          const vf v = conv_at<FIXED>(rows, w, b, age, t, d, n), s = sigmoid(v);
          g *= s * (1.0f + v * (1.0f - s));
        }
        db += g;
        const i32 reach = age ? min(age[t], K - 1) : K - 1;
        for (i32 j = 0; j <= reach; j++) {
          later[j] = fma(w[K - 1 - j], g, later[j]);
          dw[K - 1 - j] = fma(g, rows.get(t - j, d, n), dw[K - 1 - j]);
        }
        f32* dxt = dx + (i64)t * lddx + d;
        if (n == LANES) store(dxt, later[0]);
        else store_part(dxt, later[0], n);
      } else store_part(dstate + (i64)(K + t) * D + d, later[0], n);
      for (i32 j = 0; j + 1 < K; j++) later[j] = later[j + 1];
      later[K - 1] = (vf){};
    }
    for (i32 i = 0; i < n; i++) {
      for (i32 k = 0; k < K; k++) dweight[(d + i) * K + k] = dw[k][i];
      if (dbias) dbias[d + i] = db[i];
    }
  }
}

// dweight: (B, D, K), dbias: (B, D): the caller sums over B. dstate_out, dstate, dbias may be null.
KERNEL void conv_backward(const f32* x, const f32* weight, const f32* bias, const f32* state, const i32* age,
                          const i32* lengths, const f32* dy, const f32* dstate_out, f32* dx, f32* dweight, f32* dbias,
                          f32* dstate, i32 L, i32 D, i32 K, i32 ldx, i32 lddy, i32 lddx, i32 silu_after, i32 begin,
                          i32 end) {
  const i32 blocks = ceil_div(D, CONV_BLOCK);
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, from = unit % blocks * CONV_BLOCK, to = min(from + CONV_BLOCK, D);
    const i32 length = lengths ? lengths[b] : L;
    const i64 kd = (i64)b * K * D;
    const ConvRows rows = {x + (i64)b * L * ldx, state ? state + kd : 0, ldx, D, K};
    const i32* ages = age ? age + (i64)b * L : 0;
    const f32 *dyb = dy + (i64)b * L * lddy, *dso = dstate_out ? dstate_out + kd : 0;
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
