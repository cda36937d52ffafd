/**
 * AdamW (Loshchilov & Hutter 2019), as torch.optim.AdamW computes it, with clipping by global norm.
 *
 *   m ← β₁ m + (1 − β₁) g      v ← β₂ v + (1 − β₂) g²      p ← p (1 − lr λ) − lr m̂ / (√v̂ + ε)
 */
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

export class AdamW {
  /** Updates so far. */
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

  /** One update at the learning rate `lr`; gradients are multiplied by `scale` first. */
  step(grads: Record<string, Tensor>, lr: number, scale = 1): void {
    this.steps++;
    const { beta1, beta2, eps, weightDecay } = this.options;
    const step1 = 1 - beta1 ** this.steps;
    const step2 = Math.sqrt(1 - beta2 ** this.steps);
    for (const { name, value, decay } of this.parameters) {
      const { m, v } = this.moments.get(name) as { m: Tensor; v: Tensor };
      const rate = decay ? weightDecay : 0;
      value.storage.version++;
      value.backend.device.run(
        'adamw',
        value.size,
        PART,
        value.pointer,
        grads[name].pointer,
        m.pointer,
        v.pointer,
        scale,
        lr,
        beta1,
        beta2,
        eps,
        rate,
        step1,
        step2,
      );
    }
  }

  dispose(): void {
    for (const { m, v } of this.moments.values()) {
      m.dispose();
      v.dispose();
    }
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
    x.backend.device.run('sum_parts', count, 8, x.pointer, parts.pointer, x.size, PART, 1);
    return parts.read().reduce((sum, part) => sum + part, 0);
  });
}

/** to += x */
export function accumulate(to: Tensor, x: Tensor): void {
  to.backend.device.run('scale_add', to.size, PART, x.pointer, to.pointer, 1, 1);
}
