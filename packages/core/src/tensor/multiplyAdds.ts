/**
 * Multiply-adds of a forward pass: operations report theirs, and countMultiplyAdds() sums them up.
 *
 * As is usual, matrix products, convolutions, attention and scans count. Element-wise operations, norms and activations
 * do not.
 */

let counted: number | undefined;

/** Called by an operation, before it computes. */
export function reportMultiplyAdds(count: number): void {
  if (counted !== undefined) counted += count;
}

/** Runs `f` and counts the multiply-adds of its operations. */
export function countMultiplyAdds(f: () => void): number {
  const outer = counted;
  counted = 0;
  try {
    f();
    return counted;
  } finally {
    counted = outer;
  }
}
