import { describe, expect, it } from 'vitest';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { uniforms } from '../../../../test/support/random.ts';
import { type Generated, type GenerateOptions, generate } from '../../src/generate/generate.ts';
import type { State } from '../../src/layers/state.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import { createModel } from '../../src/models/registered.ts';
import { vividModel } from '../models/vivid.ts';

const VOCAB = 62;
const config = { vocabSize: VOCAB, tieEmbeddings: false };
const prompt = [3, 1, 4, 1, 5, 9, 2, 6];

async function tokensOf(
  model: LanguageModel,
  from: readonly number[],
  options: GenerateOptions,
  visit?: (one: Generated, i: number) => void,
) {
  const tokens: number[] = [];
  for await (const one of generate(model, from, options)) {
    visit?.(one, tokens.length);
    tokens.push(one.token);
  }
  return tokens;
}

/** log p of every token, from the logits of the last position, the padding aside. */
function logProbabilities(model: LanguageModel, tokens: number[]): number[] {
  const { logits } = model.forward([tokens], { logits: 'last' });
  const values = Array.from(logits.read().subarray(0, VOCAB));
  const total = Math.log(values.reduce((sum, x) => sum + Math.exp(x), 0));
  return values.map((x) => x - total);
}

const argmax = (values: number[]) => values.indexOf(Math.max(...values));

describe.each(backends)('generate on $name', ({ backend }) => {
  const loaded = vividModel(backend, config);

  it('takes the most likely token where the temperature is 0', async () => {
    const model = await loaded;
    const read = [...prompt];
    const got = await tokensOf(model, prompt, { maxTokens: 16, temperature: 0 }, ({ token, logprob }) => {
      const want = logProbabilities(model, read);
      expect(token).toBe(argmax(want));
      expect(logprob).toBeCloseTo(want[token], 4);
      read.push(token);
    });
    expect(got.length).toBe(16);
    expect(new Set(got).size, 'it says more than one thing').toBeGreaterThan(2);
  });

  it('draws the same for the same seed, something else for another', async () => {
    const model = await loaded;
    const draw = (seed: number) => tokensOf(model, prompt, { maxTokens: 24, seed });
    const first = await draw(5);
    expect(await draw(5)).toEqual(first);
    expect(await draw(6)).not.toEqual(first);
    expect(first.length).toBe(24);
    expect(new Set(first).size).toBeGreaterThan(5);
  });

  it('says how likely a token was, before the settings', async () => {
    const model = await loaded;
    const read = [...prompt];
    await tokensOf(model, prompt, { maxTokens: 8, temperature: 3, topK: 5, seed: 2 }, ({ token, logprob }) => {
      expect(logprob).toBeCloseTo(logProbabilities(model, read)[token], 4);
      read.push(token);
    });
  });

  it('continues from a state as if it had not been interrupted', async () => {
    const model = await loaded;
    const states: State[] = [];
    const whole = await tokensOf(model, prompt, { maxTokens: 20, temperature: 0 }, ({ state }) => states.push(state));
    for (const at of [0, 1, 9, 18]) {
      const before = await states[at].save();
      const rest = await tokensOf(model, [whole[at]], { maxTokens: 19 - at, temperature: 0, state: states[at] });
      expect(rest, `from ${at}`).toEqual(whole.slice(at + 1));
      expect(await states[at].save(), 'the state given is not changed').toEqual(before);
    }
  });

  it('draws the same from the same state', async () => {
    const model = await loaded;
    const { state } = model.forward([prompt.slice(0, -1)]);
    const options = { maxTokens: 12, seed: 3, temperature: 1.5 };
    const first = await tokensOf(model, [prompt.at(-1)!], { ...options, state });
    expect(await tokensOf(model, [prompt.at(-1)!], { ...options, state })).toEqual(first);
    expect(await tokensOf(model, [prompt.at(-1)!], { ...options, state: state.clone() })).toEqual(first);
    expect(await tokensOf(model, prompt, options), 'and as from the whole prompt').toEqual(first);
    expect(await tokensOf(model, [prompt.at(-1)!], options), 'but not without').not.toEqual(first);
  });

  it.each([511, 512, 513, 1300])('reads a prompt of %d tokens as one forward does', async (length) => {
    const model = await loaded;
    const random = uniforms(length);
    const long = Array.from({ length }, () => Math.floor(random() * VOCAB));
    const want = model.forward([long], { logits: 'last' });
    const logprobs = logProbabilities(model, long);
    await tokensOf(model, long, { maxTokens: 1, temperature: 0 }, ({ token, logprob, state }) => {
      expect(token).toBe(argmax(logprobs));
      expect(logprob).toBeCloseTo(logprobs[token], 4);
      expect(state.position).toBe(length);
      const [got, expected] = [state.tensors(), want.state.tensors()];
      for (const name of Object.keys(expected)) expectClose(got[name].read(), expected[name].read(), 1e-4, name);
    });
  });

  it('takes constant memory', async () => {
    const model = await loaded;
    const used: number[] = [];
    await tokensOf(model, prompt, { maxTokens: 50 }, () => used.push(backend.heap.used));
    // What other tests left may be collected meanwhile; nothing may be added.
    for (let i = 1; i < used.length; i++) expect(used[i]).toBeLessThanOrEqual(used[i - 1]);
    expect(used.at(-1)).toBeGreaterThan(0);
  });
});

