/** The loss of a language model over a token store: nats per token, bits per byte, perplexity. */
import { BatchSampler } from '../data/sampler.ts';
import type { TokenStore } from '../data/store.ts';
import { UsageError } from '../errors.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { scope } from '../tensor/scope.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';

export interface Evaluation {
  /** Mean cross-entropy in nats per token. */
  loss: number;
  /** Bits per byte of the text that the tokens encode. */
  bitsPerByte: number;
  perplexity: number;
  /** What was read. */
  tokens: number;
  bytes: number;
}

export interface EvaluationOptions {
  /** Rows of a batch. */
  batchSize: number;
  /** Tokens of a row. */
  blockSize: number;
  /** The maximum number of batches to read. Default: all. */
  batches?: number;
  onBatch?: (done: number, of: number) => void;
}

/**
 * Measures the model on windows of blockSize tokens, one after another.
 * Throws UsageError for data that is shorter than a window.
 *
 * @example
 * const { bitsPerByte } = await evaluate(model, validation, byteTokenizer(), { batchSize: 8, blockSize: 256 });
 */
export async function evaluate(
  model: LanguageModel,
  data: TokenStore,
  tokenizer: Tokenizer,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const { batchSize, blockSize, batches = Infinity } = options;
  requireBatches(batches);
  const sampler = new BatchSampler(data, { mode: 'sequential', batchSize, blockSize });
  const count = Math.min(batches, sampler.batchesPerPass);
  let nats = 0;
  let tokens = 0;
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const batch = await sampler.next();
    const loss = scope(() => model.loss(batch, batch.targets, { documents: batch.documents }).read()[0]);
    const size = batch.B * batch.L;
    nats += loss * size;
    tokens += size;
    for (let b = 0; b < batch.B; b++)
      bytes += byteCount(tokenizer, batch.targets.subarray(b * batch.L, (b + 1) * batch.L));
    options.onBatch?.(i + 1, count);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const loss = nats / tokens;
  return { loss, bitsPerByte: nats / Math.LN2 / bytes, perplexity: Math.exp(loss), tokens, bytes };
}

/** Throws UsageError unless `batches` is a whole number ≥ 1, or Infinity for all. */
export function requireBatches(batches: number): void {
  if ((batches === Infinity || Number.isInteger(batches)) && batches >= 1) return;
  throw new UsageError('evaluate', `batches is ${batches}, expected a whole number ≥ 1.`);
}

const encoder = new TextEncoder();

function byteCount(tokenizer: Tokenizer, ids: Int32Array): number {
  const list = Array.from(ids);
  return tokenizer.decodeBytes ? tokenizer.decodeBytes(list).length : encoder.encode(tokenizer.decode(list)).length;
}
