/** The standard normal: φ its density, Φ its distribution, Φ⁻¹ its quantiles. */

const { abs, exp, log, PI, sqrt } = Math;

/** φ(z) = exp(−z²/2) / √(2π), 0 at ±∞. */
export const normalDensity = (z: number): number => exp((-z * z) / 2) / sqrt(2 * PI);

/** Terms of the continued fraction of the tail; 60 are exact to double precision from |z| = 3 on. */
const FRACTIONS = 60;

/** Φ(z): the series around 0, the continued fraction of Mills' ratio in the tails. */
export function normalCdf(z: number): number {
  const x = abs(z);
  if (x > 3) {
    let below = 0;
    for (let k = FRACTIONS; k > 0; k--) below = k / (x + below);
    const tail = normalDensity(x) / (x + below);
    return z < 0 ? tail : 1 - tail;
  }
  let term = x;
  let sum = x;
  for (let k = 3; term > 1e-17 * sum; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  const half = normalDensity(x) * sum;
  return z < 0 ? 0.5 - half : 0.5 + half;
}

/** Numerator and denominator, the constant first: the middle, the tails, the far tails (Wichura 1988, AS 241). */
const MIDDLE = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
];
const TAIL = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
];
const FAR = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
];

const at = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
const ratio = ([over, under]: number[][], x: number): number => at(over, x) / at(under, x);

/** Φ⁻¹(p), 0 < p < 1; −∞ at 0, ∞ at 1. */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (abs(q) <= 0.425) return q * ratio(MIDDLE, 0.180625 - q * q);
  if (p <= 0 || p >= 1) return p === 0 ? -Infinity : p === 1 ? Infinity : Number.NaN;
  const r = sqrt(-log(Math.min(p, 1 - p)));
  const z = r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR, r - 5);
  return q < 0 ? -z : z;
}
