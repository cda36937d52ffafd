/**
 * From logits to a token: repetition penalty, temperature, top-k, top-p, min-p, then a draw.
 *
 * The filters come in the order of Hugging Face's generate(), so that settings carry over.
 */
import { UsageError } from '../errors.ts';
import { logSumExp } from '../math/softmax.ts';
import type { Random } from '../random.ts';

export interface SamplingOptions {
  /** 0 takes the most likely token. Default 1. */
  temperature?: number;
  /** Keep the k most likely tokens. */
  topK?: number;
  /** Keep the most likely tokens whose probabilities sum to topP (Holtzman et al. 2020). */
  topP?: number;
  /** Keep tokens at least minP times as likely as the most likely one. */
  minP?: number;
  /** Makes tokens of the text so far less likely: above 1 (Keskar et al. 2019). */
  repetitionPenalty?: number;
}

export function checkSampling(options: SamplingOptions): void {
  const rules: [keyof SamplingOptions, (value: number) => boolean, string][] = [
    ['temperature', (value) => value >= 0 && Number.isFinite(value), 'a number ≥ 0 (0 is greedy)'],
    ['topK', (value) => Number.isInteger(value) && value >= 1, 'a whole number ≥ 1'],
    ['topP', (value) => value > 0 && value <= 1, 'a number above 0, at most 1'],
    ['minP', (value) => value >= 0 && value < 1, 'a number from 0 to below 1'],
    ['repetitionPenalty', (value) => value > 0 && Number.isFinite(value), 'a number above 0 (1 changes nothing)'],
  ];
  for (const [name, accepts, expected] of rules) {
    const value = options[name];
    if (value !== undefined && !(typeof value === 'number' && accepts(value))) {
      throw new UsageError('generate', `${name} is ${value}, expected ${expected}.`);
    }
  }
}

export interface Sample {
  readonly token: number;
  /** log p of the token under the model itself, before any of the settings; computed when asked for. */
  readonly logprob: number;
}

/** Draws a token. `seen` are the ids that the repetition penalty applies to; logits are not changed. */
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
      `the logits are not numbers (${scores[best]}). The weights of the model are damaged.`,
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

/** One of all tokens of at least `least` weight. */
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

/** The topK most likely tokens, of those the ones that sum to topP, the most likely first. */
function likeliest(weights: Float64Array, topK = weights.length, topP = 1): Candidate[] {
  let total = 0;
  for (const weight of weights) total += weight;
  // A vocabulary is long and what is wanted of it short: only weights above a falling bound are sorted.
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

/** The first index at which the running sum of weights is above `mass`; the last where rounding hides it. */
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
