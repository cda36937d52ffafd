// AdamW (Loshchilov & Hutter 2019), as torch.optim.AdamW computes it.
#include "simd.h"

// p ← p (1 - lr decay) - lr m̂ / (√v̂ + eps), where g is multiplied by `scale` first (clipping, accumulation).
// step1 = 1 - beta1^t, step2 = sqrt(1 - beta2^t)   range: elements
KERNEL void adamw(f32* p, const f32* g, f32* m, f32* v, f32 scale, f32 lr, f32 beta1, f32 beta2, f32 eps, f32 decay,
                  f32 step1, f32 step2, i32 begin, i32 end) {
  for (i32 i = begin; i < end; i += LANES) {
    const i32 n = min(LANES, end - i);
    const bool whole = n == LANES;
    const vf gi = scale * (whole ? load(g + i) : load_part(g + i, n));
    vf mi = whole ? load(m + i) : load_part(m + i, n);
    vf vi_ = whole ? load(v + i) : load_part(v + i, n);
    vf pi = whole ? load(p + i) : load_part(p + i, n);
    mi = beta1 * mi + (1.0f - beta1) * gi;
    vi_ = beta2 * vi_ + (1.0f - beta2) * gi * gi;
    vf root = vi_;
    for (i32 j = 0; j < LANES; j++) root[j] = __builtin_sqrtf(root[j]);
    pi = pi * (1.0f - lr * decay) - (lr / step1) * mi / (root / step2 + eps);
    if (whole) store(m + i, mi), store(v + i, vi_), store(p + i, pi);
    else store_part(m + i, mi, n), store_part(v + i, vi_, n), store_part(p + i, pi, n);
  }
}
