// RWKV-4's WKV recurrence, forward and backward: an average of the values so far, with weights that decay.
//
//   y = (A + e^(u+k) v) / (B + e^(u+k))        A <- e^w A + e^k v        B <- e^w B + e^k
//
// A and B are stored as aa e^pp and bb e^pp with pp the largest exponent so far, so that no exp overflows.
// Official: WKV of BlinkDL/RWKV-LM (cuda/wkv_cuda.cu), time_mixing of RWKV_in_150_lines.py.
//
// Lanes run over channels. The forward keeps the state before every WKV_CHUNK steps (borders), the backward recomputes
// from there.
//
// k, v, y, dy: (B, L, D)   w, u: (D)   aa, bb, pp: (B, D), null at the start of a sequence
// borders: (B, ceil(L / WKV_CHUNK), 3, D)   age: (B, L)   lengths: (B)
// range: B * ceil(D / WKV_BLOCK)
#include "simd.h"

SHARED constexpr i32 WKV_BLOCK = 64;  // channels of one unit
SHARED constexpr i32 WKV_CHUNK = 32;  // steps between two kept states
// pp before the first step, as in the official kernel.
constexpr f32 WKV_EMPTY = -1e38f;

struct WkvState {
  vf aa, bb, pp;
};
INLINE WkvState wkv_start() { return {(vf){}, (vf){}, splat(WKV_EMPTY)}; }

template <bool WHOLE>
INLINE WkvState wkv_take(const f32* aa, const f32* bb, const f32* pp, i32 n) {
  return aa ? WkvState{take<WHOLE>(aa, n), take<WHOLE>(bb, n), take<WHOLE>(pp, n)} : wkv_start();
}
template <bool WHOLE>
INLINE void wkv_put(const WkvState& s, f32* aa, f32* bb, f32* pp, i32 n) {
  put<WHOLE>(aa, s.aa, n);
  put<WHOLE>(bb, s.bb, n);
  put<WHOLE>(pp, s.pp, n);
}

// e^x and e^y divided by the larger of the two: one of them is 1.
struct WkvPair {
  vf a, b;
  vi first;
  INLINE WkvPair(vf x, vf y) {
    const vf d = x - y, e = exp(minus_abs(d));
    first = d > 0.0f;
    a = select(first, splat(1.0f), e);
    b = select(first, e, splat(1.0f));
  }
};

INLINE void wkv_advance(WkvState& s, vf k, vf v, vf w) {
  const vf decayed = s.pp + w;
  const WkvPair e(decayed, k);
  s.aa = fma(e.a, s.aa, e.b * v);
  s.bb = fma(e.a, s.bb, e.b);
  s.pp = maximum(decayed, k);
}

// One unit: a block of channels of one row.
struct WkvUnit {
  i32 b, from, to, length;
  INLINE WkvUnit(const i32* lengths, i32 unit, i32 L, i32 D) {
    const i32 blocks = ceil_div(D, WKV_BLOCK);
    b = unit / blocks;
    from = unit % blocks * WKV_BLOCK;
    to = min(from + WKV_BLOCK, D);
    length = lengths ? lengths[b] : L;
  }
};

// `steps` steps of one vector of channels, k, v, y at the first of them.
template <bool WHOLE>
static void wkv_forward_chunk(WkvState& s, const f32* k, const f32* v, vf w, vf u, const i32* age, f32* y, i32 steps,
                              i32 D, i32 ldk, i32 ldv, i32 n) {
  for (i32 t = 0; t < steps; t++) {
    if (age && age[t] == 0) s = wkv_start();
    const vf kt = take<WHOLE>(k + (i64)t * ldk, n), vt = take<WHOLE>(v + (i64)t * ldv, n);
    const WkvPair e(s.pp, u + kt);
    put<WHOLE>(y + (i64)t * D, fma(e.a, s.aa, e.b * vt) / fma(e.a, s.bb, e.b), n);
    wkv_advance(s, kt, vt, w);
  }
}

