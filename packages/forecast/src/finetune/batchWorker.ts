/** Makes lessons in a thread of its own, while the trainer learns from the one before. */
import { nodeModule } from '@mamba-ts/core/node';
import { lessonOf } from './task.ts';

const { parentPort, workerData } = nodeModule('worker_threads');
const { seed, budget } = workerData as { seed: number; budget: number };

parentPort?.on('message', (index: number) => {
  const lesson = lessonOf(seed, budget, index);
  const { lengths, features, candidates, targets, weights } = lesson;
  const buffers = [lengths, features, candidates, targets, weights].map(({ buffer }) => buffer as ArrayBuffer);
  parentPort?.postMessage({ index, lesson }, buffers);
});
