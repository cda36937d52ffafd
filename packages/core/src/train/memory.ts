/** Checks before training: the memory of a step, and the length of sequences. */
import { UsageError } from '../errors.ts';
import type { Model } from '../models/model.ts';
import { nodeModule } from '../node.ts';
import type { Backend } from '../tensor/backend.ts';

/** Throws UsageError if a step does not fit into memory. The model needs no values. */
export function checkMemory(model: Model, backend: Backend, batchSize: number, blockSize: number): void {
  const needed = model.trainingBytes(batchSize, blockSize);
  const lack = lackOf(needed, backend);
  if (lack) {
    throw new UsageError(
      'train',
      `a step of ${batchSize} × ${blockSize} tokens needs about ${lack}. ` +
        'Use a smaller --batch-size with --gradient-accumulation, a smaller --block-size, or a smaller model.',
    );
  }
}

/** '9 GiB, this machine has 4 GiB' if `needed` bytes do not fit; undefined if they do. */
export function lackOf(needed: number, { name }: Backend): string | undefined {
  const isWasm = name === 'wasm';
  const available = isWasm ? 2 ** 32 : nodeModule('os').totalmem();
  if (needed <= available) return undefined;
  return `${size(needed)}, ${isWasm ? 'WebAssembly addresses' : 'this machine has'} ${size(available)}`;
}

/** Throws UsageError if the data has longer sequences than the model can read. */
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