// y and the last state, and, for the backward, borders. range: B * ceil(D / WKV_BLOCK)
KERNEL void wkv_forward(const f32* k, const f32* v, const f32* w, const f32* u, OPTIONAL const f32* aa,
                        OPTIONAL const f32* bb, OPTIONAL const f32* pp, OPTIONAL const i32* age,
                        OPTIONAL const i32* lengths, f32* y, f32* last_aa, f32* last_bb, f32* last_pp,
                        OPTIONAL f32* borders, i32 L, i32 D, i32 ldk, i32 ldv, i32 begin, i32 end) {
  const i64 chunks = ceil_div(L, WKV_CHUNK);
  for (i32 unit = begin; unit < end; unit++) {
    const WkvUnit at(lengths, unit, L, D);
    const i64 row = (i64)at.b * D;
    // At least once: the last state of a row without steps is its first state.
    for (i32 t0 = 0; t0 == 0 || t0 < at.length; t0 += WKV_CHUNK) {
      const i64 first = (i64)at.b * L + t0;
      const i32 steps = min(WKV_CHUNK, at.length - t0);
      const f32* a = t0 ? last_aa + row : aa ? aa + row : 0;
      const f32 *b = t0 ? last_bb + row : bb + row, *p = t0 ? last_pp + row : pp + row;
      f32* border = borders && steps > 0 ? borders + (at.b * chunks + t0 / WKV_CHUNK) * 3 * D : 0;
      for (i32 d = at.from; d < at.to; d += LANES) {
        const i32 n = min(LANES, at.to - d);
        const auto walk = [&]<bool WHOLE>() {
          WkvState s = wkv_take<WHOLE>(a ? a + d : 0, b + d, p + d, n);
          if (border) wkv_put<WHOLE>(s, border + d, border + D + d, border + 2 * D + d, n);
          wkv_forward_chunk<WHOLE>(s, k + first * ldk + d, v + first * ldv + d, take<WHOLE>(w + d, n),
                                   take<WHOLE>(u + d, n), age ? age + first : 0, y + first * D + d, steps, D, ldk, ldv,
                                   n);
          wkv_put<WHOLE>(s, last_aa + row + d, last_bb + row + d, last_pp + row + d, n);
        };
        if (n == LANES) walk.template operator()<true>();
        else walk.template operator()<false>();
      }
    }
    clear_rows(y + (i64)at.b * L * D + at.from, D, at.length, L, at.to - at.from);
  }
}

// Gradients from later steps to earlier ones. Later steps depend only on aa e^pp and bb e^pp, so the gradient of pp is
// aa daa + bb dbb, plus `own`, the part from a loss on the last state itself.
struct WkvGrads {
  vf aa, bb, own, w, u;
};
struct WkvChunk {
  const f32 *k, *v, *dy;
  const i32* age;
  f32 *dk, *dv;
  i32 steps, D, ldk, ldv, lddk, lddv;
};

template <bool WHOLE>
static void wkv_backward_chunk(WkvGrads& g, const WkvChunk& x, const WkvState& border, vf w, vf u, const vf* dlast,
                                   i32 n) {
  WkvState states[WKV_CHUNK], s = border;
  for (i32 t = 0; t < x.steps; t++) {
    if (x.age && x.age[t] == 0) s = wkv_start();
    states[t] = s;
    wkv_advance(s, take<WHOLE>(x.k + (i64)t * x.ldk, n), take<WHOLE>(x.v + (i64)t * x.ldv, n), w);
  }
  if (dlast) {
    g.aa = dlast[0];
    g.bb = dlast[1];
    g.own = dlast[2] - (s.aa * g.aa + s.bb * g.bb);
  }
  for (i32 t = x.steps - 1; t >= 0; t--) {
    s = states[t];
    const vf k = take<WHOLE>(x.k + (i64)t * x.ldk, n), v = take<WHOLE>(x.v + (i64)t * x.ldv, n);
    const WkvPair e(s.pp, u + k), f(s.pp + w, k);
    const vf below = 1.0f / fma(e.a, s.bb, e.b), y = fma(e.a, s.aa, e.b * v) * below;
    const vf dy = take<WHOLE>(x.dy + (i64)t * x.D, n) * below, bonus = e.b * (v - y) * dy;
    // The gradients of the exponents of the old state and of the new value. `own` belongs to the larger exponent.
    const vf dold = f.a * (g.aa * s.aa + g.bb * s.bb) + select(f.first, g.own, (vf){});
    const vf dnew = f.b * fma(g.aa, v, g.bb) + select(f.first, (vf){}, g.own);
    put<WHOLE>(x.dk + (i64)t * x.lddk, bonus + dnew, n);
    put<WHOLE>(x.dv + (i64)t * x.lddv, fma(f.b, g.aa, e.b * dy), n);
    g.w += dold;
    g.u += bonus;
    g.aa = fma(f.a, g.aa, e.a * dy);
    g.bb = fma(f.a, g.bb, -(e.a * dy * y));
    g.own = select(f.first, g.own, (vf){});
    if (x.age && x.age[t] == 0) g.aa = g.bb = g.own = (vf){};
  }
}

