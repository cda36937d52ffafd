/**
 * The network of the forecaster: the steps of PatchFeatures in, quantiles of the next patch out.
 *
 *   raw = decoder(backbone(encoder(features)))        quantiles = mixture of the candidates ± softplus steps
 *
 * Any sequence model with a state can be the network; the head is `quantiles` of @mamba-ts/core/ops.
 */

import type { State } from '@mamba-ts/core/layers';
import type { SequenceModel } from '@mamba-ts/core/models';
import { quantiles, reshape } from '@mamba-ts/core/ops';
import type { Tensor } from '@mamba-ts/core/tensor';
import { GRID } from '../quantiles.ts';
import { CANDIDATES, FEATURES } from './patchFeatures.ts';
import { PATCH } from './window.ts';

/** Config keys that the sequence model of a forecaster has. */
export const NETWORK_SHAPE = {
  dInput: FEATURES,
  nTargets: CANDIDATES + GRID.length * PATCH,
  output: 'step',
} as const;

/** Steps of B series. The longest has L steps, the others are padded at the end. */
export interface StepBatch {
  readonly B: number;
  readonly L: number;
  /** (B) */
  readonly lengths: Int32Array;
  /** (B, L, FEATURES) */
  readonly features: Float32Array;
  /** (B, L, CANDIDATES, PATCH) */
  readonly candidates: Float32Array;
}

/**
 * Runs the network from `state`, or from the start of the series.
 * @returns quantiles (B · L, GRID, PATCH), in units, relative to the base, and the state after the last step.
 */
export function forwardSteps(
  model: SequenceModel,
  { B, L, lengths, features, candidates }: StepBatch,
  state?: State,
): { quantiles: Tensor; state: State } {
  const { backend } = model;
  const { outputs, state: nextState } = model.forward({ inputs: features, B, L, lengths }, { state });
  return {
    quantiles: quantiles({
      raw: reshape(outputs, [B * L, NETWORK_SHAPE.nTargets]),
      candidates: backend.tensor(candidates, [B * L, CANDIDATES, PATCH]),
      offset: backend.tensor(OFFSETS, [GRID.length]),
    }),
    state: nextState,
  };
}

/** Offsets of the quantiles: raw outputs of 0 give those of a Laplace distribution with mean error 1. */
const OFFSETS = Float32Array.from(GRID, (probability, i) => {
  const median = (GRID.length - 1) / 2;
  if (i === median) return 0;
  const inner = i > median ? i - 1 : i + 1;
  return Math.log(Math.expm1(Math.abs(laplaceQuantile(probability) - laplaceQuantile(GRID[inner]))));
});

function laplaceQuantile(p: number): number {
  return p < 0.5 ? Math.log(2 * p) : -Math.log(2 * (1 - p));
}
