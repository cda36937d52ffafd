/** RWKV-4: the official model, the f64 loops, and that it splits, packs and batches freely. */
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configJson, createModel, loadModel } from '../../src/models/checkpoint.ts';
import { LanguageModel } from '../../src/models/languageModel.ts';
import { readConfig } from '../../src/models/registry.ts';
import type { State } from '../../src/models/state.ts';
import { safetensorsBytes } from '../../src/formats/index.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import { crossEntropy } from '../reference/crossEntropy.ts';
import { anyBackend, backends } from '../support/backends.ts';
import { expectClose, expectIdentical } from '../support/compare.ts';
import { readGolden } from '../support/golden.ts';
import { seeds, uniforms } from '../support/random.ts';
import { emptyFolder, folderWith, tensorsOf } from './folder.ts';
import { weightsOf } from './reference.ts';
import { rwkvLogits } from './rwkvReference.ts';
import { vividModel } from './vivid.ts';

const golden = fileURLToPath(new URL('../fixtures/golden/rwkv4-tiny', import.meta.url));
const expected = await readGolden('rwkv4-tiny/expected');
const tokens = Array.from(expected.get('tokens').data);
const V = 24;

const tokensOf = (seed: number, lengths: readonly number[]) => {
  const random = uniforms(seed);
  return lengths.map((n) => Array.from({ length: n }, () => Math.floor(random() * V)));
};

/** Row b of each tensor of a state, in the order of the official rows. */
const rows = ['ffn_x_prev', 'att_x_prev', 'aa', 'bb', 'pp'];
function stateOf(state: State, b = 0): Float32Array[] {
  return state.layers.flatMap((layer) =>
    rows.map((name) => layer[name].read().slice(b * layer[name].width, (b + 1) * layer[name].width)),
  );
}

function expectSameState(got: Float32Array[], want: Float32Array[], what = '') {
  expect(got.length).toBe(want.length);
  want.forEach((values, i) => {
    expectClose(got[i], values, 5e-5, `${what}: ${rows[i % 5]} of block ${Math.floor(i / 5)}`);
  });
}

describe.each(backends)('rwkv4-tiny, the official model, on $name', ({ backend }) => {
  const loaded = loadModel(golden, { backend });

  it('gives the official logits and the official final state, at once', async () => {
    const { logits, state } = (await loaded).forward([tokens]);
    expect(logits.shape).toEqual([1, ...expected.get('logits').shape]);
    expectClose(logits.read(), expected.get('logits').data, 2e-5, 'logits');
    const want = expected.get('state').data;
    expectSameState(
      stateOf(state),
      Array.from({ length: 10 }, (_, i) => Float32Array.from(want.subarray(32 * i, 32 * i + 32))),
    );
    expect(Object.keys(state.tensors()).slice(0, 5)).toEqual(
      ['att_x_prev', 'aa', 'bb', 'pp', 'ffn_x_prev'].map((name) => `layers.0.${name}`),
    );
  });

  it('gives them token by token', async () => {
    const model = await loaded;
    let state: State | undefined;
    const logits: number[] = [];
    for (const token of tokens) {
      const step: ReturnType<typeof model.forward> = model.forward([[token]], { state });
      state = step.state;
      logits.push(...step.logits.read());
    }
    expectClose(logits, expected.get('logits').data, 2e-5, 'logits');
    expectClose(
      stateOf(state!).flatMap((values) => [...values]),
      expected.get('state').data,
      2e-5,
      'state',
    );
  });
});

