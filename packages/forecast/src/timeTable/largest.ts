/** The largest value that a series may have, of either sign: squares of differences must stay finite. */
export const LARGEST = 1e100;
export const isTooLarge = (value: number): boolean => Math.abs(value) > LARGEST;
