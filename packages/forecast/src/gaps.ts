/** Gaps in a series, filled for methods that need every value. The model itself reads gaps as missing values. */

/** Fills gaps with straight lines between their neighbours, at the ends with the nearest value. */
export function withoutGaps(values: Float64Array): Float64Array {
  const y = values.slice();
  let before = -1;
  for (let t = 0; t <= y.length; t++) {
    if (t < y.length && Number.isNaN(y[t])) continue;
    const to = t < y.length ? y[t] : y[before];
    const from = before >= 0 ? y[before] : to;
    for (let i = before + 1; i < t; i++) y[i] = from + ((to - from) * (i - before)) / (t - before);
    before = t;
  }
  return y;
}
