// S4 (Gu, Goel & Re 2022): S4D's recurrence, with the modes coupled through one number s in each step.
//
//   s = Re(q . x[t-1])     x[t] = a x[t-1] + p s + b u[t]     y[t] = Re(c . x[t]) + D u[t]
//
// Lanes run over channels. A unit packs the modes of one vector of channels into its scratch, and visits all modes in
// each step. Chunks, borders, age and lengths are as in s4d.cpp.
//
// modes: (5, 2, M, H), real and imaginary parts of a, p, q, b, c   u, y: (B, L, H)   skip: (H), D
// states: (B, 2, M, H)   range of the scans: units, B * ceil(H / W)
#include "simd.h"

// One mode's numbers in a unit's scratch.
struct S4Mode {
  vf ar, ai, pr, pi, qr, qi, br, bi, cr, ci;
};
struct S4Sums {
  vf a[2], p[2], q[2], b[2], c[2];
};
struct S4Pair {
  vf re, im;
};

// Floats of scratch that one unit of s4_forward or s4_backward needs, for M modes and chunks of T steps.
EXPORT i32 s4_scratch(i32 M, i32 T) {
  return M * (i32)((sizeof(S4Mode) + sizeof(S4Sums) + (1 + T) * sizeof(S4Pair)) / sizeof(f32));
}

struct S4Scratch {
  S4Mode* m;
  S4Sums* sums;
  S4Pair *x, *past;
  INLINE S4Scratch(f32* p, i32 M) {
    m = (S4Mode*)p;
    sums = (S4Sums*)(m + M);
    x = (S4Pair*)(sums + M);
    past = x + M;
  }
};

INLINE void s4_pack(const S4Scratch& k, const f32* modes, const f32* x, i64 plane, i32 M, i32 H, i32 n) {
  for (i32 i = 0; i < M; i++) {
    vf* to = &k.m[i].ar;
    for (i32 j = 0; j < 10; j++) to[j] = some(modes + j * plane + (i64)i * H, n);
    k.x[i].re = x ? some(x + (i64)i * H, n) : (vf){};
    k.x[i].im = x ? some(x + plane + (i64)i * H, n) : (vf){};
  }
}
INLINE void s4_unpack(const S4Pair* x, f32* to, i64 plane, i32 M, i32 H, i32 n) {
  for (i32 i = 0; i < M; i++) {
    put_some(to + (i64)i * H, x[i].re, n);
    put_some(to + plane + (i64)i * H, x[i].im, n);
  }
}
INLINE vf s4_coupling(const S4Mode* m, const S4Pair* x, i32 M) {
  vf plus = {}, minus = {};
  for (i32 i = 0; i < M; i++) plus = fma(m[i].qr, x[i].re, plus), minus = fma(m[i].qi, x[i].im, minus);
  return plus - minus;
}
INLINE S4Pair s4_next(const S4Mode& m, S4Pair x, vf s, vf u) {
  return {fma(m.ar, x.re, fnma(m.ai, x.im, fma(m.pr, s, m.br * u))),
          fma(m.ar, x.im, fma(m.ai, x.re, fma(m.pi, s, m.bi * u)))};
}

// y and the last state. scratch: s4_scratch(M, T) floats for each unit   range: B * ceil(H / W)
KERNEL void s4_forward(const f32* u, const f32* modes, OPTIONAL const f32* skip, OPTIONAL const f32* state,
                       OPTIONAL const i32* age, OPTIONAL const i32* lengths, f32* y, f32* last_state,
                       OPTIONAL f32* borders, f32* scratch, i32 L, i32 H, i32 M, i32 W, i32 T, i32 ldu, i32 begin,
                       i32 end) {
  const i32 blocks = ceil_div(H, W), chunks = ceil_div(L, T);
  const i64 plane = (i64)M * H;
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, first = unit % blocks * W, last = min(first + W, H);
    const i32 length = lengths ? lengths[b] : L;
    const S4Scratch k(scratch + (i64)unit * s4_scratch(M, T), M);
    for (i32 d = first; d < last; d += LANES) {
      const i32 n = min(LANES, last - d);
      const vf D = skip ? some(skip + d, n) : (vf){};
      s4_pack(k, modes + d, state ? state + 2 * plane * b + d : 0, plane, M, H, n);
      for (i32 t = 0; t < L; t++) {
        f32* out = y + ((i64)b * L + t) * H + d;
        if (t >= length) {
          put_some(out, (vf){}, n);
          continue;
        }
        if (borders && t % T == 0)
          s4_unpack(k.x, borders + 2 * plane * ((i64)b * chunks + t / T) + d, plane, M, H, n);
        if (age && age[(i64)b * L + t] == 0)
          for (i32 i = 0; i < M; i++) k.x[i] = S4Pair{};
        const vf ut = some(u + ((i64)b * L + t) * ldu + d, n), s = s4_coupling(k.m, k.x, M);
        vf plus = D * ut, minus = {};
        for (i32 i = 0; i < M; i++) {
          const S4Pair x = k.x[i] = s4_next(k.m[i], k.x[i], s, ut);
          plus = fma(k.m[i].cr, x.re, plus);
          minus = fma(k.m[i].ci, x.im, minus);
        }
        put_some(out, plus - minus, n);
      }
      s4_unpack(k.x, last_state + 2 * plane * b + d, plane, M, H, n);
    }
  }
}

