/** How much memory a training step needs, said before the first. */
import { UsageError } from '../errors.ts';
import type { Model } from '../models/model.ts';
import { nodeModule } from '../node.ts';
import type { Backend } from '../tensor/backend.ts';

/** Bytes: weights, gradients and two moments; what the forward keeps; the outputs and their gradient. */
export function trainingBytes(model: Model, batchSize: number, blockSize: number): number {
  const parameters = 4 * model.tree.count();
  const tokens = batchSize * blockSize;
  const outputs = 2 * model.outputsPerToken;
  return 4 * (parameters + tokens * (model.activationsPerToken + outputs));
}

/** Throws where the step cannot fit. The model needs no values yet. */
export function checkMemory(model: Model, backend: Backend, batchSize: number, blockSize: number): void {
  const needed = trainingBytes(model, batchSize, blockSize);
  const lack = lackOf(needed, backend);
  if (lack) {
    throw new UsageError(
      'train',
      `a step of ${batchSize} × ${blockSize} tokens needs about ${lack}. ` +
        'Use a smaller --batch-size with --gradient-accumulation, a smaller --block-size, or a smaller model.',
    );
  }
}

/** '9 GiB, this machine has 4 GiB' where so much does not fit; nothing where it does. */
export function lackOf(needed: number, { name }: Backend): string | undefined {
  const isWasm = name === 'wasm';
  const available = isWasm ? 2 ** 32 : nodeModule('os').totalmem();
  if (needed <= available) return undefined;
  return `${size(needed)}, ${isWasm ? 'WebAssembly addresses' : 'this machine has'} ${size(available)}`;
}

/** Throws where the data has sequences that the model cannot read to their end. */
export function checkLength(model: Model, longest: number): void {
  if (longest <= model.maxSteps) return;
  throw new UsageError(
    'train',
    `the longest sequence to read has ${longest} steps, expected at most maxLength = ${model.maxSteps}. ` +
      'Raise --max-length, set a --window, or read shorter ones: --block-size for text, --cut-to for examples, no --carry-state.',
  );
}

/** 1.2 GiB, 340 MiB */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 2 ** (10 * power);
  return `${value.toFixed(value < 10 && power > 0 ? 1 : 0)} ${units[power]}`;
}
