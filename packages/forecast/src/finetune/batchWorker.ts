/**
 * The thread of batchThread.ts: makes batches while the trainer uses the ones before. It has a lower priority than the
 * threads of the kernels, which would wait for the one whose core it takes.
 */
import { nodeModule } from '@mamba-ts/core/node';
import { syntheticBatch } from './syntheticSeries.ts';

const { parentPort, workerData } = nodeModule('worker_threads');
const { seed, budget } = workerData as { seed: number; budget: number };
// On Linux, priorities belong to threads; elsewhere to the process, which keeps its own.
const { getPriority, platform, setPriority } = nodeModule('os');
if (platform() === 'linux') setPriority(0, Math.min(19, getPriority(0) + 5));

parentPort?.on('message', (index: number) => {
  const batch = syntheticBatch(seed, budget, index);
  const { lengths, features, candidates, targets, weights } = batch;
  const buffers = [lengths, features, candidates, targets, weights].map(({ buffer }) => buffer as ArrayBuffer);
  parentPort?.postMessage({ index, batch }, buffers);
});
