/** Whole numbers. */

/** The greatest common divisor of two whole numbers ≥ 0; `gcd(n, 0)` is n. */
export const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
