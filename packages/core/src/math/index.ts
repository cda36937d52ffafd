/** Small mathematics in f64 that every package shares: statistics, softmax, matrices, the normal distribution, spans of time. */
export { choleskySolve } from './cholesky.ts';
export { type Complex, complex, logarithm, modulus, over } from './complex.ts';
export { eigenvalues, spectralRadius } from './eigenvalues.ts';
export { fft } from './fft.ts';
export { thousands } from './format.ts';
export { gcd } from './integers.ts';
export {
  apply,
  diagonal,
  dot,
  exponential,
  identity,
  leastSquares,
  type Matrix,
  solve,
  type Vector,
  zeros,
} from './matrix.ts';
export { normalCdf, normalDensity, normalQuantile } from './normal.ts';
export { logSumExp, softmax } from './softmax.ts';
export { mean, median, medianOfSorted, sampleDeviation, slopeOf, sum } from './stats.ts';
export { type Eigenpair, eigenpairs } from './symmetric.ts';
export { DAY, HOUR, MINUTE, SECOND, WEEK } from './time.ts';
