/** What a step of docs/theory.md is as code: numbers for a table, and a figure. */
import type { Backend } from '@mamba-ts/core/tensor';
import type { Figure } from '@mamba-ts/forecast/chart';

export interface Demo {
  name: string;
  about: string;
  /** `backend` opens one: only for demos that run tensors. */
  run(backend: () => Promise<Backend>): Shown | Promise<Shown>;
}

export interface Shown {
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
export const largest = (values: readonly number[]): number =>
  values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
export const rms = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
/** −0.20 ± 1.99i, or both when real. */
export function pair([first, second]: readonly { re: number; im: number }[], digits = 3): string {
  const text = (value: number) => value.toFixed(digits).replace('-', '−');
  return first.im === 0 ? `${text(first.re)}, ${text(second.re)}` : `${text(first.re)} ± ${text(Math.abs(first.im))}i`;
}