describe('generate', () => {
  const loaded = vividModel(anyBackend, config);

  it('gives a state while its token is the newest, and it is ours then', async () => {
    const model = await loaded;
    const all: Generated[] = [];
    let kept: State | undefined;
    for await (const one of generate(model, prompt, { maxTokens: 6, temperature: 0 })) {
      if (all.length === 2) kept = one.state;
      all.push(one);
    }
    for (const i of [0, 1, 3, 4]) {
      expect(() => all[i].state).toThrow(
        'generate: this state was freed when the next token was requested. Read it before that.',
      );
    }
    expect(() => all[2].state, 'also the one that was read').toThrow('this state was freed');
    const want = model.forward([[...prompt, all[0].token, all[1].token]]);
    const [got, expected] = [kept!.tensors(), want.state.tensors()];
    for (const name of Object.keys(expected)) expectClose(got[name].read(), expected[name].read(), 1e-4, name);
    expect(all[5].state.position, 'the last one stays').toBe(prompt.length + 5);
    const next = model.forward([[all[5].token]], { state: all[5].state });
    expect(next.state.position).toBe(prompt.length + 6);
  });

  it('never gives an id of the padding', async () => {
    const model = await createModel({ dModel: 8, nLayer: 1, vocabSize: 3 }, { backend: anyBackend });
    // The padded rows are by far the most likely ones.
    const embedding = model.parameters['backbone.embedding.weight'];
    embedding.write(embedding.read().map((x, i) => (i < 3 * 8 ? x : 100 * (i % 2))));
    for (const temperature of [0, 1, 100]) {
      const tokens = await tokensOf(model, [1], { maxTokens: 60, temperature });
      expect(Math.max(...tokens), `temperature ${temperature}`).toBeLessThan(3);
    }
  });

  it('ends before a stop token', async () => {
    const model = await loaded;
    const whole = await tokensOf(model, prompt, { maxTokens: 12, seed: 4 });
    const at = whole.findIndex((token, i) => i > 2 && whole.indexOf(token) === i);
    const got = await tokensOf(model, prompt, { maxTokens: 12, seed: 4, stopTokens: [61, whole[at]] });
    expect(got).toEqual(whole.slice(0, whole.indexOf(whole[at])));
    expect(got.length).toBeGreaterThan(2);
  });

  it('makes no token if none is requested', async () => {
    expect(await tokensOf(await loaded, prompt, { maxTokens: 0 })).toEqual([]);
  });

  it('ends at stop tokens', async () => {
    const model = await loaded;
    const abort = new AbortController();
    const got = await tokensOf(model, prompt, { maxTokens: 50, signal: abort.signal }, (_, i) => {
      if (i === 4) abort.abort();
    });
    expect(got.length).toBe(5);
    expect(await tokensOf(model, prompt, { maxTokens: 5, signal: abort.signal }), 'before the prompt').toEqual([]);
  });

  it('ends in the middle of a prompt', async () => {
    const model = await loaded;
    const long = new Array<number>(512 * 40).fill(1);
    const abort = new AbortController();
    let read = 0;
    const counting = new Proxy(model, {
      get(target, key) {
        if (key !== 'forward') return Reflect.get(target, key, target);
        return (...values: Parameters<LanguageModel['forward']>) => {
          if (++read === 3) abort.abort();
          return target.forward(...values);
        };
      },
    });
    expect(await tokensOf(counting, long, { maxTokens: 5, signal: abort.signal })).toEqual([]);
    expect(read).toBe(3);
  });

  it('may be left in the middle', async () => {
    const model = await loaded;
    const got: number[] = [];
    for await (const { token } of generate(model, prompt, { maxTokens: 50, seed: 1 })) {
      got.push(token);
      if (got.length === 3) break;
    }
    expect(got).toEqual((await tokensOf(model, prompt, { maxTokens: 50, seed: 1 })).slice(0, 3));
  });

  it.each<[number[], Partial<GenerateOptions>, string]>([
    [[], {}, 'generate: the prompt has no tokens, expected at least 1. Begin with a newline'],
    [[1, 64], {}, 'token 64 at row 0, position 1, expected 0 to 63. Use the tokenizer the model was trained with.'],
    [[-1], {}, 'token -1 at row 0, position 0, expected 0 to 63'],
    [[1.5], {}, 'token 1.5 at row 0, position 0, expected a whole number'],
    [prompt, { maxTokens: -1 }, 'generate: maxTokens is -1, expected a whole number ≥ 0.'],
    [prompt, { maxTokens: 1.5 }, 'generate: maxTokens is 1.5, expected a whole number ≥ 0.'],
    [prompt, { maxTokens: NaN }, 'generate: maxTokens is NaN'],
    [prompt, { maxTokens: undefined }, 'generate: maxTokens is missing'],
    [prompt, { temperature: -0.1 }, 'generate: temperature is -0.1, expected a number ≥ 0 (0 is greedy).'],
    [prompt, { temperature: NaN }, 'generate: temperature is NaN'],
    [prompt, { temperature: Infinity }, 'generate: temperature is Infinity'],
    [prompt, { topK: 0 }, 'generate: topK is 0, expected a whole number ≥ 1.'],
    [prompt, { topK: 2.5 }, 'generate: topK is 2.5'],
    [prompt, { topP: 0 }, 'generate: topP is 0, expected a number above 0, at most 1.'],
    [prompt, { topP: 1.1 }, 'generate: topP is 1.1'],
    [prompt, { minP: 1 }, 'generate: minP is 1, expected a number from 0 to below 1.'],
    [prompt, { repetitionPenalty: 0 }, 'generate: repetitionPenalty is 0, expected a number above 0'],
    [prompt, { seed: 0.5 }, 'seed is 0.5, expected an integer'],
  ])('refuses the prompt %j with %j', async (from, options, message) => {
    await expect(tokensOf(await loaded, from, { maxTokens: 1, ...options })).rejects.toThrow(message);
  });

  it('refuses a state of another model, or of several rows', async () => {
    const model = await loaded;
    const other = await createModel({ dModel: 20, nLayer: 3, vocabSize: 62 }, { backend: anyBackend });
    const { state } = other.forward([[1]]);
    await expect(tokensOf(model, prompt, { maxTokens: 1, state })).rejects.toThrow(
      'Use the model that wrote the state',
    );
    const rows = model.forward([[1], [2]]).state;
    await expect(tokensOf(model, prompt, { maxTokens: 1, state: rows })).rejects.toThrow('the state has 2 rows');
  });

  it('says that a model is damaged', async () => {
    const model = await vividModel(anyBackend, config);
    const norm = model.parameters['backbone.norm_f.weight'];
    norm.write(norm.read().fill(NaN));
    await expect(tokensOf(model, prompt, { maxTokens: 1 })).rejects.toThrow(
      'generate: the logits are not numbers (NaN), expected finite values. The weights of the model are damaged',
    );
  });

  it('gives other work its turn', async () => {
    const model = await loaded;
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    // Enough work for many turns on any machine.
    const begun = performance.now();
    for await (const _ of generate(model, prompt, { maxTokens: 100_000 })) if (performance.now() - begun > 400) break;
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });

  it('says what one forward over everything says', async () => {
    const model = await loaded;
    const tokens = await tokensOf(model, prompt, { maxTokens: 8, temperature: 0 });
    const all = model.forward([[...prompt, ...tokens]]).logits.read();
    for (let i = 0; i < 8; i++) {
      const row = (prompt.length - 1 + i) * 64;
      expect(argmax(Array.from(all.subarray(row, row + VOCAB)))).toBe(tokens[i]);
    }
  });
});
