/**
 * From logits to a token: repetition penalty, temperature, top-k, top-p, min-p, then a random choice.
 *
 * The filters have the order of Hugging Face's generate(), so its settings give the same distribution here.
 */
import { UsageError } from '../errors.ts';
import { logSumExp } from '../math/softmax.ts';
import type { Random } from '../random.ts';
import { field, type InputsOf } from '../schema/index.ts';

const above0To1 = (value: unknown) => typeof value === 'number' && value > 0 && value <= 1;
const from0Below1 = (value: unknown) => typeof value === 'number' && value >= 0 && value < 1;

export const samplingFields = {
  /** Divides the logits; 0 takes the most likely token. Default: 1. */
  temperature: field.optional(field.number({ min: 0, expected: 'a number ≥ 0 (0 is greedy)' })),
  /** Keeps the k most likely tokens. Default: all. */
  topK: field.optional(field.whole({ min: 1 })),
  /** Keeps the most likely tokens whose probabilities sum to topP (Holtzman et al. 2020). Default: all. */
  topP: field.optional({ ...field.number({ expected: 'a number above 0, at most 1' }), accepts: above0To1 }),
  /** Keeps tokens that are at least minP times as likely as the most likely one. Default: all. */
  minP: field.optional({ ...field.number({ expected: 'a number from 0 to below 1' }), accepts: from0Below1 }),
  /** Above 1 makes tokens of the text so far less likely (Keskar et al. 2019). Default: 1. */
  repetitionPenalty: field.optional(
    field.number({ min: 0, open: true, expected: 'a number above 0 (1 changes nothing)' }),
  ),
};

export interface SamplingOptions extends InputsOf<typeof samplingFields> {}

export interface Sample {
  readonly token: number;
  /** log p of the token under the model itself, before any of the settings. Computed when it is read. */
  readonly logprob: number;
}

/**
 * Draws a token. `seen` are the ids that the repetition penalty applies to. The logits are not changed.
 * Throws UsageError if the logits are not finite.
 */
export function sampleToken(
  logits: Float32Array,
  options: SamplingOptions,
  random: Random,
  seen: ReadonlySet<number>,
): Sample {
  const { temperature = 1, topK, topP, minP, repetitionPenalty = 1 } = options;
  const scores = new Float64Array(logits);
  if (repetitionPenalty !== 1) {
    for (const id of seen) {
      if (id < scores.length)
        scores[id] = scores[id] > 0 ? scores[id] / repetitionPenalty : scores[id] * repetitionPenalty;
    }
  }
  const best = indexOfMax(scores);
  if (!Number.isFinite(scores[best])) {
    throw new UsageError(
      'generate',
      `the logits are not numbers (${scores[best]}), expected finite values. The weights of the model are damaged: get them again.`,
    );
  }
  const sample = (token: number): Sample => ({
    token,
    get logprob() {
      return logProbability(logits, token);
    },
  });
  if (temperature === 0) return sample(best);
  // The most likely token has weight 1.
  const weights = scores.map((score) => Math.exp((score - scores[best]) / temperature));
  if (topK === undefined && topP === undefined) return sample(draw(weights, minP ?? 0, random));
  let candidates = likeliest(weights, topK, topP);
  if (minP !== undefined) candidates = candidates.filter(({ weight }) => weight >= minP);
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  return sample(candidates[reaching(candidates, random.uniform() * total)].token);
}

interface Candidate {
  token: number;
  weight: number;
}

/** Draws from all tokens whose weight is at least `least`. */
function draw(weights: Float64Array, least: number, random: Random): number {
  let total = 0;
  for (const weight of weights) if (weight >= least) total += weight;
  const mass = random.uniform() * total;
  let sum = 0;
  let last = 0;
  for (let token = 0; token < weights.length; token++) {
    if (weights[token] < least) continue;
    sum += weights[token];
    last = token;
    if (sum > mass) break;
  }
  return last;
}

/** The topK most likely tokens, and of those the ones whose probabilities sum to topP; the most likely first. */
function likeliest(weights: Float64Array, topK = weights.length, topP = 1): Candidate[] {
  let total = 0;
  for (const weight of weights) total += weight;
  // Few tokens of a large vocabulary are needed: only weights above a falling bound are sorted.
  for (let least = 0.01; ; least = least > 1e-12 ? least / 100 : 0) {
    const found: Candidate[] = [];
    let mass = 0;
    for (let token = 0; token < weights.length; token++) {
      if (weights[token] < least) continue;
      found.push({ token, weight: weights[token] });
      mass += weights[token];
    }
    const isEnough = found.length >= topK || (topK >= weights.length && mass > topP * total);
    if (!isEnough && least > 0) continue;
    found.sort((a, b) => b.weight - a.weight || a.token - b.token);
    const top = found.slice(0, topK);
    const of = topK < weights.length ? top.reduce((sum, { weight }) => sum + weight, 0) : total;
    return topP < 1 ? top.slice(0, reaching(top, topP * of) + 1) : top;
  }
}

/** The first index at which the running sum of weights exceeds `mass`; the last one if rounding prevents that. */
function reaching(candidates: readonly Candidate[], mass: number): number {
  let sum = 0;
  for (let i = 0; i < candidates.length; i++) {
    sum += candidates[i].weight;
    if (sum > mass) return i;
  }
  return candidates.length - 1;
}

function indexOfMax(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best] || Number.isNaN(values[i])) best = i;
  return best;
}

/** log p of a token under the model itself, before any of the settings. */
const logProbability = (logits: Float32Array, token: number): number => logits[token] - logSumExp(logits);
