/** The models, batches and steps that several figures share. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel, scope, valueAndGrad } from '@mamba-ts/core';
import { AdamW } from '@mamba-ts/core/tensor';
import { presets } from '@mamba-ts/core/train';

const { dModel, nLayer, batchSize, blockSize } = presets.play;

/** Bytes as tokens, tied embeddings, everything else as the official module has it. */
export const models = {
  play: { dModel, nLayer, vocabSize: 256, B: batchSize, L: blockSize },
  d64: { dModel: 64, nLayer: 2, vocabSize: 256, B: 4, L: 1024 },
  d256: { dModel: 256, nLayer: 4, vocabSize: 256, B: 8, L: 512 },
  /** state-spaces/mamba-130m. */
  m130: { dModel: 768, nLayer: 24, vocabSize: 50280, B: 1, L: 512 },
  /** Every family at one size, with its other options. The peer's loop over the steps of Mamba-3 keeps 1 GB a row. */
  ...Object.fromEntries(
    Object.entries({
      mamba1: { model: 'mamba' },
      rwkv4: { model: 'rwkv4' },
      s4d: { model: 's4d' },
      mamba2: { model: 'mamba2', dState: 64 },
      mamba3: { model: 'mamba3', dState: 64 },
      transformer: { model: 'transformer' },
    }).map(([name, options]) => [
      name,
      { dModel: 256, nLayer: 4, vocabSize: 256, B: name === 'mamba3' ? 1 : 4, L: 512, options },
    ]),
  ),
};

export const adamW = { lr: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };

export function make(name, backend) {
  const { dModel, nLayer, vocabSize, options } = models[name];
  return createModel({ ...options, dModel, nLayer, vocabSize }, { backend, seed: 1 });
}

export const shakespeare = () => readFileSync(new URL('../packages/mamba-ts/data/shakespeare.txt', import.meta.url));

/** B rows of L bytes of Shakespeare and the bytes after them; larger vocabularies get the bytes spread over them. */
export function batchOf(name) {
  const { B, L, vocabSize } = models[name];
  const text = shakespeare();
  const spread = Math.max(1, Math.floor(vocabSize / 256));
  const at = (row, t) => text[Math.floor((row * text.length) / B) + t] * spread;
  const cells = Array.from({ length: B * L }, (_, i) => [Math.floor(i / L), i % L]);
  return {
    tokens: Int32Array.from(cells, ([row, t]) => at(row, t)),
    targets: Int32Array.from(cells, ([row, t]) => at(row, t + 1)),
    B,
    L,
  };
}

/** Forward, backward and AdamW over one batch; returns the loss from before the update. */
export function stepper(model, batch) {
  const { lr, ...options } = adamW;
  const optimizer = new AdamW(model.tree.list(), options);
  return () =>
    scope(() => {
      const { value, grads } = valueAndGrad(() => model.loss(batch, batch.targets), model.parameters);
      const loss = value.read()[0];
      optimizer.step(grads, lr);
      return loss;
    });
}

let folder;

/** Saves a model in a folder that is removed when the bench ends. */
export async function save(name, model) {
  if (!folder) {
    folder = mkdtempSync(join(tmpdir(), 'mamba-ts-bench-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  }
  const path = join(folder, name);
  await model.save(path);
  return path;
}
