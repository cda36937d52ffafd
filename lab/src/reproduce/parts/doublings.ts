/** `from` and its doublings, up to `to`. */
export function doublings(from: number, to: number): number[] {
  const lengths: number[] = [];
  for (let length = from; length <= to; length *= 2) lengths.push(length);
  return lengths;
}
