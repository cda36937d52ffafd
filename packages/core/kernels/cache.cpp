// The cache of keys and values, (n, B, W): for each step one row of W = 2 G P floats of every sequence.
#include "simd.h"

INLINE void copy_floats(const f32* from, f32* to, i32 n) {
  for (i32 i = 0; i < n; i++) to[i] = from ? from[i] : 0;
}

// Writes the keys and values of new steps behind those of the steps before. k, v: (B, L, half), half = W / 2
// place: (B, 2): the row of the first step, and the number of steps before the new ones   range: B * L
KERNEL void cache_append(const f32* k, const f32* v, const i32* place, OPTIONAL const i32* lengths, f32* cache, i32 B,
                         i32 L, i32 half, i32 ldk, i32 ldv, i32 begin, i32 end) {
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / L, t = unit % L;
    if (lengths && t >= lengths[b]) continue;
    f32* to = cache + ((i64)(place[2 * b] + place[2 * b + 1] + t) * B + b) * 2 * half;
    copy_floats(k + (i64)unit * ldk, to, half);
    copy_floats(v + (i64)unit * ldv, to + half, half);
  }
}
// dk and dv of the steps that were appended, and zeros in the padding. range: B * L
KERNEL void cache_append_backward(const f32* dcache, const i32* place, OPTIONAL const i32* lengths, f32* dk, f32* dv,
                                  i32 B, i32 L, i32 half, i32 lddk, i32 lddv, i32 begin, i32 end) {
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / L, t = unit % L;
    const f32* from = dcache + ((i64)(place[2 * b] + place[2 * b + 1] + t) * B + b) * 2 * half;
    const bool padding = lengths && t >= lengths[b];
    copy_floats(padding ? 0 : from, dk + (i64)unit * lddk, half);
    copy_floats(padding ? 0 : from + half, dv + (i64)unit * lddv, half);
  }
}
// Copies the steps of each sequence to another place, and writes zeros to all other steps of `to`, which has n.
// Steps are step_from and step_to floats apart, sequences row_from and row_to floats.
// plan: (B, 3): the first step, its place in `to`, and the number of steps   range: n * B
KERNEL void cache_move(const f32* from, const i32* plan, f32* to, i32 B, i32 W, f64 step_from, f64 row_from,
                       f64 step_to, f64 row_to, i32 begin, i32 end) {
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit % B, e = unit / B - plan[3 * b + 1];
    const bool held = e >= 0 && e < plan[3 * b + 2];
    copy_floats(held ? from + (plan[3 * b] + e) * (i64)step_from + b * (i64)row_from : 0,
                to + (unit / B) * (i64)step_to + b * (i64)row_to, W);
  }
}
