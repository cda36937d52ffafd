/** Synthetic batches from a worker thread, two ahead of the one requested: the same as those made in this thread. */
import { nodeModule } from '@mamba-ts/core/node';
import type { BatchSource } from './batchSource.ts';
import type { TrainingSteps } from './trainingBatch.ts';

const AHEAD = 2;

interface Request {
  batch: Promise<TrainingSteps>;
  resolve(batch: TrainingSteps): void;
  reject(error: Error): void;
}

/** `seed` and `budget` as in syntheticBatch(). Close the thread after use. */
export function batchesFromThread(seed: number, budget: number): { source: BatchSource; close(): Promise<void> } {
  const { Worker } = nodeModule('worker_threads');
  const worker = new Worker(new URL('./batchWorker.js', import.meta.url), { workerData: { seed, budget } });
  const requests = new Map<number, Request>();
  worker.on('error', (error) => {
    for (const { reject } of requests.values()) reject(error);
  });
  worker.on('message', ({ index, batch }: { index: number; batch: TrainingSteps }) => {
    requests.get(index)?.resolve(batch);
  });
  const request = (index: number): Request => {
    const pending = requests.get(index);
    if (pending) return pending;
    const settle = {} as Pick<Request, 'resolve' | 'reject'>;
    const batch = new Promise<TrainingSteps>((resolve, reject) => Object.assign(settle, { resolve, reject }));
    // An error before the batch is awaited is thrown when it is.
    batch.catch(() => {});
    const made = { batch, ...settle };
    requests.set(index, made);
    worker.postMessage(index);
    return made;
  };
  return {
    async source(index) {
      const { batch } = request(index);
      for (let i = index + 1; i <= index + AHEAD; i++) request(i);
      const steps = await batch;
      requests.delete(index);
      return steps;
    },
    async close() {
      await worker.terminate();
    },
  };
}
