/** What the experiment is told, and what its runs give. */
import type { Settings } from '../../experiment.ts';

export interface SpringSettings extends Settings {
  models: readonly string[];
  seeds: readonly number[];
  dModel: number;
  nLayer: number;
  /** Steps that are measured before the measurements fall silent. */
  measured: number;
  /** Steps of silence in training, and in the test. */
  ahead: number;
  horizon: number;
  updates: number;
  batchSize: number;
  learningRate: number;
  /** Trajectories of the test. */
  trajectories: number;
}

/** Of the test trajectory whose error of the Kalman filter is the middle one, from its first step. */
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
  /** What each predictor says of the example, at horizons from 0 on. */
  predicted: Record<string, number[]>;
  example?: Example;
  /** Of a model. */
  parameters?: number;
  seconds?: number;
}
