// S4D's modes from its parameters, by zero-order hold.
//
//   A = -exp(log_A_real) + i A_imag        z = dt A        a = exp(z)        c = 2 C dt phi(z)
//
// with phi(z) = (exp(z) - 1) / z, which gives c = 2 C (a - 1) / A without cancellation. There are few parameters, and a
// is raised to high powers: everything is computed in f64 and rounded once.
// Official: S4DKernel.forward in s4d.py.
//
// C: (H, M, 2)   log_dt: (H)   log_A_real, A_imag: (H, M)   modes: (4, M, H), Re a, Im a, Re c, Im c
// range: channels
#include "kernel.h"

// exp(x), 0 below -708 and infinity above 709: adding 1.5 * 2^52 rounds to an integer, left in the low bits.
constexpr f64 ROUND64 = 6755399441055744.0;
INLINE i64 bits_of(f64 x) { return __builtin_bit_cast(i64, x); }
INLINE f64 exp64(f64 x) {
  if (x < -708.0) return 0.0;
  if (x > 709.0) return __builtin_inf();
  const f64 shifted = x * 1.4426950408889634 + ROUND64, n = shifted - ROUND64;
  const f64 r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  f64 p = 1.0;
#pragma GCC unroll 16
  for (i32 k = 13; k > 0; k--) p = 1.0 + p * r * (1.0 / k);
  return p * __builtin_bit_cast(f64, (bits_of(shifted) + 1023) << 52);
}
// exp(i y): y minus the nearest multiple of pi / 2, and that number of quarter turns.
struct Complex {
  f64 re, im;
};
INLINE Complex turn(f64 y) {
  const f64 shifted = y * 0.63661977236758134 + ROUND64, n = shifted - ROUND64;
  const f64 r = (y - n * 1.57079632673412561417e+00) - n * 6.07710050650619224932e-11, r2 = r * r;
  f64 c = 1.0, s = 1.0;
#pragma GCC unroll 8
  for (i32 k = 16; k > 0; k -= 2) {
    c = 1.0 - c * r2 * (1.0 / (k * (k - 1)));
    s = 1.0 - s * r2 * (1.0 / (k * (k + 1)));
  }
  s *= r;
  switch (bits_of(shifted) & 3) {
    case 0: return {c, s};
    case 1: return {-s, c};
    case 2: return {-c, -s};
    default: return {s, -c};
  }
}
INLINE Complex operator*(Complex a, Complex b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
INLINE Complex operator*(f64 a, Complex b) { return {a * b.re, a * b.im}; }
INLINE Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
INLINE Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
INLINE Complex conj(Complex a) { return {a.re, -a.im}; }
INLINE Complex operator/(Complex a, Complex b) { return 1.0 / (b.re * b.re + b.im * b.im) * (a * conj(b)); }

// One mode's A, z, exp(z), phi(z) and phi'(z).
struct HeldMode {
  Complex A, z, a, phi, slope;
  INLINE HeldMode(f64 dt, f64 log_A_real, f64 A_imag) {
    A = {-exp64(log_A_real), A_imag};
    z = dt * A;
    a = exp64(z.re) * turn(z.im);
    if (z.re * z.re + z.im * z.im > 0.25) {
      phi = (a - Complex{1.0, 0.0}) / z;
      slope = (a - phi) / z;
    } else {
      // 1 + z / 2! + z^2 / 3! ..., and its derivative.
      phi = {1.0, 0.0}, slope = {};
#pragma GCC unroll 16
      for (i32 k = 14; k > 0; k--) {
        slope = 1.0 / (k + 1) * (phi + z * slope);
        phi = Complex{1.0, 0.0} + 1.0 / (k + 1) * (z * phi);
      }
    }
  }
};

// The modes from the parameters. range: channels
KERNEL void s4d_modes_forward(const f32* C, const f32* log_dt, const f32* log_A_real, const f32* A_imag, f32* modes,
                              i32 H, i32 M, i32 begin, i32 end) {
  const i64 plane = (i64)M * H;
  for (i32 h = begin; h < end; h++) {
    const f64 dt = exp64(log_dt[h]);
    for (i32 m = 0; m < M; m++) {
      const i64 at = (i64)h * M + m;
      const HeldMode held(dt, log_A_real[at], A_imag[at]);
      const Complex c = 2.0 * dt * (Complex{C[2 * at], C[2 * at + 1]} * held.phi);
      f32* p = modes + (i64)m * H + h;
      p[0] = (f32)held.a.re, p[plane] = (f32)held.a.im;
      p[2 * plane] = (f32)c.re, p[3 * plane] = (f32)c.im;
    }
  }
}

// The gradients of the parameters from those of the modes. range: channels
KERNEL void s4d_modes_backward(const f32* C, const f32* log_dt, const f32* log_A_real, const f32* A_imag,
                               const f32* dmodes, f32* dC, f32* dlog_dt, f32* dlog_A_real, f32* dA_imag, i32 H, i32 M,
                               i32 begin, i32 end) {
  const i64 plane = (i64)M * H;
  for (i32 h = begin; h < end; h++) {
    const f64 dt = exp64(log_dt[h]);
    f64 ddt = 0;
    for (i32 m = 0; m < M; m++) {
      const i64 at = (i64)h * M + m;
      const HeldMode held(dt, log_A_real[at], A_imag[at]);
      const f32* p = dmodes + (i64)m * H + h;
      const Complex c = {C[2 * at], C[2 * at + 1]}, da = {p[0], p[plane]}, dc = {2.0 * p[2 * plane], 2.0 * p[3 * plane]};
      const Complex through_phi = dc * conj(c);
      const Complex dz = da * conj(held.a) + dt * (through_phi * conj(held.slope)), dC_ = dt * (dc * conj(held.phi));
      ddt += (through_phi * conj(held.phi)).re + (dz * conj(held.A)).re;
      dC[2 * at] = (f32)dC_.re, dC[2 * at + 1] = (f32)dC_.im;
      dlog_A_real[at] = (f32)(dt * dz.re * held.A.re);
      dA_imag[at] = (f32)(dt * dz.im);
    }
    dlog_dt[h] = (f32)(ddt * dt);
  }
}
