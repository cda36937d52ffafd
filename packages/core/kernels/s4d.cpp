// S4D (Gu et al. 2022): a diagonal state space model that does not change with time, as a recurrence.
//
//   x[t] = a x[t-1] + u[t]        y[t] = Re(c . x[t]) + D u[t]        a = exp(dt A), c = 2 C (a - 1) / A
//
// x, a and c are complex, M modes for each channel, each for itself and its conjugate. Lanes run over channels. Time is
// divided into chunks of T steps. The forward keeps x before each chunk, the backward recomputes from there. Within a
// chunk, a few modes at a time run through all steps with x in registers.
//
// modes: (4, M, H), Re a, Im a, Re c, Im c   u, y: (B, L, H)   skip: (H), D   states: (B, 2, M, H), real and
// imaginary   borders: (B, ceil(L / T), 2, M, H)   age: (B, L), 0 where a document begins
// lengths: (B)   range of the scans: units, B * ceil(H / W), each W channels of one row
#include "simd.h"

// Modes that run through a chunk together: as many as the registers hold.
#if defined(__AVX512F__)
constexpr i32 S4D_MODES = 4;
#else
constexpr i32 S4D_MODES = 2;
#endif
SHARED constexpr i32 S4D_CHUNK = 32;  // steps between two kept states: T

// a and c of K modes of one vector of channels.
template <i32 K>
struct S4dModes {
  vf ar[K], ai[K], cr[K], ci[K];
  INLINE S4dModes(const f32* modes, i64 plane, i32 H, i32 n) {
#pragma GCC unroll 4
    for (i32 i = 0; i < K; i++) {
      const f32* p = modes + (i64)i * H;
      ar[i] = some(p, n), ai[i] = some(p + plane, n);
      cr[i] = some(p + 2 * plane, n), ci[i] = some(p + 3 * plane, n);
    }
  }
};

// K modes, from the first on, that run through a chunk. plane: M * H
struct S4dWalk {
  const f32* modes;
  const i32* age;
  i64 plane;
  i32 H, steps, n;
};

template <i32 K>
static void s4d_walk(const S4dWalk& w, const vf* u, vf* y, const f32* from, f32* border, f32* to) {
  const S4dModes<K> m(w.modes, w.plane, w.H, w.n);
  vf re[K], im[K];
#pragma GCC unroll 4
  for (i32 i = 0; i < K; i++) {
    const i64 at = (i64)i * w.H;
    re[i] = from ? some(from + at, w.n) : (vf){};
    im[i] = from ? some(from + w.plane + at, w.n) : (vf){};
    if (border) put_some(border + at, re[i], w.n), put_some(border + w.plane + at, im[i], w.n);
  }
  for (i32 t = 0; t < w.steps; t++) {
    if (w.age && w.age[t] == 0)
      for (i32 i = 0; i < K; i++) re[i] = im[i] = (vf){};
    const vf ut = u[t];
    vf plus = y[t], minus = {};
#pragma GCC unroll 4
    for (i32 i = 0; i < K; i++) {
      const vf before = re[i];
      re[i] = fma(m.ar[i], before, fnma(m.ai[i], im[i], ut));
      im[i] = fma(m.ar[i], im[i], m.ai[i] * before);
      plus = fma(m.cr[i], re[i], plus);
      minus = fma(m.ci[i], im[i], minus);
    }
    y[t] = plus - minus;
  }
#pragma GCC unroll 4
  for (i32 i = 0; i < K; i++) {
    const i64 at = (i64)i * w.H;
    put_some(to + at, re[i], w.n), put_some(to + w.plane + at, im[i], w.n);
  }
}

