// Cross-entropy of logits against target indices.
#include "simd.h"

// losses[r] = logsumexp(logits[r]) - logits[r, target], and 0 if target < 0 (ignored).
// logits: (R, V)   lse: (R)   range: rows
KERNEL void cross_entropy_forward(const f32* logits, const i32* targets, f32* losses, f32* lse, i32 V, i32 begin,
                                  i32 end) {
  for (i32 r = begin; r < end; r++) {
    const f32* x = logits + (i64)r * V;
    f32 m = x[0];
    vf top = splat(m);
    i32 i = 0;
    for (; i + LANES <= V; i += LANES) top = maximum(top, load(x + i));
    m = largest(top);
    for (; i < V; i++) m = x[i] > m ? x[i] : m;
    vf total = {};
    for (i = 0; i < V; i += LANES) {
      const i32 n = min(LANES, V - i);
      vf e = exp((n == LANES ? load(x + i) : load_part(x + i, n)) - m);
      for (i32 j = n; j < LANES; j++) e[j] = 0;
      total += e;
    }
    lse[r] = m + log(splat(sum(total)))[0];
    losses[r] = targets[r] < 0 ? 0 : lse[r] - x[targets[r]];
  }
}

// dlogits = scale[0] / divisor (softmax - onehot), and 0 for ignored rows. range: rows
KERNEL void cross_entropy_backward(const f32* logits, const i32* targets, const f32* lse, const f32* scale,
                                   f32* dlogits, f32 divisor, i32 V, i32 begin, i32 end) {
  const f32 s = scale[0] / divisor;
  for (i32 r = begin; r < end; r++) {
    const f32* x = logits + (i64)r * V;
    f32* to = dlogits + (i64)r * V;
    const f32 factor = targets[r] < 0 ? 0 : s;
    for (i32 i = 0; i < V; i += LANES) {
      const i32 n = min(LANES, V - i);
      const vf p = factor == 0 ? (vf){} : factor * exp((n == LANES ? load(x + i) : load_part(x + i, n)) - lse[r]);
      if (n == LANES) store(to + i, p);
      else store_part(to + i, p, n);
    }
    if (targets[r] >= 0) to[targets[r]] -= factor;
  }
}