// dw, du: (B, D): the caller sums over B. range: B * ceil(D / WKV_BLOCK)
KERNEL void wkv_backward(const f32* k, const f32* v, const f32* w, const f32* u, const f32* borders,
                         OPTIONAL const i32* age, OPTIONAL const i32* lengths, const f32* dy,
                         OPTIONAL const f32* dlast_aa, OPTIONAL const f32* dlast_bb, OPTIONAL const f32* dlast_pp,
                         f32* dk, f32* dv, f32* dw, f32* du, OPTIONAL f32* daa, OPTIONAL f32* dbb, OPTIONAL f32* dpp,
                         i32 L, i32 D, i32 ldk, i32 ldv, i32 lddk, i32 lddv, i32 begin, i32 end) {
  const i64 chunks = ceil_div(L, WKV_CHUNK);
  for (i32 unit = begin; unit < end; unit++) {
    const WkvUnit at(lengths, unit, L, D);
    const i64 row = (i64)at.b * D;
    WkvGrads grads[WKV_BLOCK / LANES] = {};
    const i32 count = ceil_div(at.length, WKV_CHUNK);
    // At least once: the gradient of the state of a row without steps is that of its last state.
    for (i32 c = max(count, 1) - 1; c >= 0; c--) {
      const i32 t0 = c * WKV_CHUNK;
      const i64 first = (i64)at.b * L + t0;
      const f32* border = borders + (at.b * chunks + c) * 3 * D;
      for (i32 d = at.from; d < at.to; d += LANES) {
        const i32 n = min(LANES, at.to - d);
        WkvGrads& g = grads[(d - at.from) / LANES];
        const WkvChunk x = {k + first * ldk + d, v + first * ldv + d, dy + first * D + d, age ? age + first : 0,
                            dk + first * lddk + d, dv + first * lddv + d, min(WKV_CHUNK, at.length - t0), D, ldk, ldv,
                            lddk, lddv};
        const auto walk = [&]<bool WHOLE>() {
          vf dlast[3];
          dlast[0] = dlast_aa ? take<WHOLE>(dlast_aa + row + d, n) : (vf){};
          dlast[1] = dlast_bb ? take<WHOLE>(dlast_bb + row + d, n) : (vf){};
          dlast[2] = dlast_pp ? take<WHOLE>(dlast_pp + row + d, n) : (vf){};
          WkvState s = wkv_start();
          if (count) {
            s = wkv_take<WHOLE>(border + d, border + D + d, border + 2 * D + d, n);
            wkv_backward_chunk<WHOLE>(g, x, s, take<WHOLE>(w + d, n), take<WHOLE>(u + d, n),
                                      c == count - 1 ? dlast : 0, n);
          }
          if (c > 0) return;
          put<WHOLE>(dw + row + d, g.w, n);
          put<WHOLE>(du + row + d, g.u, n);
          if (!daa) return;
          const WkvState to = count ? WkvState{g.aa, g.bb, s.aa * g.aa + s.bb * g.bb + g.own}
                                    : WkvState{dlast[0], dlast[1], dlast[2]};
          wkv_put<WHOLE>(to, daa + row + d, dbb + row + d, dpp + row + d, n);
        };
        if (n == LANES) walk.template operator()<true>();
        else walk.template operator()<false>();
      }
    }
    clear_rows(dk + (i64)at.b * L * lddk + at.from, lddk, at.length, L, at.to - at.from);
    clear_rows(dv + (i64)at.b * L * lddv + at.from, lddv, at.length, L, at.to - at.from);
  }
}