// y and the last state. range: B * ceil(H / W)
KERNEL void s4d_forward(const f32* u, const f32* modes, OPTIONAL const f32* skip, OPTIONAL const f32* state,
                        OPTIONAL const i32* age, OPTIONAL const i32* lengths, f32* y, f32* last_state,
                        OPTIONAL f32* borders, i32 L, i32 H, i32 M, i32 W, i32 T, i32 ldu, i32 begin, i32 end) {
  const i32 blocks = ceil_div(H, W), chunks = ceil_div(L, T);
  const i64 plane = (i64)M * H;
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, first = unit % blocks * W, last = min(first + W, H);
    const i32 length = lengths ? lengths[b] : L;
    const f32* ub = u + (i64)b * L * ldu;
    f32 *yb = y + (i64)b * L * H, *x = last_state + 2 * plane * b;
    const f32* start = state ? state + 2 * plane * b : 0;
    if (length == 0)
      for (i32 i = 0; i < 2 * M; i++)
        for (i32 d = first; d < last; d++) x[(i64)i * H + d] = start ? start[(i64)i * H + d] : 0;
    for (i32 t0 = 0; t0 < length; t0 += T) {
      const i32 steps = min(T, length - t0);
      f32* border = borders ? borders + 2 * plane * ((i64)b * chunks + t0 / T) : 0;
      const f32* from = t0 ? x : start;
      for (i32 d = first; d < last; d += LANES) {
        const i32 n = min(LANES, last - d);
        vf us[S4D_CHUNK], ys[S4D_CHUNK];
        const vf D = skip ? some(skip + d, n) : (vf){};
        for (i32 t = 0; t < steps; t++) us[t] = some(ub + (i64)(t0 + t) * ldu + d, n), ys[t] = D * us[t];
        for (i32 i = 0; i < M;) {
          const i64 at = (i64)i * H + d;
          const bool many = M - i >= S4D_MODES;
          const S4dWalk w = {modes + at, age ? age + (i64)b * L + t0 : 0, plane, H, steps, n};
          const auto walk = many ? s4d_walk<S4D_MODES> : s4d_walk<1>;
          walk(w, us, ys, from ? from + at : 0, border ? border + at : 0, x + at);
          i += many ? S4D_MODES : 1;
        }
        for (i32 t = 0; t < steps; t++) put_some(yb + (i64)(t0 + t) * H + d, ys[t], n);
      }
    }
    for (i32 t = length; t < L; t++)
      for (i32 d = first; d < last; d++) yb[(i64)t * H + d] = 0;
  }
}

// Recomputes x of K modes, then goes back in time. The gradient of a complex number is (d/d Re) + i (d/d Im), so a
// product multiplies it by the conjugate of the other factor. dmodes: as modes   dx: as a state
template <i32 K>
static void s4d_walk_back(const S4dWalk& w, const vf* u, const vf* dy, vf* du, const f32* border, f32* dmodes,
                          f32* dx) {
  const S4dModes<K> m(w.modes, w.plane, w.H, w.n);
  vf before_re[S4D_CHUNK][K], before_im[S4D_CHUNK][K], re[K], im[K], dar[K], dai[K], dcr[K], dci[K];
#pragma GCC unroll 4
  for (i32 i = 0; i < K; i++) {
    const i64 at = (i64)i * w.H;
    re[i] = some(border + at, w.n), im[i] = some(border + w.plane + at, w.n);
    dcr[i] = dci[i] = dar[i] = dai[i] = (vf){};
  }
  for (i32 t = 0; t < w.steps; t++) {
    const bool reset = w.age && w.age[t] == 0;
#pragma GCC unroll 4
    for (i32 i = 0; i < K; i++) {
      if (reset) re[i] = im[i] = (vf){};
      const vf before = before_re[t][i] = re[i];
      before_im[t][i] = im[i];
      re[i] = fma(m.ar[i], before, fnma(m.ai[i], im[i], u[t]));
      im[i] = fma(m.ar[i], im[i], m.ai[i] * before);
      dcr[i] = fma(dy[t], re[i], dcr[i]);
      dci[i] = fnma(dy[t], im[i], dci[i]);
    }
  }
#pragma GCC unroll 4
  for (i32 i = 0; i < K; i++) re[i] = some(dx + (i64)i * w.H, w.n), im[i] = some(dx + w.plane + (i64)i * w.H, w.n);
  for (i32 t = w.steps - 1; t >= 0; t--) {
    vf to_u = du[t];
#pragma GCC unroll 4
    for (i32 i = 0; i < K; i++) {
      const vf gr = fma(dy[t], m.cr[i], re[i]), gi = fnma(dy[t], m.ci[i], im[i]);
      const vf xr = before_re[t][i], xi = before_im[t][i];
      to_u += gr;
      dar[i] = fma(gr, xr, fma(gi, xi, dar[i]));
      dai[i] = fma(gi, xr, fnma(gr, xi, dai[i]));
      re[i] = fma(gr, m.ar[i], gi * m.ai[i]);
      im[i] = fnma(gr, m.ai[i], gi * m.ar[i]);
    }
    du[t] = to_u;
    if (w.age && w.age[t] == 0)
      for (i32 i = 0; i < K; i++) re[i] = im[i] = (vf){};
  }
#pragma GCC unroll 4
  for (i32 i = 0; i < K; i++) {
    const i64 at = (i64)i * w.H;
    put_some(dx + at, re[i], w.n), put_some(dx + w.plane + at, im[i], w.n);
    const vf sums[] = {dar[i], dai[i], dcr[i], dci[i]};
    for (i32 k = 0; k < 4; k++) {
      f32* p = dmodes + k * w.plane + at;
      put_some(p, some(p, w.n) + sums[k], w.n);
    }
  }
}

