/** The document that a token belongs to, by the starts of the documents. */

/** The index of the document that holds `position`: the last one that starts at or before it. */
export function documentAt(starts: Float64Array, position: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle] <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The document of each of the `into.length` tokens from `begin` on. */
export function fillDocuments(into: Int32Array, starts: Float64Array, begin: number): void {
  let document = documentAt(starts, begin);
  for (let i = 0; i < into.length; i++) {
    while (starts[document + 1] <= begin + i) document++;
    into[i] = document;
  }
}
