/** The variants of the experiment, and what their runs give. */
import type { SystemName } from './springSystems.ts';

/** Sizes of a family in place of its defaults, which are for larger models, and its work next to an update of S4D. */
export const springModels = {
  mamba: { name: 'Mamba', sizes: {}, work: 2 },
  mamba3: { name: 'Mamba-3', sizes: { dState: 32, headDim: 16 }, work: 3 },
  s4d: { name: 'S4D', sizes: {}, work: 1 },
} as const;
export type SpringModel = keyof typeof springModels;

/** The predictors that need no training. */
export const predictorNames = {
  kalman: 'Kalman filter, knows the equations',
  linear: 'best linear predictor',
  naive: 'last measurement',
} as const;
export type PredictorName = keyof typeof predictorNames;

/** A model, or all predictors that need no training. */
export type SpringVariant =
  | { system: SystemName; model: SpringModel; seed: number }
  | { system: SystemName; model: 'known' };

/** A trajectory of the test, from its first step. */
export interface Example {
  positions: number[];
  measured: number[];
  switches: number[];
}

export interface SpringResult {
  /** Root mean squared errors at horizons from 0 on, in m, by predictor. */
  errors: Record<string, number[]>;
  /** The same on the system's other world, if it has one. */
  other?: Record<string, number[]>;
  /** The prediction of the example by each predictor, at horizons from 0 on. */
  predicted: Record<string, number[]>;
  /** The trajectory on which the error of the Kalman filter is the median. */
  example?: Example;
  /** Of a model. */
  parameters?: number;
  seconds?: number;
}
