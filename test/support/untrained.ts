/** A small forecaster with random weights, the same in every run. */

import { createSequenceModel, sequenceConfigOf } from '../../packages/core/src/models/registered.ts';
import { Forecaster } from '../../packages/forecast/src/forecaster.ts';
import { NETWORK_SHAPE } from '../../packages/forecast/src/model/network.ts';
import { ModelForecaster } from '../../packages/forecast/src/modelForecaster.ts';
import { anyBackend } from './backends.ts';

export async function untrained(
  sizes: { dModel?: number; nLayer?: number; dState?: number } = {},
): Promise<Forecaster> {
  const config = { model: 'mamba', dModel: 16, nLayer: 1, dState: 8, ...sizes, ...NETWORK_SHAPE };
  return new Forecaster(
    new ModelForecaster(await createSequenceModel(sequenceConfigOf(config), { backend: anyBackend, seed: 3 })),
  );
}