describe.each(backends)('rwkv4 on $name', ({ backend }) => {
  const made = vividModel(backend, { model: 'rwkv4', vocabSize: V });
  const alone = (model: LanguageModel, row: number[], state?: State) => {
    const out = model.forward([row], { state });
    return { logits: out.logits.read(), state: stateOf(out.state), end: out.state };
  };

  it.each([{}, { dAttention: 28, dFfn: 37 }])('equals the f64 loops, values and gradients, with %j', async (config) => {
    const model = await vividModel(backend, { model: 'rwkv4', vocabSize: V, ...config });
    const [inputs, targets] = [tokensOf(1, [9, 9]), tokensOf(2, [9, 9])];
    const weights = weightsOf(model);
    expectClose(model.forward(inputs).logits.read(), rwkvLogits(weights, 2, inputs).data, 5e-5, 'logits');
    const { grads } = valueAndGrad(() => model.loss(inputs, targets), model.parameters);
    const random = uniforms(5);
    for (const [name, { data }] of Object.entries(weights)) {
      const direction = data.map(() => (random() < 0.5 ? -1 : 1));
      const along = (step: number) => {
        const moved = { ...weights[name], data: data.map((x, i) => x + step * direction[i]) };
        const logits = rwkvLogits({ ...weights, [name]: moved }, 2, inputs);
        return crossEntropy(logits, Int32Array.from(targets.flat())).data[0];
      };
      const want = (along(1e-5) - along(-1e-5)) / 2e-5;
      const values = grads[name].read();
      const got = values.reduce((sum, g, i) => sum + g * direction[i], 0);
      const size = Math.sqrt(values.reduce((sum, g) => sum + g * g, 0));
      expect(size, `${name} matters`).toBeGreaterThan(1e-4);
      expect(Math.abs(got - want) / (1e-3 + size), `${name}: ${got}, want ${want}`).toBeLessThan(1e-3);
    }
  });

  it('reads in any pieces as at once', async () => {
    const model = await made;
    fc.assert(
      fc.property(seeds, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 }), (seed, cuts) => {
        scope(() => {
          const [row] = tokensOf(seed, [cuts.reduce((a, b) => a + b)]);
          const whole = alone(model, row);
          let state: State | undefined;
          let at = 0;
          for (const n of cuts) {
            const piece = alone(model, row.slice(at, at + n), state);
            expectClose(
              piece.logits,
              whole.logits.subarray(at * V, (at + n) * V),
              5e-5,
              `logits from ${at} of ${cuts}`,
            );
            state = piece.end;
            at += n;
          }
          expectSameState(stateOf(state!), whole.state, `after ${cuts}`);
        });
      }),
      { numRuns: 8 },
    );
  });

  it('reads packed documents as separate ones, also in pieces', async () => {
    const model = await made;
    const lengths = [5, 1, 2, 9, 3];
    const documents = tokensOf(4, lengths);
    const row = documents.flat();
    const seqIdx = Int32Array.from(lengths.flatMap((n, i) => new Array<number>(n).fill(i)));
    const packed = model.forward([row], { documents: seqIdx });
    const logits = packed.logits.read();
    let at = 0;
    for (const [i, document] of documents.entries()) {
      const one = alone(model, document);
      expectClose(logits.subarray(at * V, (at + document.length) * V), one.logits, 5e-5, `document ${i}`);
      at += document.length;
    }
    expectSameState(stateOf(packed.state), alone(model, documents.at(-1)!).state, 'the last document');
    for (const cut of [3, 5, 6, 17]) {
      const first = model.forward([row.slice(0, cut)], { documents: seqIdx.slice(0, cut) });
      const second = model.forward([row.slice(cut)], { state: first.state, documents: seqIdx.slice(cut) });
      expectClose([...first.logits.read(), ...second.logits.read()], logits, 5e-5, `cut at ${cut}`);
      expectSameState(stateOf(second.state), stateOf(packed.state), `cut at ${cut}`);
    }
  });

  it('gives rows of any lengths what they get alone, and reads on from a saved state', async () => {
    const model = await made;
    const lengths = [4, 13, 1, 7];
    const inputs = tokensOf(7, lengths);
    const more = tokensOf(8, [2, 1, 6, 3]);
    const batch = model.forward(inputs);
    const next = model.forward(more, { state: await model.loadState(await batch.state.save()) });
    inputs.forEach((row, b) => {
      const one = alone(model, row);
      const got = batch.logits.read().subarray(b * 13 * V, (b * 13 + row.length) * V);
      expectClose(got, one.logits, 5e-5, `row ${b}`);
      expectSameState(stateOf(batch.state, b), one.state, `row ${b}`);
      const after = alone(model, more[b], one.end);
      const then = next.logits.read().subarray(b * 6 * V, (b * 6 + more[b].length) * V);
      expectClose(then, after.logits, 5e-5, `row ${b}, read on`);
    });
  });

  it('is free again after a training step', async () => {
    const model = await made;
    const before = backend.heap.used;
    const batch = tokensOf(12, [16, 16]);
    const { value, grads } = valueAndGrad(() => model.loss(batch, batch), model.parameters);
    for (const tensor of [value, ...Object.values(grads)]) tensor.dispose();
    expect(backend.heap.used).toBe(before);
  });
});

