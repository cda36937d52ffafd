/** Lessons out of a worker, two ahead of the one that was asked for: equal to those made here. */
import { nodeModule } from '../../node.ts';
import type { LessonSteps } from './lessons.ts';
import type { LessonSource } from './training.ts';

const AHEAD = 2;

export function lessonsFromThread(seed: number, budget: number): { source: LessonSource; close(): Promise<void> } {
  const { Worker } = nodeModule('worker_threads');
  const worker = new Worker(new URL('./lessonWorker.js', import.meta.url), { workerData: { seed, budget } });
  const wanted = new Map<number, { lesson: Promise<LessonSteps>; settle: (lesson: LessonSteps) => void }>();
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  worker.on('error', fail);
  worker.on('message', ({ index, lesson }: { index: number; lesson: LessonSteps }) =>
    wanted.get(index)?.settle(lesson),
  );
  const ask = (index: number) => {
    if (wanted.has(index)) return;
    let settle: (lesson: LessonSteps) => void = () => {};
    const lesson = new Promise<LessonSteps>((resolve) => {
      settle = resolve;
    });
    wanted.set(index, { lesson, settle });
    worker.postMessage(index);
  };
  return {
    async source(index) {
      for (let i = index; i <= index + AHEAD; i++) ask(i);
      const lesson = await Promise.race([wanted.get(index)?.lesson as Promise<LessonSteps>, failed]);
      wanted.delete(index);
      return lesson;
    },
    async close() {
      await worker.terminate();
    },
  };
}
