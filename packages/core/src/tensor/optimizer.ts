/**
 * AdamW (Loshchilov & Hutter 2019), as torch.optim.AdamW computes it, with clipping by global norm.
 *
 *   m ← β₁ m + (1 − β₁) g      v ← β₂ v + (1 − β₂) g²      p ← p (1 − lr λ) − lr m̂ / (√v̂ + ε)
 */
import { scaleAdd } from '../backend/kernels/elementwise.ts';
import { adamw } from '../backend/kernels/optimizer.ts';
import { sumParts } from '../backend/kernels/reduce.ts';
import type { Parameter } from './parameters.ts';
import { keep, scope } from './scope.ts';
import type { Tensor } from './tensor.ts';

export interface AdamWOptions {
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
}

const PART = 4096;

/**
 * The optimiser of training.
 *
 *   const optimizer = new AdamW(model.tree.list(), { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 });
 *   optimizer.step(grads, 1e-3);
 */
export class AdamW {
  /** The number of updates so far. */
  steps = 0;
  /** First and second moments by parameter. */
  readonly moments: Map<string, { m: Tensor; v: Tensor }>;

  constructor(
    private readonly parameters: readonly Parameter[],
    private readonly options: AdamWOptions,
  ) {
    this.moments = new Map(
      parameters.map(({ name, value }) => {
        const { backend, shape } = value;
        return [name, { m: keep(backend.zeros(shape)), v: keep(backend.zeros(shape)) }];
      }),
    );
  }

  /** One update at the learning rate `lr`. `grads` are by parameter name; they are multiplied by `scale` first. */
  step(grads: Record<string, Tensor>, lr: number, scale = 1): void {
    this.steps++;
    const { beta1, beta2, eps, weightDecay } = this.options;
    const step1 = 1 - beta1 ** this.steps;
    const step2 = Math.sqrt(1 - beta2 ** this.steps);
    for (const { name, value, decay } of this.parameters) {
      const { m, v } = this.moments.get(name) as { m: Tensor; v: Tensor };
      value.storage.version++;
      const operands = { p: value, g: grads[name], m, v };
      const numbers = { scale, lr, beta1, beta2, eps, decay: decay ? weightDecay : 0, step1, step2 };
      adamw(value.backend.device, value.size, PART, operands, numbers);
    }
  }

  /** Frees the moments. */
  dispose(): void {
    for (const { m, v } of this.moments.values()) {
      m.dispose();
      v.dispose();
    }
  }

  /** dispose(), for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** √(Σ g²) over all gradients, summed in a fixed order. */
export function gradientNorm(grads: Record<string, Tensor>): number {
  return Math.sqrt(Object.values(grads).reduce((sum, grad) => sum + sumOfSquares(grad), 0));
}

/** Σ x², in f64 over parts summed in f32. */
export function sumOfSquares(x: Tensor): number {
  return scope(() => {
    const count = Math.ceil(x.size / PART);
    if (count === 0) return 0;
    const parts = x.backend.empty([count]);
    sumParts(x.backend.device, count, 8, { x, parts }, { n: x.size, size: PART, squares: true });
    return parts.read().reduce((sum, part) => sum + part, 0);
  });
}

/** to += x */
export function accumulate(to: Tensor, x: Tensor): void {
  scaleAdd(to.backend.device, to.size, PART, { x, y: to }, { scale: 1, offset: 1 });
}
