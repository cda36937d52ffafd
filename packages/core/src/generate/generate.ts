/**
 * Generates tokens with a model, one at a time. The prompt is read in pieces and the model remembers a state of fixed
 * size, so memory does not grow with the length.
 */
import { UsageError } from '../errors.ts';
import type { State } from '../layers/state.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { Random } from '../random.ts';
import { completeField, type Field, field } from '../schema/index.ts';
import { type Sample, type SamplingOptions, sampleToken, samplingFields } from './sampling.ts';

export interface GenerateOptions extends SamplingOptions {
  /** The maximum number of tokens to generate. */
  maxTokens: number;
  /** The seed of the random choices. Default: 0. */
  seed?: number;
  /** The state before the prompt, which is not changed. Default: the start of a sequence. */
  state?: State;
  /** Ends generation at the next token. */
  signal?: AbortSignal;
  /** Generation ends before one of these. Default: none. */
  stopTokens?: readonly number[];
}

export interface Generated {
  readonly token: number;
  /** log p of the token under the model, in nats, before temperature and filters. */
  readonly logprob: number;
  /**
   * The state before this token is read. Generation continues from here with the token as the prompt. Read it before
   * the next token is requested, or after the last one; the caller then owns it and disposes it.
   */
  readonly state: State;
}

/** Tokens of the prompt that are read in one call. */
const PREFILL = 512;
/** Milliseconds after which the event loop gets a turn. */
const TURN_MS = 16;

const fields = {
  maxTokens: field.whole({ min: 0, advice: 'Say how many tokens to generate.' }),
  ...samplingFields,
};

/**
 * Generates up to `maxTokens` tokens after the prompt. Equal seeds give equal tokens.
 *
 * Throws UsageError for an empty prompt, a wrong option, a state of another model, and a sequence that is longer than
 * the model can read.
 *
 * @example
 * const tokenizer = byteTokenizer();
 * for await (const { token } of generate(model, tokenizer.encode('ROMEO:'), { maxTokens: 100, temperature: 0.8 })) {
 *   process.stdout.write(tokenizer.decode([token]));
 * }
 */
export async function* generate(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<Generated, void, undefined> {
  checkOptions(prompt, options);
  checkLength(model, prompt.length, options);
  const { maxTokens, seed = 0, signal, stopTokens = [] } = options;
  const random = new Random(seed).fork('sampling');
  const seen = new Set(prompt);
  let turnAt = performance.now();
  const yieldToEventLoop = async () => {
    if (performance.now() - turnAt < TURN_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    turnAt = performance.now();
  };

  const latest = new LatestState(options.state);
  let logits: Float32Array | undefined;
  for (let at = 0; at < prompt.length; at += PREFILL) {
    if (signal?.aborted) return;
    logits = await read(model, prompt.slice(at, at + PREFILL), latest);
    await yieldToEventLoop();
  }
  for (let count = 0; count < maxTokens; count++) {
    if (signal?.aborted) return;
    const usable = (logits as Float32Array).subarray(0, model.config.vocabSize);
    const sample = sampleToken(usable, options, random, seen);
    const { token } = sample;
    if (stopTokens.includes(token)) return;
    seen.add(token);
    yield latest.with(sample);
    if (count + 1 === maxTokens || signal?.aborted) return;
    logits = await read(model, [token], latest);
    await yieldToEventLoop();
  }
}

/** Reads tokens from the latest state. Resolves to the logits after the last one. */
async function read(model: LanguageModel, tokens: readonly number[], latest: LatestState): Promise<Float32Array> {
  const { logits, state } = model.forward([tokens], { state: latest.current, logits: 'last' });
  latest.replace(state);
  const values = await logits.data();
  logits.dispose();
  return values;
}

/** The latest state. Older ones are freed, except those that the caller has read. */
class LatestState {
  private isOurs = false;

  constructor(public current: State | undefined) {}

  replace(next: State): void {
    if (this.isOurs) this.current?.dispose();
    this.current = next;
    this.isOurs = true;
  }

  with(sample: Sample): Generated {
    const state = this.current as State;
    const latest = this;
    return {
      token: sample.token,
      get logprob() {
        return sample.logprob;
      },
      get state() {
        if (latest.current !== state) {
          throw new UsageError(
            'generate',
            'this state was freed when the next token was requested. Read it before that.',
          );
        }
        latest.isOurs = false;
        return state;
      },
    };
  }
}

function checkOptions(prompt: readonly number[], options: GenerateOptions): void {
  if (prompt.length === 0) {
    throw new UsageError(
      'generate',
      'the prompt has no tokens, expected at least 1. Begin with a newline or the end-of-document token.',
    );
  }
  for (const [name, field] of Object.entries(fields) as [keyof typeof fields, Field<number | undefined>][]) {
    completeField('generate', name, field, options[name]);
  }
}

/** The last token that is generated is not read. */
function checkLength({ maxSteps }: LanguageModel, prompt: number, { maxTokens, state }: GenerateOptions): void {
  const before = state?.position ?? 0;
  if (before + prompt + maxTokens - 1 <= maxSteps) return;
  throw new UsageError(
    'generate',
    `${before + prompt} tokens to read and ${maxTokens} to generate, expected at most maxLength = ${maxSteps} in total. ` +
      'Generate fewer tokens, or use a model with a window.',
  );
}
