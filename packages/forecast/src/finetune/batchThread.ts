/** Lessons out of a worker, two ahead of the one that was asked for: equal to those made here. */
import { nodeModule } from '@mamba-ts/core/node';
import { packageFile } from '@mamba-ts/core/packageFile';
import type { LessonSource } from './task.ts';
import type { LessonSteps } from './trainingBatch.ts';

const AHEAD = 2;

interface Wanted {
  lesson: Promise<LessonSteps>;
  resolve(lesson: LessonSteps): void;
  reject(error: Error): void;
}

export function lessonsFromThread(seed: number, budget: number): { source: LessonSource; close(): Promise<void> } {
  const { Worker } = nodeModule('worker_threads');
  const worker = new Worker(packageFile(() => new URL('./batchWorker.js', import.meta.url)), { workerData: { seed, budget } });
  const wanted = new Map<number, Wanted>();
  worker.on('error', (error) => {
    for (const { reject } of wanted.values()) reject(error);
  });
  worker.on('message', ({ index, lesson }: { index: number; lesson: LessonSteps }) => {
    wanted.get(index)?.resolve(lesson);
  });
  const ask = (index: number) => {
    if (wanted.has(index)) return;
    const settle = {} as Pick<Wanted, 'resolve' | 'reject'>;
    const lesson = new Promise<LessonSteps>((resolve, reject) => Object.assign(settle, { resolve, reject }));
    // An error of one that is not awaited yet is met when it is.
    lesson.catch(() => {});
    wanted.set(index, { lesson, ...settle });
    worker.postMessage(index);
  };
  return {
    async source(index) {
      for (let i = index; i <= index + AHEAD; i++) ask(i);
      const lesson = await (wanted.get(index) as Wanted).lesson;
      wanted.delete(index);
      return lesson;
    },
    async close() {
      await worker.terminate();
    },
  };
}
