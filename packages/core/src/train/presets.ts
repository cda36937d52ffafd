/** Named settings for `mamba-ts train --preset NAME`: model sizes with matching training options. */
export const presets: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  /** `mamba-ts play`: 1.1 MB of Shakespeare in about a minute on two cores. */
  play: {
    dModel: 128,
    nLayer: 2,
    batchSize: 8,
    blockSize: 128,
    maxIters: 100_000,
    maxSeconds: 75,
    learningRate: 6e-3,
    minLearningRate: 1e-4,
    warmupIters: 20,
    evalEvery: 200,
    evalBatches: 10,
  },
  /** Seconds: to test that everything works. */
  tiny: {
    dModel: 32,
    nLayer: 2,
    batchSize: 4,
    blockSize: 64,
    maxIters: 100,
    learningRate: 5e-3,
    warmupIters: 10,
    evalEvery: 50,
  },
  /** Minutes to an hour: a usable model. */
  small: {
    dModel: 256,
    nLayer: 4,
    batchSize: 8,
    blockSize: 512,
    maxIters: 2000,
    learningRate: 1.5e-3,
    warmupIters: 100,
    evalEvery: 200,
  },
};
