/** One step of AdamW (Loshchilov & Hutter 2019), as torch.optim.AdamW computes it; in place. */
export interface AdamW {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  decay: number;
  /** Counts from 1. */
  step: number;
}

export function adamw(p: Float64Array, g: Float64Array, m: Float64Array, v: Float64Array, options: AdamW): void {
  const { lr, beta1, beta2, eps, decay, step } = options;
  for (let i = 0; i < p.length; i++) {
    p[i] -= lr * decay * p[i];
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2;
    const mHat = m[i] / (1 - beta1 ** step);
    const vHat = v[i] / (1 - beta2 ** step);
    p[i] -= (lr * mHat) / (Math.sqrt(vHat) + eps);
  }
}
