/**
 * Tokens from a model, one at a time, in constant memory: the prompt is read in pieces, and what is
 * remembered is a state of fixed size.
 *
 *   for await (const { token } of generate(model, prompt, { maxTokens: 100 })) …
 */
import { UsageError } from '../errors.ts';
import type { State } from '../layers/state.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { Random } from '../random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { checkSampling, type Sample, type SamplingOptions, sampleToken } from './sampling.ts';

export interface GenerateOptions extends SamplingOptions {
  maxTokens: number;
  seed?: number;
  /** Where to read on; it is not changed. */
  state?: State;
  signal?: AbortSignal;
  /** Generation ends before one of these. */
  stopTokens?: readonly number[];
}

export interface Generated {
  readonly token: number;
  /** log p of the token under the model, in nats, before temperature and filters. */
  readonly logprob: number;
  /**
   * The state before this token is read: with it as the prompt, generation goes on from here. Ask for
   * it while the token is the newest, or after the last one; then it is yours.
   */
  readonly state: State;
}

/** Tokens of the prompt that are read at once. */
const PREFILL = 512;
/** How often other work gets its turn. */
const TURN_MS = 16;

export async function* generate(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<Generated, void, undefined> {
  checkOptions(prompt, options);
  checkRoom(model, prompt.length, options);
  const { maxTokens, seed = 0, signal, stopTokens = [] } = options;
  const random = new Random(seed).fork('sampling');
  const seen = new Set(prompt);
  let turn = performance.now();
  const breathe = async () => {
    if (performance.now() - turn < TURN_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    turn = performance.now();
  };

  const held = new HeldState(options.state);
  let logits: Float32Array | undefined;
  for (let at = 0; at < prompt.length; at += PREFILL) {
    if (signal?.aborted) return;
    logits = await readOn(model, prompt.slice(at, at + PREFILL), held);
    await breathe();
  }
  for (let count = 0; count < maxTokens; count++) {
    if (signal?.aborted) return;
    const usable = (logits as Float32Array).subarray(0, model.config.vocabSize);
    const sample = sampleToken(usable, options, random, seen);
    const { token } = sample;
    if (stopTokens.includes(token)) return;
    seen.add(token);
    yield held.beside(sample);
    if (count + 1 === maxTokens || signal?.aborted) return;
    logits = await readOn(model, [token], held);
    await breathe();
  }
}

/** Reads tokens and resolves to the logits after them. */
async function readOn(model: LanguageModel, tokens: readonly number[], held: HeldState): Promise<Float32Array> {
  const { logits, state } = model.forward([tokens], { state: held.current, logits: 'last' });
  held.advance(state);
  return take(logits);
}

async function take(tensor: Tensor): Promise<Float32Array> {
  const values = await tensor.data();
  tensor.dispose();
  return values;
}

/** The newest state; older ones are freed, save those that somebody asked for. */
class HeldState {
  private isOurs = false;

  constructor(public current: State | undefined) {}

  advance(next: State): void {
    if (this.isOurs) this.current?.dispose();
    this.current = next;
    this.isOurs = true;
  }

  beside(sample: Sample): Generated {
    const state = this.current as State;
    const held = this;
    return {
      token: sample.token,
      get logprob() {
        return sample.logprob;
      },
      get state() {
        if (held.current !== state) {
          throw new UsageError(
            'generate',
            'this state was freed when the next token was asked for. Read it at its token.',
          );
        }
        held.isOurs = false;
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
  const { maxTokens } = options;
  if (!(Number.isInteger(maxTokens) && maxTokens >= 0)) {
    throw new UsageError('generate', `maxTokens is ${maxTokens}, expected a whole number ≥ 0.`);
  }
  checkSampling(options);
}

/** The last token is not read. */
function checkRoom({ maxSteps }: LanguageModel, prompt: number, { maxTokens, state }: GenerateOptions): void {
  const before = state?.position ?? 0;
  if (before + prompt + maxTokens - 1 <= maxSteps) return;
  throw new UsageError(
    'generate',
    `${before + prompt} tokens to read and ${maxTokens} to write, expected at most maxLength = ${maxSteps} together. ` +
      'Ask for fewer tokens, or use a model with a window.',
  );
}
