import { type Job, type JobReport, runJob } from './job.ts';

declare global {
  var run: (job: Job, where: 'page' | 'Worker') => Promise<JobReport>;
}

globalThis.run = (job, where) => {
  if (where === 'page') return runJob(job);
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return new Promise<JobReport>((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.report));
    worker.onerror = ({ message }) => reject(new Error(`the Worker did not start: ${message}`));
    worker.postMessage(job);
  }).finally(() => worker.terminate());
};
