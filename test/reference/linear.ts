/** y = x Wᵀ + b. x: (…, in), weight: (out, in), bias: (out) → (…, out) */
import { type Array64, array } from './array.ts';

export function linear(x: Array64, weight: Array64, bias?: Array64): Array64 {
  const [outputs, inputs] = weight.shape;
  const y = array([...x.shape.slice(0, -1), outputs]);
  for (let r = 0; r * outputs < y.data.length; r++) {
    for (let o = 0; o < outputs; o++) {
      let total = bias ? bias.data[o] : 0;
      for (let i = 0; i < inputs; i++) total += x.data[r * inputs + i] * weight.data[o * inputs + i];
      y.data[r * outputs + o] = total;
    }
  }
  return y;
}
