// Rotary embedding (Su et al. 2021): pairs of channels of each head turn by an angle that grows with the position.
//
//   (x, y) ← (x cos a - y sin a, x sin a + y cos a)
//
// The first `dims` channels of a head turn, the others stay. Pairs are (i, i + dims / 2), or (2 i, 2 i + 1).
// x, y: (B, L, H, P)   starts: (B), the position of each row's first step   cosines, sines: (positions, dims / 2)
#include "simd.h"

// Turns the pairs of every head, and with sign = -1 turns them back. range: B * L
KERNEL void rotary_turn(const f32* x, const f32* cosines, const f32* sines, const i32* starts, f32* y, i32 L, i32 H,
                        i32 P, i32 dims, bool interleaved, f32 sign, i32 ldx, i32 ldy, i32 begin, i32 end) {
  const i32 half = dims / 2, apart = interleaved ? 1 : half, step = interleaved ? 2 : 1;
  for (i32 unit = begin; unit < end; unit++) {
    const i64 at = (i64)(starts[unit / L] + unit % L) * half;
    const f32 *c = cosines + at, *s = sines + at;
    for (i32 h = 0; h < H; h++) {
      const f32* from = x + (i64)unit * ldx + h * P;
      f32* to = y + (i64)unit * ldy + h * P;
      i32 i = 0;
      if (!interleaved)
        for (; i + LANES <= half; i += LANES) {
          const vf a = load(from + i), b = load(from + half + i), cs = load(c + i), sn = load(s + i) * sign;
          store(to + i, a * cs - b * sn);
          store(to + half + i, a * sn + b * cs);
        }
      for (; i < half; i++) {
        const f32 a = from[i * step], b = from[i * step + apart], sn = s[i] * sign;
        to[i * step] = a * c[i] - b * sn;
        to[i * step + apart] = a * sn + b * c[i];
      }
      for (i32 p = dims; p < P; p++) to[p] = from[p];
    }
  }
}
