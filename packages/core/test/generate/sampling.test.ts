/** Sampling against a plain reference of the distribution that the settings describe. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normal, seeds, uniforms } from '../../../../test/support/random.ts';
import { type SamplingOptions, sampleToken } from '../../src/generate/sampling.ts';
import { Random } from '../../src/random.ts';

/** p of every token: repetition penalty, temperature, top-k, top-p, min-p, as Hugging Face orders them. */
function distribution(logits: Float32Array, options: SamplingOptions, seen: ReadonlySet<number>): number[] {
  const { temperature = 1, topK, topP, minP, repetitionPenalty: r = 1 } = options;
  const scores = Array.from(logits, (x, i) => (seen.has(i) ? (x > 0 ? x / r : x * r) : x));
  let p = softmax(scores.map((x) => x / temperature));
  const keep = (wanted: (token: number) => boolean) => {
    p = p.map((value, token) => (wanted(token) ? value : 0));
    const total = p.reduce((a, b) => a + b);
    p = p.map((value) => value / total);
  };
  const rank = () => p.map((_, token) => token).sort((a, b) => p[b] - p[a] || a - b);
  if (topK !== undefined) {
    const best = new Set(rank().slice(0, topK));
    keep((token) => best.has(token));
  }
  if (topP !== undefined) {
    const nucleus = new Set<number>();
    let mass = 0;
    for (const token of rank()) {
      nucleus.add(token);
      mass += p[token];
      if (mass > topP) break;
    }
    keep((token) => nucleus.has(token));
  }
  if (minP !== undefined) {
    const least = minP * Math.max(...p);
    keep((token) => p[token] >= least);
  }
  return p;
}

function softmax(scores: number[]): number[] {
  const peak = Math.max(...scores);
  const weights = scores.map((x) => Math.exp(x - peak));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
}

const options = fc.record(
  {
    temperature: fc.double({ min: 0.2, max: 3, noNaN: true }),
    topK: fc.integer({ min: 1, max: 20 }),
    topP: fc.double({ min: 0.05, max: 1, noNaN: true }),
    minP: fc.double({ min: 0, max: 0.6, noNaN: true }),
    repetitionPenalty: fc.double({ min: 0.5, max: 3, noNaN: true }),
  },
  { requiredKeys: [] },
);

describe('sampleToken', () => {
  it('draws from the distribution that the settings describe', () => {
    fc.assert(
      fc.property(options, seeds, fc.integer({ min: 1, max: 14 }), (settings, seed, V) => {
        const logits = Float32Array.from(normal(uniforms(seed), [V], 2).data);
        const seen = new Set([0, 2, 5].filter((id) => id < V));
        const want = distribution(logits, settings, seen);
        const counts = new Array<number>(V).fill(0);
        const random = new Random(seed);
        const draws = 3000;
        for (let i = 0; i < draws; i++) counts[sampleToken(logits, settings, random, seen).token]++;
        want.forEach((p, token) => {
          const off = Math.abs(counts[token] - draws * p);
          if (p === 0) expect(counts[token], `token ${token} is filtered`).toBe(0);
          else expect(off, `token ${token}`).toBeLessThan(5 * Math.sqrt(draws * p * (1 - p)) + 1);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is greedy at temperature 0, and draws nothing then', () => {
    const random = new Random(1);
    const before = random.state();
    const logits = Float32Array.of(1, 5, 4.9, -2);
    expect(sampleToken(logits, { temperature: 0 }, random, new Set()).token).toBe(1);
    expect(sampleToken(logits, { temperature: 0, repetitionPenalty: 1.5 }, random, new Set([1])).token).toBe(2);
    expect(random.state()).toEqual(before);
  });

  it('makes negative logits of repeated tokens more negative', () => {
    const logits = Float32Array.of(-1, -1.4);
    const options = { temperature: 0, repetitionPenalty: 2 };
    expect(sampleToken(logits, options, new Random(1), new Set()).token).toBe(0);
    expect(sampleToken(logits, options, new Random(1), new Set([0])).token).toBe(1);
    expect(Array.from(logits), 'the logits are not changed').toEqual([-1, Math.fround(-1.4)]);
  });

  it('takes the first of equals at temperature 0, and either otherwise', () => {
    const logits = Float32Array.of(0, 3, 3);
    expect(sampleToken(logits, { temperature: 0 }, new Random(1), new Set()).token).toBe(1);
    const random = new Random(1);
    const drawn = new Set(
      Array.from({ length: 60 }, () => sampleToken(logits, { topP: 0.9 }, random, new Set()).token),
    );
    expect(drawn).toEqual(new Set([1, 2]));
  });

  it.each([[{ topK: 1 }], [{ topP: 1e-9 }], [{ minP: 0.999 }], [{ temperature: 1e-6 }], [{ temperature: 1e-300 }]])(
    'leaves only the most likely token with %j',
    (settings) => {
      const logits = Float32Array.of(0, 1, 3, 2);
      const random = new Random(2);
      for (let i = 0; i < 50; i++) expect(sampleToken(logits, settings, random, new Set()).token).toBe(2);
    },
  );

  it('never draws a token without any probability', () => {
    const logits = Float32Array.of(-Infinity, 0, -Infinity);
    const random = new Random(3);
    for (let i = 0; i < 50; i++) expect(sampleToken(logits, { temperature: 5 }, random, new Set()).token).toBe(1);
    const all = Float32Array.of(-Infinity, -Infinity);
    expect(() => sampleToken(all, {}, random, new Set())).toThrow('the logits are not numbers (-Infinity)');
  });
});
