/** Complex numbers as tuples, for the many small products of the Cauchy kernel. */
export type Complex = readonly [number, number];

export const add = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]];
export const sub = (a: Complex, b: Complex): Complex => [a[0] - b[0], a[1] - b[1]];
export const mul = (a: Complex, b: Complex): Complex => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
export const conj = (a: Complex): Complex => [a[0], -a[1]];
export const scale = (s: number, a: Complex): Complex => [s * a[0], s * a[1]];
export const div = (a: Complex, b: Complex): Complex => scale(1 / (b[0] ** 2 + b[1] ** 2), mul(a, conj(b)));
