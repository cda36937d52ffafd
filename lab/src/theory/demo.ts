/** A step of docs/theory.md as code: numbers for a table, and a figure. */
import { mean } from '@mamba-ts/core/math';
import type { Backend } from '@mamba-ts/core/tensor';
import type { Figure } from '@mamba-ts/forecast/chart';

export interface Demo {
  name: string;
  about: string;
  /** `backend` opens a backend, for demos that run tensors. */
  run(backend: () => Promise<Backend>): DemoResult | Promise<DemoResult>;
}

export interface DemoResult {
  /** The first row is the header. */
  table: string[][];
  /** What the numbers say, in a sentence. */
  finding: string;
  figure: Figure;
}

/** 0, step, 2 step, … */
export const times = (count: number, step: number): number[] => Array.from({ length: count }, (_, i) => i * step);
/** 1.2e-7 */
export const tiny = (value: number): string => (value === 0 ? '0' : value.toExponential(1));
/** The largest absolute value. */
export const largest = (values: readonly number[]): number =>
  values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
/** The root of the mean square. */
export const rms = (values: readonly number[]): number => Math.sqrt(mean(values.map((value) => value * value)));
/** A pair of eigenvalues: −0.200 ± 1.990i, or both values where they are real. */
export function pair([first, second]: readonly { re: number; im: number }[], digits = 3): string {
  const text = (value: number) => value.toFixed(digits).replace('-', '−');
  return first.im === 0 ? `${text(first.re)}, ${text(second.re)}` : `${text(first.re)} ± ${text(Math.abs(first.im))}i`;
}
