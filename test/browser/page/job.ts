/** The work of a page under test, on its main thread or in a Worker. */
import {
  byteTokenizer,
  createModel,
  generateText,
  loadModel,
  loadTokenizer,
  openBackend,
  Trainer,
  textData,
} from 'mamba-ts';

export interface Job {
  threads: number;
  /** Simulates a browser without relaxed SIMD. */
  withoutRelaxedSimd?: boolean;
  train?: { text: string; steps: number };
  /** The URL of a checkpoint's folder, and the tokens that the model reads. */
  load?: { url: string; tokens: number[][] };
}

export interface JobReport {
  isolated: boolean;
  inWorker: boolean;
  threads: number;
  description: string;
  losses: number[];
  text: string;
  logits: number[];
}

export async function runJob(job: Job): Promise<JobReport> {
  const { validate } = WebAssembly;
  if (job.withoutRelaxedSimd) WebAssembly.validate = () => false;
  const backend = await openBackend('auto', { threads: job.threads });
  WebAssembly.validate = validate;
  const report: JobReport = {
    isolated: globalThis.crossOriginIsolated,
    inWorker: typeof document === 'undefined',
    threads: backend.device.threads,
    description: backend.device.description,
    losses: [],
    text: '',
    logits: [],
  };
  // Loads a chunk of the page lazily.
  const tokenizer = await loadTokenizer(byteTokenizer().toJSON());
  if (job.train) {
    const model = await createModel({ vocabSize: 256, dModel: 32, nLayer: 2 }, { backend, seed: 1 });
    const data = await textData(job.train.text, tokenizer);
    const trainer = new Trainer(model, data, { batchSize: 4, blockSize: 64, learningRate: 0.01, warmupIters: 0 });
    for (let i = 0; i < job.train.steps; i++) report.losses.push((await trainer.step()).loss);
    for await (const piece of generateText(model, tokenizer, 'What', { maxTokens: 20, temperature: 0 }))
      report.text += piece;
  }
  if (job.load) {
    const model = await loadModel(job.load.url, { backend });
    report.logits = [...(await model.forward(job.load.tokens).logits.data())];
  }
  backend.dispose();
  return report;
}
