// Quantiles that cannot cross, around a mixture of given forecasts; and the pinball loss of quantiles.
#include "simd.h"

// With m = Q / 2:  q[m] = x[m] + sum_j gate_j candidate_j,  q[m±i] = q[m±(i-1)] ± softplus(x[m±i] + offset[m±i]).
// raw: (T, J + Q P), the gates before x (Q, P)   candidates: (T, J, P)   offset: (Q)   q: (T, Q, P)   range: T
KERNEL void quantile_forward(const f32* raw, const f32* candidates, const f32* offset, f32* q, i32 J, i32 Q, i32 P,
                             i32 begin, i32 end) {
  const i32 m = Q / 2;
  for (i32 t = begin; t < end; t++) {
    const f32* gates = raw + (i64)t * (J + Q * P);
    const f32* x = gates + J;
    const f32* given = candidates + (i64)t * J * P;
    f32* to = q + (i64)t * Q * P;
    for (i32 p = 0; p < P; p += LANES) {
      const i32 n = min(LANES, P - p);
      vf middle = some(x + m * P + p, n);
      for (i32 j = 0; j < J; j++) middle = fma(splat(gates[j]), some(given + j * P + p, n), middle);
      put_some(to + m * P + p, middle, n);
      vf at = middle;
      for (i32 i = m + 1; i < Q; i++) put_some(to + i * P + p, at += softplus(some(x + i * P + p, n) + offset[i]), n);
      at = middle;
      for (i32 i = m - 1; i >= 0; i--) put_some(to + i * P + p, at -= softplus(some(x + i * P + p, n) + offset[i]), n);
    }
  }
}

// dq: (T, Q, P)   draw: as raw. No gradient goes to the candidates. range: T
KERNEL void quantile_backward(const f32* raw, const f32* candidates, const f32* offset, const f32* dq, f32* draw, i32 J,
                              i32 Q, i32 P, i32 begin, i32 end) {
  const i32 m = Q / 2;
  for (i32 t = begin; t < end; t++) {
    const i64 at = (i64)t * (J + Q * P);
    const f32* x = raw + at + J;
    const f32* given = candidates + (i64)t * J * P;
    const f32* from = dq + (i64)t * Q * P;
    f32* gates = draw + at;
    f32* dx = gates + J;
    for (i32 j = 0; j < J; j++) gates[j] = 0;
    for (i32 p = 0; p < P; p += LANES) {
      const i32 n = min(LANES, P - p);
      vf above = {}, below = {};
      for (i32 i = Q - 1; i > m; i--) {
        above += some(from + i * P + p, n);
        put_some(dx + i * P + p, above * sigmoid(some(x + i * P + p, n) + offset[i]), n);
      }
      for (i32 i = 0; i < m; i++) {
        below += some(from + i * P + p, n);
        put_some(dx + i * P + p, -below * sigmoid(some(x + i * P + p, n) + offset[i]), n);
      }
      const vf middle = above + below + some(from + m * P + p, n);
      put_some(dx + m * P + p, middle, n);
      for (i32 j = 0; j < J; j++) gates[j] += sum(middle * some(given + j * P + p, n));
    }
  }
}

// losses[t] = weight[t] times the mean over p, q of max(tau (y - q), (tau - 1) (y - q)), which is 0 for a target of
// NaN. q: (T, Q, P)   y: (T, P)   weight: (T)   tau: (Q)   range: T
KERNEL void pinball_forward(const f32* q, const f32* y, const f32* weight, const f32* tau, f32* losses, i32 Q, i32 P,
                            i32 begin, i32 end) {
  for (i32 t = begin; t < end; t++) {
    const f32* target = y + (i64)t * P;
    f32 total = 0;
    for (i32 i = 0; i < Q; i++)
      for (i32 p = 0; p < P; p++) {
        const f32 error = target[p] - q[((i64)t * Q + i) * P + p];
        if (error == error) total += error > 0 ? tau[i] * error : (tau[i] - 1) * error;
      }
    losses[t] = total * weight[t] / (Q * P);
  }
}

// dq = scale[0] weight (1[y < q] - tau) / (Q P), and 0 where y is NaN. range: T
KERNEL void pinball_backward(const f32* q, const f32* y, const f32* weight, const f32* tau, const f32* scale, f32* dq,
                             i32 Q, i32 P, i32 begin, i32 end) {
  for (i32 t = begin; t < end; t++) {
    const f32* target = y + (i64)t * P;
    const f32 s = scale[0] * weight[t] / (Q * P);
    for (i32 i = 0; i < Q; i++)
      for (i32 p = 0; p < P; p++) {
        const i64 at = ((i64)t * Q + i) * P + p;
        const f32 y_ = target[p];
        dq[at] = y_ != y_ ? 0 : y_ < q[at] ? s * (1 - tau[i]) : y_ > q[at] ? -s * tau[i] : 0;
      }
  }
}
