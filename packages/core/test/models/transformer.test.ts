/** The Transformer decoder: Hugging Face's Llama and Mistral, official MHA, the cache as a state, configs. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Array64 } from '../../../../test/reference/array.ts';
import { backends } from '../../../../test/support/backends.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { readGolden } from '../../../../test/support/golden.ts';
import { uniforms } from '../../../../test/support/random.ts';
import { configOf, readConfig } from '../../src/families/registry.ts';
import type { CompleteTransformerConfig } from '../../src/families/transformer.ts';
import { AttentionMixer } from '../../src/layers/attention.ts';
import type { AnyConfig } from '../../src/layers/config.ts';
import type { Mixer } from '../../src/layers/layer.ts';
import { mhaLayer, readAttnCfg } from '../../src/layers/mha.ts';
import { type State, stateBytes, stateGrows } from '../../src/layers/state.ts';
import { configText } from '../../src/models/model.ts';
import { createModel, declareModel, loadModel } from '../../src/models/registered.ts';
import { mul, sum } from '../../src/ops/index.ts';
import { ParameterTree } from '../../src/tensor/parameters.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import { vividModel } from './vivid.ts';

const V = 24;
const rows = ({ shape: [B, L], data }: Array64) =>
  Array.from({ length: B }, (_, b) => Array.from(data.subarray(b * L, (b + 1) * L)));
const tokensOf = (seed: number, lengths: readonly number[]) => {
  const random = uniforms(seed);
  return lengths.map((n) => Array.from({ length: n }, () => Math.floor(random() * V)));
};
const tiny = { model: 'transformer', vocabSize: V, numHeads: 4, numKvHeads: 2, headDim: 6 };
const checkpoints = ['llama-tiny', 'llama-gqa-tiny', 'llama-mqa-tiny', 'mistral-tiny'];
const folderOf = (name: string) => fileURLToPath(new URL(`../../../../test/fixtures/golden/${name}`, import.meta.url));
const mha = await readGolden('mha');
const attnCfgs = JSON.parse(mha.metadata.attn_cfg) as Record<string, unknown>[];

describe.each(backends)('transformer on $name', ({ backend }) => {
  describe.each(checkpoints)('%s, written by transformers,', (name) => {
    const loaded = loadModel(folderOf(name), { backend });
    const golden = readGolden(`${name}/expected`);

    it('gives the logits, loss and gradients of transformers', async () => {
      const [model, expected] = [await loaded, await golden];
      const [tokens, targets] = [rows(expected.get('tokens')), rows(expected.get('targets'))];
      expectClose(model.forward(tokens).logits.read(), expected.get('logits').data, 5e-5, 'logits');
      const { value, grads } = valueAndGrad(() => model.loss(tokens, targets), model.parameters);
      expectClose(value.read(), expected.get('loss').data, 1e-5, 'loss');
      for (const one of Object.keys(model.parameters)) {
        expectClose(grads[one].read(), expected.get(`grad.${one}`).data, 5e-4, `the gradient of ${one}`);
      }
    });

    it.each([[[1, 19]], [[16, 4]], [[3, 7, 10]], [new Array<number>(20).fill(1)]])(
      'reads in pieces %j',
      async (cuts) => {
        const [model, expected] = [await loaded, await golden];
        const tokens = rows(expected.get('tokens')).slice(0, 1);
        let state: State | undefined;
        let at = 0;
        for (const n of cuts) {
          const piece = model.forward([tokens[0].slice(at, at + n)], { state });
          const logits = expected.get('logits').data.subarray(at * V, (at + n) * V);
          expectClose(piece.logits.read(), logits, 5e-5, `logits from ${at}`);
          state = piece.state;
          at += n;
        }
      },
    );
  });

  it.each(attnCfgs.map((cfg, i) => [i, cfg] as const))('has the MHA of mamba_ssm: %i, %j', async (i, cfg) => {
    const x = mha.get(`${i}.x`);
    const config = configOf({ model: 'mamba2', vocabSize: V, dModel: x.shape[2], nLayer: 1, headDim: 4 });
    const tree = new ParameterTree();
    const mixer: Mixer = mhaLayer(config, cfg).make(tree);
    await tree.place(backend, ({ name }) => Float32Array.from(mha.get(`${i}.${name}`).data));
    const place = (one: Array64) => backend.tensor(Float32Array.from(one.data), one.shape);
    const input = place(x);
    const dy = place(mha.get(`${i}.dy`));
    expectClose(mixer.forward(input, undefined, {}).y.read(), mha.get(`${i}.y`).data, 2e-5, 'y');
    const { grads } = valueAndGrad(() => sum(mul(mixer.forward(input, undefined, {}).y, dy)), {
      ...tree.tensors(),
      x: input,
    });
    for (const name of Object.keys(grads)) {
      expectClose(grads[name].read(), mha.get(`${i}.grad.${name}`).data, 1e-4, `the gradient of ${name}`);
    }
  });

  it('has a state that branches, is cloned, saved and freed, and never changes', async () => {
    const model = await vividModel(backend, tiny);
    const [prompt, a, b] = [
      [9, 5],
      [3, 4],
      [4, 1],
    ].map((lengths, i) => tokensOf(i, lengths));
    model.forward(prompt).state.dispose();
    const start = model.forward(prompt).state.keep();
    const saved = await start.save();
    const fresh = () => model.loadState(saved);
    const read = (tokens: number[][], state: State) => model.forward(tokens, { state });
    const wanted = [read(a, await fresh()), read(b, await fresh())];
    const [first, second] = [read(a, start), read(b, start)];
    expectIdentical(first.logits.read(), wanted[0].logits.read(), 'the first branch');
    expectClose(second.logits.read(), wanted[1].logits.read(), 1e-6, 'the second branch');
    expect(await start.save()).toEqual(saved);
    expect(await first.state.save()).toEqual(await wanted[0].state.save());
    const clone = first.state.clone();
    start.dispose();
    first.state.dispose();
    const after = read(b, clone);
    expectClose(after.logits.read(), read(b, wanted[0].state).logits.read(), 1e-6, 'from the clone');
    expect(() => read(b, start)).toThrow('was used after its memory was freed');
    expect(() => read(b, first.state)).toThrow('was used after its memory was freed');
  });

  it('frees all it held, step by step, while other states live', async () => {
    const model = await vividModel(backend, tiny);
    const step = (state?: State) => scope(() => model.forward([[1]], { state }).state);
    step(step()).dispose();
    const before = backend.heap.used;
    let state = step();
    for (let i = 0; i < 40; i++) {
      const next = step(state);
      state.dispose();
      state = next;
    }
    expect(state.positions).toEqual([41]);
    // A buffer of 64 steps and nothing else, for each of two layers.
    expect(backend.heap.used - before).toBe(2 * 64 * 4 * (2 * 2 * 6));
    const clone = state.clone();
    state.dispose();
    expect(clone.bytes).toBe(stateBytes(model.stateFields, 1, 41));
    clone.dispose();
    expect(backend.heap.used).toBe(before);
  });

  it('says how large its state is at any length, until its bound', async () => {
    const grown = async (config: Record<string, unknown>, lengths: number[]) => {
      const model = await vividModel(backend, { ...tiny, ...config });
      const { state } = model.forward(tokensOf(1, lengths));
      const longest = Math.max(...lengths);
      expect(state.bytes).toBe(stateBytes(model.stateFields, lengths.length, longest));
      expect(stateGrows(model.stateFields)).toBe(true);
      return state.bytes / (2 * 4 * 2 * 2 * 6) / lengths.length;
    };
    expect(await grown({}, [30, 30])).toBe(30);
    expect(await grown({}, [30, 7])).toBe(30);
    expect(await grown({ window: 12 }, [30, 30])).toBe(12);
    expect(await grown({ window: 12 }, [5, 5])).toBe(5);
    const model = declareModel(configOf({ ...tiny, dModel: 20, nLayer: 2, maxLength: 100 }));
    const step = 2 * 4 * 2 * 2 * 6;
    expect([1, 50, 100, 1e6].map((n) => stateBytes(model.stateFields, 3, n) / step)).toEqual([3, 150, 300, 300]);
  });

  it('holds no more than its window, however much is read', async () => {
    const model = await vividModel(backend, { ...tiny, window: 20, maxLength: 32 });
    const step = (tokens: number[][], state?: State) => scope(() => model.forward(tokens, { state }).state);
    let state = step(tokensOf(1, [200]));
    let most = 0;
    for (let i = 0; i < 100; i++) {
      most = Math.max(most, ...state.layers.map(({ kv }) => kv.storage.bytes));
      const next = step(tokensOf(3, [1]), state);
      state.dispose();
      state = next;
    }
    expect(state.position).toBe(300);
    expect(most).toBeLessThanOrEqual(4 * 40 * (2 * 2 * 6));
    expect(state.bytes).toBe(2 * 4 * 20 * (2 * 2 * 6));
  });

  it('says what to do where its bound is reached', async () => {
    const model = await vividModel(backend, { ...tiny, maxLength: 10 });
    const { state } = model.forward(tokensOf(1, [3, 9]));
    expect(model.forward(tokensOf(1, [7, 1]), { state }).state.positions).toEqual([10, 10]);
    expect(() => model.forward(tokensOf(1, [2, 2]), { state })).toThrow(
      'forward: a document of row 1 is 11 tokens long, 9 read before and 2 now, expected at most maxLength = 10. ' +
        'Read less, start from a new state, or raise maxLength or set a window in the config.',
    );
    // Of packed documents the longest counts, and a row may continue with new ones for ever.
    const documents = Int32Array.from([...new Array(9).fill(0), ...new Array(7).fill(1)]);
    let packed = model.forward(tokensOf(2, [16]), { documents }).state;
    expect(packed.bytes).toBe(stateBytes(model.stateFields, 1, 7));
    for (let i = 1; i < 6; i++)
      packed = model.forward(tokensOf(2, [3]), { state: packed, documents: new Int32Array(3).fill(i) }).state;
    expect(packed.positions).toEqual([31]);
    expect(() => model.forward(tokensOf(2, [11]), { state: packed, documents: new Int32Array(11).fill(9) })).toThrow(
      'forward: a document of row 0 is 11 tokens long',
    );
  });
});

describe('the config of a transformer', () => {
  const json = { model_type: 'llama', vocab_size: V, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2 };

  it.each([
    [{ numHeads: 3 }, 'config: numHeads is 3, expected a divisor of dModel = 16, or a headDim.'],
    [{ numHeads: 4, numKvHeads: 3 }, 'config: numKvHeads is 3, expected a divisor of numHeads = 4.'],
    [{ headDim: 5 }, 'config: headDim is 5, expected an even number up to 5: channels are rotated in pairs.'],
    [{ headDim: 512 }, 'config: headDim is 512, expected at most 256. Use more heads.'],
    [{ window: 0 }, 'config: window is 0, expected a whole number ≥ 1, or null.'],
    [{ nHeads: 2 }, "config: unknown key 'nHeads' for the model 'transformer'. Did you mean 'numHeads'?"],
    [{ rmsNorm: false }, 'config: rmsNorm is false, expected true: Llama has RMSNorm.'],
  ])('is refused: %j', (wrong, message) => {
    expect(() => configOf({ model: 'transformer', vocabSize: V, dModel: 16, nLayer: 1, ...wrong })).toThrow(message);
  });

  it.each([
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, "config.json: rope_scaling is of the type 'llama3'"],
    [{ rope_scaling: { type: 'linear', factor: 2 } }, "rope_scaling is of the type 'linear', expected none"],
    [{ rope_parameters: { rope_type: 'yarn' } }, "rope_scaling is of the type 'yarn'"],
    [{ partial_rotary_factor: 0.5 }, 'partial_rotary_factor is 0.5, expected 1.'],
    [{ hidden_act: 'gelu' }, `config: activation is "gelu", expected 'silu'.`],
    [{ pretraining_tp: 2 }, 'config: tensorParallel is 2, expected 1'],
  ])('of Hugging Face is refused: %j', (wrong, message) => {
    expect(() => readConfig({ ...json, ...wrong })).toThrow(message);
  });

  it('reads both spellings of the angles, and windows only of Mistral', () => {
    expect(readConfig({ ...json, rope_theta: 500, rope_scaling: null }).ropeTheta).toBe(500);
    expect(readConfig({ ...json, rope_parameters: { rope_theta: 700, rope_type: 'default' } }).ropeTheta).toBe(700);
    expect(readConfig({ ...json, sliding_window: 9 }).window).toBe(null);
    expect(readConfig({ ...json, model_type: 'mistral', sliding_window: 9 }).window).toBe(9);
  });

  it('is written as Hugging Face spells it', () => {
    const config = configOf({ model: 'transformer', vocabSize: V, dModel: 128, nLayer: 2 });
    expect(JSON.parse(configText(declareModel(config)))).toEqual({
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      vocab_size: V,
      hidden_size: 128,
      num_hidden_layers: 2,
      rms_norm_eps: 1e-6,
      tie_word_embeddings: false,
      num_attention_heads: 2,
      num_key_value_heads: 2,
      head_dim: 64,
      intermediate_size: 352,
      max_position_embeddings: 2048,
      rope_theta: 10_000,
      attention_bias: false,
      mlp_bias: false,
      hidden_act: 'silu',
      pretraining_tp: 1,
      rope_parameters: { rope_type: 'default', rope_theta: 10_000 },
    });
    const mistral = JSON.parse(configText(declareModel(configOf({ ...config, window: 32 }))));
    expect([mistral.model_type, mistral.sliding_window]).toEqual(['mistral', 32]);
    expect(readConfig(mistral)).toEqual({ ...config, window: 32 });
  });
});

describe('attn_cfg', () => {
  const config = configOf({ model: 'mamba2', vocabSize: V, dModel: 16, nLayer: 2, headDim: 8 });
  const good = { causal: true, num_heads: 4 };

  it('takes what the official configs have', () => {
    const official = {
      causal: true,
      d_conv: 4,
      head_dim: 128,
      num_heads: 30,
      out_proj_bias: false,
      qkv_proj_bias: false,
      rotary_emb_dim: 64,
    };
    const tree = new ParameterTree();
    expect(mhaLayer(config, official).make(tree)).toBeInstanceOf(AttentionMixer);
    expect(tree.list().map(({ name, shape }) => [name, ...shape])).toEqual([
      ['in_proj.weight', 11520, 16],
      ['conv1d.weight', 11520, 1, 4],
      ['conv1d.bias', 11520],
      ['out_proj.weight', 16, 3840],
    ]);
    expect(readAttnCfg(config, good)).toMatchObject({ heads: 4, kvHeads: 4, headDim: 4, rotaryDims: 0, dConv: 0 });
  });

  it.each([
    [{ causal: false }, 'config.json: attn_cfg.causal is false, expected true: attention here is causal.'],
    [{ num_heads: 3 }, 'config.json: attn_cfg.num_heads is 3, expected a divisor of 16, or a head_dim.'],
    [{ num_heads: undefined }, 'config.json: attn_cfg.num_heads is missing, expected a whole number ≥ 1.'],
    [{ num_heads_kv: 3 }, 'config: attn_cfg.num_heads_kv is 3, expected a divisor of attn_cfg.num_heads = 4.'],
    [{ rotary_emb_dim: 3 }, 'config.json: attn_cfg.rotary_emb_dim is 3, expected an even number ≥ 0.'],
    [{ rotary_emb_dim: 6 }, 'config: attn_cfg.rotary_emb_dim is 6, expected an even number up to 4'],
    [{ mlp_dim: 64 }, 'config.json: attn_cfg.mlp_dim is 64, expected 0: this version has no MLP next to attention.'],
    [{ d_conv: 9 }, 'config.json: attn_cfg.d_conv is 9, expected a whole number from 0 to 8.'],
    [{ heads: 4 }, "config.json: attn_cfg has an unknown key 'heads'. Did you mean"],
  ])('is refused: %j', (wrong, message) => {
    expect(() => readAttnCfg(config, { ...good, ...wrong })).toThrow(message);
  });
});

it('makes a model of sizes that fit by default', async () => {
  for (const dModel of [20, 64, 96, 100, 384, 768]) {
    const { numHeads, headDim } = configOf({ model: 'transformer', vocabSize: V, dModel, nLayer: 1 }) as AnyConfig &
      CompleteTransformerConfig;
    expect(numHeads * headDim).toBe(dModel);
    expect(headDim % 2).toBe(0);
  }
  const model = await createModel(configOf({ ...tiny, dModel: 16, nLayer: 1 }), { backend: backends[0].backend });
  expect(model.forward([[1, 2]]).logits.shape).toEqual([1, 2, V]);
});
