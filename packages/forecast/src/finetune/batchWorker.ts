/** The thread of batchThread.ts: makes batches while the trainer uses the ones before. */
import { nodeModule } from '@mamba-ts/core/node';
import { syntheticBatch } from './syntheticSeries.ts';

const { parentPort, workerData } = nodeModule('worker_threads');
const { seed, budget } = workerData as { seed: number; budget: number };

parentPort?.on('message', (index: number) => {
  const batch = syntheticBatch(seed, budget, index);
  const { lengths, features, candidates, targets, weights } = batch;
  const buffers = [lengths, features, candidates, targets, weights].map(({ buffer }) => buffer as ArrayBuffer);
  parentPort?.postMessage({ index, batch }, buffers);
});
