/**
 * One S4D layer, by recurrence.
 *
 *   y = S4D(u) + D u      output = GLU(W gelu(y) + b)
 *
 * Paper: Gu et al. 2022. Official: S4D in state-spaces/s4 models/s4/s4d.py, dropout 0.
 */
import { UsageError } from '../errors.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireShape, requireTensor } from './check.ts';
import { gelu, mul, sigmoid } from './elementwise.ts';
import { linear } from './linear.ts';
import { s4dModes, s4dScan } from './s4dScan.ts';
import { reshape, split } from './shape.ts';

const names = [
  'D',
  'kernel.C',
  'kernel.log_dt',
  'kernel.log_A_real',
  'kernel.A_imag',
  'output_linear.0.weight',
  'output_linear.0.bias',
] as const;

/**
 * One S4D layer of H channels. input: (B, L, H). Returns (B, L, H).
 *
 * Parameters under their official names: D (H), kernel.C (H, N/2, 2), kernel.log_dt (H), kernel.log_A_real and
 * kernel.A_imag (H, N/2), output_linear.0.weight (2 H, H, 1) and output_linear.0.bias (2 H).
 *
 * Throws a UsageError for a missing or unknown parameter and for shapes that do not fit.
 */
export function s4d(input: Tensor, parameters: Record<string, Tensor>): Tensor {
  requireAxes('s4d', 'input', input, 3, '(B, L, H)');
  for (const name of names) requireTensor('s4d', name, parameters[name]);
  const unknown = Object.keys(parameters).find((name) => !(names as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new UsageError('s4d', `unknown parameter ${unknown}, expected ${names.join(', ')}. Leave it out.`);
  }
  const H = input.width;
  const { D } = parameters;
  requireShape('s4d', 'D', D, [H], 'the channels of the input');
  const modes = s4dModes({
    C: parameters['kernel.C'],
    logDt: parameters['kernel.log_dt'],
    logAReal: parameters['kernel.log_A_real'],
    AImag: parameters['kernel.A_imag'],
  });
  if (modes.width !== H) {
    const got = show(parameters['kernel.C'].shape);
    throw new UsageError('s4d', `kernel.C is ${got}, expected ${H} as its first axis, the channels of the input.`);
  }
  const { y } = s4dScan({ u: input, modes, D });
  return s4dOutput(y, parameters['output_linear.0.weight'], parameters['output_linear.0.bias']);
}

/** GLU(W gelu(y) + b). weight: (2 H, H, 1), a convolution of one tap; without the gate (H, H, 1). */
export function s4dOutput(y: Tensor, weight: Tensor, bias: Tensor, gated = true): Tensor {
  const H = y.width;
  const out = gated ? 2 * H : H;
  requireShape('s4d', 'output_linear.0.weight', weight, [out, H, 1], 'a map of the channels, one tap wide');
  requireShape('s4d', 'output_linear.0.bias', bias, [out], 'one for each row of output_linear.0.weight');
  const mapped = linear(gelu(y), reshape(weight, [out, H]), bias);
  if (!gated) return mapped;
  const [value, gate] = split(mapped, 2);
  return mul(value, sigmoid(gate));
}
