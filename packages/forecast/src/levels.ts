/** Probabilities and levels: how they are rounded, named, and turned into each other. */

/** Digits that a probability keeps. */
const DIGITS = 12;

/** Rounded to 12 digits, so that (1 − 0.95) / 2 is 0.025 and 0.1 + 0.2 is 0.3. */
export const tidy = (value: number): number => Number(value.toFixed(DIGITS));

/** The key of a probability or a level in results: '0.1', '0.025', '80', '97.5'. */
export const quantileKey = (value: number): string => String(tidy(value));

/** The probabilities at the ends of the central interval of `level` per cent: 80 has 0.1 and 0.9. */
export const boundsOf = (level: number): [number, number] => [tidy((100 - level) / 200), tidy((100 + level) / 200)];

/** Rising, each once. */
export const rising = (values: readonly number[]): number[] => [...new Set(values.map(tidy))].sort((a, b) => a - b);