describe('rwkv4 checkpoints', () => {
  it('have the names and shapes of RWKV-4-Pile-169M', () => {
    const config = { model_type: 'rwkv4', n_layer: 12, n_embd: 768, vocab_size: 50277 };
    const { tree } = new LanguageModel(readConfig(config));
    const D = 768;
    const norm = (name: string): [string, number[]][] => [
      [`${name}.weight`, [D]],
      [`${name}.bias`, [D]],
    ];
    const block = (i: number): [string, number[]][] => {
      const at = `blocks.${i}`;
      return [
        ...norm(`${at}.ln1`),
        ...norm(`${at}.ln2`),
        ...['time_decay', 'time_first'].map((name): [string, number[]] => [`${at}.att.${name}`, [D]]),
        ...['att.time_mix_k', 'att.time_mix_v', 'att.time_mix_r', 'ffn.time_mix_k', 'ffn.time_mix_r'].map(
          (name): [string, number[]] => [`${at}.${name}`, [1, 1, D]],
        ),
        ...['att.key', 'att.value', 'att.receptance', 'att.output', 'ffn.receptance'].map(
          (name): [string, number[]] => [`${at}.${name}.weight`, [D, D]],
        ),
        [`${at}.ffn.key.weight`, [4 * D, D]],
        [`${at}.ffn.value.weight`, [D, 4 * D]],
      ];
    };
    const want: [string, number[]][] = [
      ['emb.weight', [50277, D]],
      ...norm('blocks.0.ln0'),
      ...Array.from({ length: 12 }, (_, i) => block(i)).flat(),
      ...norm('ln_out'),
      ['head.weight', [50277, D]],
    ];
    const sorted = (list: [string, readonly number[]][]) => list.sort(([a], [b]) => (a < b ? -1 : 1));
    expect(sorted(tree.list().map(({ name, shape }) => [name, shape]))).toEqual(sorted(want));
    expect(tree.count()).toBe(169_342_464);
    const still = tree.list().filter(({ decay }) => !decay);
    expect(still.every(({ name }) => /time_|\.ln\d\.|ln_out/.test(name))).toBe(true);
    expect(tree.list().filter(({ name }) => /time_|ln/.test(name)).length).toBe(still.length);
  });

  it("load under Hugging Face's names", async () => {
    const tensors = (await tensorsOf(join(golden, 'model.pth'))).map(({ name, ...rest }) => ({
      name: hfName(name),
      ...rest,
    }));
    const config = {
      ...{ model_type: 'rwkv', hidden_size: 32, num_hidden_layers: 2, vocab_size: 64, attention_hidden_size: 32 },
      ...{ intermediate_size: 128, layer_norm_epsilon: 1e-5, rescale_every: 6, tie_word_embeddings: false },
    };
    expect(tensors.map(({ name }) => name)).toContain('rwkv.blocks.1.attention.time_mix_receptance');
    const model = await loadModel(await folderWith({ config, tensors }), { backend: anyBackend });
    expectClose(model.forward([tokens]).logits.read(), expected.get('logits').data, 2e-5, 'logits');
  });

  it('that this project writes load again', async () => {
    const config = { model: 'rwkv4', dModel: 12, nLayer: 2, vocabSize: V, dFfn: 20, tieEmbeddings: true };
    const model = await createModel(config, { backend: anyBackend });
    expect(readConfig(JSON.parse(configJson(model.config)))).toEqual(model.config);
    const folder = await emptyFolder();
    const tensors = Object.entries(model.parameters).map(([name, x]) => ({
      name,
      shape: [...x.shape],
      data: x.read(),
    }));
    await writeFile(join(folder, 'config.json'), configJson(model.config));
    await writeFile(join(folder, 'model.safetensors'), safetensorsBytes(tensors));
    const again = await loadModel(folder, { backend: anyBackend });
    for (const { name, data } of tensors) expectIdentical(again.parameters[name].read(), data, name);
  });

  it.each([
    [{ n_embd: 0 }, 'dModel is 0, expected a whole number ≥ 1'],
    [{ vocab_size: undefined }, 'vocabSize is missing'],
    [{ dim_att: -1 }, "dAttention is -1, expected a whole number ≥ 1 or 'auto'"],
    [{ rms_norm: true }, undefined],
  ])('are refused with %j', (wrong, message) => {
    const read = () => readConfig({ model_type: 'rwkv4', n_layer: 2, n_embd: 8, vocab_size: 9, ...wrong });
    if (message) expect(read).toThrow(message);
    else expect(read().rmsNorm).toBe(false);
  });

  it('of another family are refused', async () => {
    const tensors = await tensorsOf(
      fileURLToPath(new URL('../fixtures/golden/mamba-tiny/model.safetensors', import.meta.url)),
    );
    const folder = await folderWith({
      config: { model_type: 'rwkv4', n_layer: 3, n_embd: 32, vocab_size: 64 },
      tensors,
    });
    await expect(loadModel(folder, { backend: anyBackend })).rejects.toThrow(
      /the tensor backbone\.\S+ \(.*\) is not one of a rwkv4 with dModel 32 and 3 layers/,
    );
  });
});

/** transformers' name of an official tensor, as convert_rwkv_checkpoint_to_hf.py makes it. */
function hfName(name: string): string {
  let hf = name.startsWith('emb.') ? name.replace('emb.', 'embeddings.') : name;
  if (hf.startsWith('blocks.0.ln0')) hf = hf.replace('blocks.0.ln0', 'blocks.0.pre_ln');
  hf = hf.replace(/blocks\.(\d+)\.att/, 'blocks.$1.attention').replace(/blocks\.(\d+)\.ffn/, 'blocks.$1.feed_forward');
  if (hf.endsWith('.time_mix_k')) hf = hf.replace('.time_mix_k', '.time_mix_key');
  if (hf.endsWith('.time_mix_v')) hf = hf.replace('.time_mix_v', '.time_mix_value');
  if (hf.endsWith('.time_mix_r')) hf = hf.replace('.time_mix_r', '.time_mix_receptance');
  return hf === 'head.weight' ? hf : `rwkv.${hf}`;
}
