/**
 * The fast Fourier transform of a power of two (Cooley & Tukey 1965), in place.
 *
 *   Xₖ = Σₙ xₙ exp(−2πi k n / N)
 */
import { UsageError } from '../errors.ts';

const tables = new Map<number, { cos: Float64Array; sin: Float64Array }>();

function tableOf(size: number) {
  let table = tables.get(size);
  if (!table) {
    const half = size / 2;
    table = { cos: new Float64Array(half), sin: new Float64Array(half) };
    for (let k = 0; k < half; k++) {
      table.cos[k] = Math.cos((2 * Math.PI * k) / size);
      table.sin[k] = -Math.sin((2 * Math.PI * k) / size);
    }
    tables.set(size, table);
  }
  return table;
}

/** Transforms the complex numbers re + i im; their count is a power of two. */
export function fft(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  if (size !== im.length || size < 1 || (size & (size - 1)) !== 0) {
    throw new UsageError('fft', `got ${size} and ${im.length} values, expected one power of two for both parts.`);
  }
  reverseBits(re, im);
  const { cos, sin } = tableOf(size);
  // Plain variables and one index each: array literals would halve the speed.
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let begin = 0; begin < size; begin += 2 * half) {
      for (let k = 0, a = begin, b = begin + half; k < half; k++, a++, b++) {
        const c = cos[k * stride];
        const s = sin[k * stride];
        const x = re[b] * c - im[b] * s;
        const y = re[b] * s + im[b] * c;
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
    }
  }
}

/** Moves each number to the place whose index has its bits in reverse. */
function reverseBits(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const x = re[i];
    const y = im[i];
    re[i] = re[j];
    im[i] = im[j];
    re[j] = x;
    im[j] = y;
  }
}
