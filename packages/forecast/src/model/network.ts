/**
 * The network of the forecaster: steps of a PatchReader in, quantiles of the next patch out.
 *
 *   raw = decoder(backbone(encoder(features)))        quantiles = mixture of the candidates ± softplus steps
 *
 * A sequence model of any family that carries a state; what is special is the head (ops/quantiles.ts).
 */

import type { State } from '@mamba-ts/core/layers';
import type { SequenceModel } from '@mamba-ts/core/models';
import { quantiles, reshape } from '@mamba-ts/core/ops';
import type { Tensor } from '@mamba-ts/core/tensor';
import { GRID } from '../quantiles.ts';
import { CANDIDATES, FEATURES } from './patchFeatures.ts';
import { PATCH } from './window.ts';

/** What the reader and the head ask of a sequence model. */
export const NETWORK_SHAPE = {
  dInput: FEATURES,
  nTargets: CANDIDATES + GRID.length * PATCH,
  output: 'step',
} as const;

/** Steps of several series: the longest has L, the others are padded at the end. */
export interface Steps {
  readonly B: number;
  readonly L: number;
  readonly lengths: Int32Array;
  /** (B, L, FEATURES) */
  readonly features: Float32Array;
  /** (B, L, CANDIDATES, PATCH) */
  readonly candidates: Float32Array;
}

/** → quantiles (B · L, levels, PATCH) in units from the base, and the state behind the last step. */
export function forwardSteps(
  model: SequenceModel,
  { B, L, lengths, features, candidates }: Steps,
  state?: State,
): { quantiles: Tensor; state: State } {
  const { outputs, state: after } = model.forward({ inputs: features, B, L, lengths }, { state });
  const { backend } = model;
  const raw = reshape(outputs, [B * L, NETWORK_SHAPE.nTargets]);
  const given = backend.tensor(candidates, [B * L, CANDIDATES, PATCH]);
  return {
    quantiles: quantiles({ raw, candidates: given, offset: backend.tensor(OFFSETS, [GRID.length]) }),
    state: after,
  };
}

/** Where a network that knows nothing puts the quantiles: those of a Laplace distribution of mean error 1. */
const OFFSETS = Float32Array.from(GRID, (_, i) => {
  const middle = (GRID.length - 1) / 2;
  if (i === middle) return 0;
  const inner = i > middle ? i - 1 : i + 1;
  return Math.log(Math.expm1(Math.abs(laplace(GRID[i]) - laplace(GRID[inner]))));
});

function laplace(p: number): number {
  return p < 0.5 ? Math.log(2 * p) : -Math.log(2 * (1 - p));
}