// One step back through all modes: k.x holds the gradient of x[t], then that of x[t-1]. Returns du without the share
// of D.
INLINE vf s4_step_back(const S4Scratch& k, const S4Pair* past, vf dy, vf u, vf s, i32 M) {
  vf du = {}, ds = {};
  for (i32 i = 0; i < M; i++) {
    const S4Mode& m = k.m[i];
    S4Sums& sums = k.sums[i];
    const vf gr = fma(dy, m.cr, k.x[i].re), gi = fnma(dy, m.ci, k.x[i].im), xr = past[i].re, xi = past[i].im;
    const S4Pair x = s4_next(m, past[i], s, u);
    sums.c[0] = fma(dy, x.re, sums.c[0]), sums.c[1] = fnma(dy, x.im, sums.c[1]);
    du = fma(gr, m.br, fma(gi, m.bi, du)), ds = fma(gr, m.pr, fma(gi, m.pi, ds));
    sums.b[0] = fma(gr, u, sums.b[0]), sums.b[1] = fma(gi, u, sums.b[1]);
    sums.p[0] = fma(gr, s, sums.p[0]), sums.p[1] = fma(gi, s, sums.p[1]);
    sums.a[0] = fma(gr, xr, fma(gi, xi, sums.a[0])), sums.a[1] = fma(gi, xr, fnma(gr, xi, sums.a[1]));
    k.x[i] = {fma(gr, m.ar, gi * m.ai), fnma(gr, m.ai, gi * m.ar)};
  }
  for (i32 i = 0; i < M; i++) {
    const S4Mode& m = k.m[i];
    S4Sums& sums = k.sums[i];
    sums.q[0] = fma(ds, past[i].re, sums.q[0]), sums.q[1] = fnma(ds, past[i].im, sums.q[1]);
    k.x[i] = {fma(ds, m.qr, k.x[i].re), fnma(ds, m.qi, k.x[i].im)};
  }
  return du;
}

// dmodes: (B, 5, 2, M, H), dskip: (B, H): the caller sums over B. dstate: (B, 2, M, H)
// scratch: s4_scratch(M, T) floats for each unit   range: B * ceil(H / W)
KERNEL void s4_backward(const f32* u, const f32* modes, OPTIONAL const f32* skip, OPTIONAL const i32* age,
                        OPTIONAL const i32* lengths, const f32* borders, const f32* dout, OPTIONAL const f32* dlast,
                        f32* du, f32* dmodes, f32* dskip, f32* dstate, f32* scratch, i32 L, i32 H, i32 M, i32 W, i32 T,
                        i32 ldu, i32 lddu, i32 begin, i32 end) {
  const i32 blocks = ceil_div(H, W), chunks = ceil_div(L, T);
  const i64 plane = (i64)M * H;
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, first = unit % blocks * W, last = min(first + W, H);
    const i32 length = lengths ? lengths[b] : L;
    const i64 row = (i64)b * L;
    const S4Scratch k(scratch + (i64)unit * s4_scratch(M, T), M);
    for (i32 d = first; d < last; d += LANES) {
      const i32 n = min(LANES, last - d);
      const vf D = skip ? some(skip + d, n) : (vf){};
      f32* dx = dstate + 2 * plane * b + d;
      vf dD = {};
      for (i32 i = 0; i < M; i++) {
        k.sums[i] = S4Sums{};
        for (i32 j = 0; j < 2; j++) {
          const i64 at = j * plane + (i64)i * H;
          put_some(dx + at, dlast ? some(dlast + 2 * plane * b + d + at, n) : (vf){}, n);
        }
      }
      for (i32 t = length; t < L; t++) put_some(du + (row + t) * lddu + d, (vf){}, n);
      for (i32 t0 = (ceil_div(length, T) - 1) * T; t0 >= 0; t0 -= T) {
        const i32 steps = min(T, length - t0);
        const i32* ages = age ? age + row + t0 : 0;
        vf us[S4D_CHUNK], coupling[S4D_CHUNK];
        s4_pack(k, modes + d, borders + 2 * plane * ((i64)b * chunks + t0 / T) + d, plane, M, H, n);
        for (i32 t = 0; t < steps; t++) {
          if (ages && ages[t] == 0)
            for (i32 i = 0; i < M; i++) k.x[i] = S4Pair{};
          us[t] = some(u + (row + t0 + t) * ldu + d, n), coupling[t] = s4_coupling(k.m, k.x, M);
          for (i32 i = 0; i < M; i++) {
            k.past[t * M + i] = k.x[i];
            k.x[i] = s4_next(k.m[i], k.x[i], coupling[t], us[t]);
          }
        }
        for (i32 i = 0; i < M; i++) k.x[i] = {some(dx + (i64)i * H, n), some(dx + plane + (i64)i * H, n)};
        for (i32 t = steps - 1; t >= 0; t--) {
          const vf dy = some(dout + (row + t0 + t) * H + d, n);
          const vf through = s4_step_back(k, k.past + t * M, dy, us[t], coupling[t], M);
          put_some(du + (row + t0 + t) * lddu + d, fma(D, dy, through), n);
          dD = fma(dy, us[t], dD);
          if (ages && ages[t] == 0)
            for (i32 i = 0; i < M; i++) k.x[i] = S4Pair{};
        }
        s4_unpack(k.x, dx, plane, M, H, n);
      }
      put_some(dskip + (i64)b * H + d, dD, n);
      for (i32 i = 0; i < M; i++)
        for (i32 j = 0; j < 10; j++)
          put_some(dmodes + (10 * (i64)b + j) * plane + (i64)i * H + d, (&k.sums[i].a[0])[j], n);
    }
  }
}
