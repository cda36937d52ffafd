/**
 * Softmax and its normaliser in f64, with the largest logit taken out so that no exponential overflows.
 *
 *   logSumExp(x) = m + log Σ exp(xᵢ − m), m = max x        softmax(x)ᵢ = exp(xᵢ − m) / Σ exp(xⱼ − m)
 *
 * log p of class k under logits x is x[k] − logSumExp(x).
 */

type Logits = ArrayLike<number>;

function largest(logits: Logits): number {
  let most = -Infinity;
  for (let i = 0; i < logits.length; i++) most = Math.max(most, logits[i]);
  return most;
}

/** −∞ for no logits. */
export function logSumExp(logits: Logits): number {
  const most = largest(logits);
  if (most === -Infinity) return most;
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += Math.exp(logits[i] - most);
  return most + Math.log(total);
}

/** Probabilities that sum to 1. */
export function softmax(logits: Logits): Float64Array {
  const most = largest(logits);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - most));
  let total = 0;
  for (const power of powers) total += power;
  return powers.map((power) => power / total);
}
