/** Mean of logsumexp(logits) − logits[target] over the rows whose target is not negative. */
import { type Array64, array, rowsOf } from './array.ts';

export function crossEntropy(logits: Array64, targets: Int32Array): Array64 {
  const { rows, width: V } = rowsOf(logits);
  let [total, count] = [0, 0];
  for (let r = 0; r < rows; r++) {
    if (targets[r] < 0) continue;
    const row = logits.data.subarray(r * V, (r + 1) * V);
    const top = Math.max(...row);
    let sum = 0;
    for (const value of row) sum += Math.exp(value - top);
    total += top + Math.log(sum) - row[targets[r]];
    count++;
  }
  return array([], [total / count]);
}
