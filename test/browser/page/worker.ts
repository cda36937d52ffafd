import { type Job, runJob } from './job.ts';

self.onmessage = async ({ data }: MessageEvent<Job>) => {
  try {
    self.postMessage({ report: await runJob(data) });
  } catch (error) {
    self.postMessage({ error: String((error as Error).stack) });
  }
};
