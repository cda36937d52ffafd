/** Trains the model and generates text, off the main thread. */
import { byteTokenizer, createModel, generateText, openBackend, Trainer, textData } from 'mamba-ts';
import type { Reply, Request } from './messages.ts';

const CONFIG = { model: 'mamba', vocabSize: 256, dModel: 96, nLayer: 2 } as const;
const TRAINING = { batchSize: 8, blockSize: 96, learningRate: 4e-3, warmupIters: 10 };
const SAMPLE_EVERY = 100;

const send = (reply: Reply) => self.postMessage(reply);
const tokenizer = byteTokenizer();

async function prepare() {
  const backend = await openBackend();
  const model = await createModel(CONFIG, { backend, seed: 1 });
  const response = await fetch(new URL('../../packages/mamba-ts/data/shakespeare.txt', import.meta.url));
  const data = await textData(await response.text(), tokenizer);
  send({ kind: 'ready', device: backend.device.description });
  return { model, data };
}
const prepared = prepare();

let trainer: Trainer | undefined;
let stopped = false;

async function train(steps: number): Promise<void> {
  const { model, data } = await prepared;
  trainer ??= new Trainer(model, data, { ...TRAINING, maxIters: 100_000 });
  stopped = false;
  for (let i = 0; i < steps && !stopped; i++) {
    const begun = performance.now();
    const { iter, loss, tokens } = await trainer.step();
    send({ kind: 'step', iter, loss, bytesPerSecond: (1000 * tokens) / (performance.now() - begun) });
    if (iter % SAMPLE_EVERY === 0 && i + 1 < steps) await write('ROMEO:', 0.7, 120);
    // Lets the worker receive messages.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  send({ kind: 'trained' });
}

async function write(prompt: string, temperature: number, maxTokens: number): Promise<void> {
  const { model } = await prepared;
  send({ kind: 'begin', prompt });
  for await (const text of generateText(model, tokenizer, prompt, {
    maxTokens,
    temperature,
    seed: Date.now() % 2 ** 31,
  })) {
    send({ kind: 'piece', text });
  }
  send({ kind: 'written' });
}

const failed = (error: Error) => send({ kind: 'failed', message: error.message });
prepared.catch(failed);

self.onmessage = ({ data }: MessageEvent<Request>) => {
  if (data.kind === 'stop') stopped = true;
  else if (data.kind === 'train') train(data.steps).catch(failed);
  else write(data.prompt, data.temperature, 400).catch(failed);
};
