/** Complex numbers as pairs, for eigenvalues: a + bi. */
export interface Complex {
  re: number;
  im: number;
}

export const complex = (re: number, im = 0): Complex => ({ re, im });
export const conjugate = (a: Complex): Complex => ({ re: a.re, im: -a.im });
export const plus = (a: Complex, b: Complex): Complex => ({ re: a.re + b.re, im: a.im + b.im });
export const minus = (a: Complex, b: Complex): Complex => ({ re: a.re - b.re, im: a.im - b.im });
export const times = (a: Complex, b: Complex): Complex => ({
  re: a.re * b.re - a.im * b.im,
  im: a.re * b.im + a.im * b.re,
});
export const over = (a: Complex, by: number): Complex => ({ re: a.re / by, im: a.im / by });
export const modulus = (a: Complex): number => Math.hypot(a.re, a.im);

/** The root with a real part ≥ 0. */
export function squareRoot(a: Complex): Complex {
  const size = modulus(a);
  const re = Math.sqrt(Math.max(0, (size + a.re) / 2));
  const im = Math.sqrt(Math.max(0, (size - a.re) / 2));
  return { re, im: a.im < 0 ? -im : im };
}

/** The principal logarithm: imaginary part in (−π, π]. */
export const logarithm = (a: Complex): Complex => ({ re: Math.log(modulus(a)), im: Math.atan2(a.im, a.re) });