// dmodes: (B, 4, M, H), dskip: (B, H): the caller sums over B. dstate: (B, 2, M, H)   range: B * ceil(H / W)
KERNEL void s4d_backward(const f32* u, const f32* modes, OPTIONAL const f32* skip, OPTIONAL const i32* age,
                         OPTIONAL const i32* lengths, const f32* borders, const f32* dout, OPTIONAL const f32* dlast,
                         f32* du, f32* dmodes, f32* dskip, f32* dstate, i32 L, i32 H, i32 M, i32 W, i32 T, i32 ldu,
                         i32 lddu, i32 begin, i32 end) {
  const i32 blocks = ceil_div(H, W), chunks = ceil_div(L, T);
  const i64 plane = (i64)M * H;
  for (i32 unit = begin; unit < end; unit++) {
    const i32 b = unit / blocks, first = unit % blocks * W, last = min(first + W, H);
    const i32 length = lengths ? lengths[b] : L;
    const f32 *ub = u + (i64)b * L * ldu, *dyb = dout + (i64)b * L * H;
    f32 *dub = du + (i64)b * L * lddu, *dm = dmodes + 4 * plane * b, *dx = dstate + 2 * plane * b;
    for (i32 i = 0; i < 4 * M; i++)
      for (i32 d = first; d < last; d++) {
        const i64 at = (i64)i * H + d;
        dm[at] = 0;
        if (i < 2 * M) dx[at] = dlast ? dlast[2 * plane * b + at] : 0;
      }
    for (i32 d = first; d < last; d++) dskip[(i64)b * H + d] = 0;
    for (i32 t = length; t < L; t++)
      for (i32 d = first; d < last; d++) dub[(i64)t * lddu + d] = 0;
    for (i32 t0 = (ceil_div(length, T) - 1) * T; t0 >= 0; t0 -= T) {
      const i32 steps = min(T, length - t0);
      const f32* border = borders + 2 * plane * ((i64)b * chunks + t0 / T);
      for (i32 d = first; d < last; d += LANES) {
        const i32 n = min(LANES, last - d);
        vf us[S4D_CHUNK], dys[S4D_CHUNK], dus[S4D_CHUNK];
        const vf D = skip ? some(skip + d, n) : (vf){};
        vf dD = some(dskip + (i64)b * H + d, n);
        for (i32 t = 0; t < steps; t++) {
          us[t] = some(ub + (i64)(t0 + t) * ldu + d, n);
          dys[t] = some(dyb + (i64)(t0 + t) * H + d, n);
          dus[t] = D * dys[t];
          dD = fma(dys[t], us[t], dD);
        }
        put_some(dskip + (i64)b * H + d, dD, n);
        for (i32 i = 0; i < M;) {
          const i64 at = (i64)i * H + d;
          const bool many = M - i >= S4D_MODES;
          const S4dWalk w = {modes + at, age ? age + (i64)b * L + t0 : 0, plane, H, steps, n};
          const auto walk = many ? s4d_walk_back<S4D_MODES> : s4d_walk_back<1>;
          walk(w, us, dys, dus, border + at, dm + at, dx + at);
          i += many ? S4D_MODES : 1;
        }
        for (i32 t = 0; t < steps; t++) put_some(dub + (i64)(t0 + t) * lddu + d, dus[t], n);
      }
    }
  }
}
