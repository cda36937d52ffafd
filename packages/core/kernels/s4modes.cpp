// S4's modes from its parameters, by the bilinear rule and Woodbury's identity, in f64.
//
//   A = diag(l) - P P*, l = -exp(log_A_real) + i A_imag          d = 1 / (1 - dt/2 l)     k = 1 / (2/dt + w)
//   w = 2 Re(conj(P) d . P), v = 2 Re(conj(P) d . B)
//   a = 2 d - 1     p = -2 k d P     q = 2 conj(P) d     b = dt d (B - k v P)     c = 2 C
//
// C, B, P: (H, M, 2)   log_dt: (H)   log_A_real, A_imag: (H, M)   modes: (5, 2, M, H): a, p, q, b, c
// range: channels
#include "kernel.h"

struct S4Inputs {
  const f32 *C, *B, *P, *log_dt, *log_A_real, *A_imag;
  INLINE Complex pair(const f32* x, i64 at) const { return {x[2 * at], x[2 * at + 1]}; }
  INLINE Complex rate(i64 at) const { return {-exp64(log_A_real[at]), A_imag[at]}; }
};

// The numbers that all modes of a channel share.
struct S4Channel {
  f64 dt, k, v;
  INLINE S4Channel(const S4Inputs& x, i32 h, i32 M) {
    dt = exp64(x.log_dt[h]), v = 0;
    f64 w = 0;
    for (i64 at = (i64)h * M; at < (i64)(h + 1) * M; at++) {
      const Complex P = x.pair(x.P, at), q = conj(P) * held(x, at);
      w += 2.0 * (q * P).re, v += 2.0 * (q * x.pair(x.B, at)).re;
    }
    k = 1.0 / (2.0 / dt + w);
  }
  INLINE Complex held(const S4Inputs& x, i64 at) const {
    return Complex{1.0, 0.0} / (Complex{1.0, 0.0} - 0.5 * dt * x.rate(at));
  }
};

// The modes from the parameters. range: channels
KERNEL void s4_modes_forward(const f32* C, const f32* B, const f32* P, const f32* log_dt, const f32* log_A_real,
                             const f32* A_imag, f32* modes, i32 H, i32 M, i32 begin, i32 end) {
  const S4Inputs x = {C, B, P, log_dt, log_A_real, A_imag};
  const i64 plane = (i64)M * H;
  for (i32 h = begin; h < end; h++) {
    const S4Channel s(x, h, M);
    for (i32 m = 0; m < M; m++) {
      const i64 at = (i64)h * M + m;
      const Complex P_ = x.pair(P, at), d = s.held(x, at);
      const Complex values[] = {2.0 * d - Complex{1.0, 0.0}, -2.0 * s.k * (d * P_), 2.0 * (conj(P_) * d),
                                s.dt * (d * (x.pair(B, at) - s.k * s.v * P_)), 2.0 * x.pair(C, at)};
      for (i32 j = 0; j < 5; j++) {
        f32* to = modes + 2 * j * plane + (i64)m * H + h;
        to[0] = (f32)values[j].re, to[plane] = (f32)values[j].im;
      }
    }
  }
}

// The gradients of the parameters from those of the modes. range: channels
KERNEL void s4_modes_backward(const f32* C, const f32* B, const f32* P, const f32* log_dt, const f32* log_A_real,
                              const f32* A_imag, const f32* dmodes, f32* dC, f32* dB, f32* dP, f32* dlog_dt,
                              f32* dlog_A_real, f32* dA_imag, i32 H, i32 M, i32 begin, i32 end) {
  const S4Inputs x = {C, B, P, log_dt, log_A_real, A_imag};
  const i64 plane = (i64)M * H;
  for (i32 h = begin; h < end; h++) {
    const S4Channel s(x, h, M);
    const auto grad = [&](i32 j, i32 m) {
      const f32* from = dmodes + 2 * j * plane + (i64)m * H + h;
      return Complex{from[0], from[plane]};
    };
    // First the gradients of k and k v, which all modes share.
    f64 dk = 0, dkv = 0, ddt = 0;
    for (i32 m = 0; m < M; m++) {
      const i64 at = (i64)h * M + m;
      const Complex P_ = x.pair(P, at), d = s.held(x, at);
      dk -= 2.0 * (grad(1, m) * conj(d * P_)).re;
      dkv -= s.dt * (grad(3, m) * conj(d * P_)).re;
    }
    dk += s.v * dkv;
    const f64 dv = s.k * dkv, dw = -s.k * s.k * dk;
    ddt += 2.0 * s.k * s.k * dk / (s.dt * s.dt);
    for (i32 m = 0; m < M; m++) {
      const i64 at = (i64)h * M + m;
      const Complex P_ = x.pair(P, at), B_ = x.pair(B, at), A = x.rate(at), d = s.held(x, at), q = conj(P_) * d;
      const Complex rest = B_ - s.k * s.v * P_, gp = grad(1, m), gb = grad(3, m), to_rest = s.dt * (gb * conj(d));
      const Complex gq = 2.0 * grad(2, m) + 2.0 * dw * conj(P_) + 2.0 * dv * conj(B_);
      const Complex gd = 2.0 * grad(0, m) - 2.0 * s.k * (gp * conj(P_)) + s.dt * (gb * conj(rest)) + gq * P_;
      const Complex gP = 2.0 * dw * conj(q) - 2.0 * s.k * (gp * conj(d)) - s.k * s.v * to_rest + conj(gq * conj(d));
      const Complex gB = to_rest + 2.0 * dv * conj(q), gz = gd * conj(d * d), gC = 2.0 * grad(4, m);
      ddt += (gb * conj(d * rest)).re + 0.5 * (gz * conj(A)).re;
      dC[2 * at] = (f32)gC.re, dC[2 * at + 1] = (f32)gC.im;
      dB[2 * at] = (f32)gB.re, dB[2 * at + 1] = (f32)gB.im;
      dP[2 * at] = (f32)gP.re, dP[2 * at + 1] = (f32)gP.im;
      dlog_A_real[at] = (f32)(0.5 * s.dt * gz.re * A.re);
      dA_imag[at] = (f32)(0.5 * s.dt * gz.im);
    }
    dlog_dt[h] = (f32)(ddt * s.dt);
  }
}
