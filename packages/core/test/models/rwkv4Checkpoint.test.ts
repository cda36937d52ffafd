/** RWKV-4's checkpoints: names and shapes, BlinkDL's and Hugging Face's spelling, and what is refused. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { readGolden } from '../../../../test/support/golden.ts';
import { configOf, readConfig } from '../../src/families/registry.ts';
import { safetensorsBytes } from '../../src/formats/index.ts';
import { configText } from '../../src/models/model.ts';
import { createModel, declareModel, loadModel } from '../../src/models/registered.ts';
import { emptyFolder, folderWith, tensorsOf } from './folder.ts';

const golden = fileURLToPath(new URL('../../../../test/fixtures/golden/rwkv4-tiny', import.meta.url));
const expected = await readGolden('rwkv4-tiny/expected');
const tokens = Array.from(expected.get('tokens').data);
const V = 24;

describe('rwkv4 checkpoints', () => {
  it('have the names and shapes of RWKV-4-Pile-169M', () => {
    const config = { model_type: 'rwkv4', n_layer: 12, n_embd: 768, vocab_size: 50277 };
    const { tree } = declareModel(readConfig(config));
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
    const twice = [...tensors, { ...tensors[0], name: 'emb.weight' }];
    await expect(loadModel(await folderWith({ config, tensors: twice }), { backend: anyBackend })).rejects.toThrow(
      /(rwkv.embeddings.weight and emb.weight|emb.weight and rwkv.embeddings.weight) are both emb.weight/,
    );
    expectClose(model.forward([tokens]).logits.read(), expected.get('logits').data, 2e-5, 'logits');
  });

  it('that this project writes load again', async () => {
    const config = { model: 'rwkv4', dModel: 12, nLayer: 2, vocabSize: V, dFfn: 20, tieEmbeddings: true };
    const model = await createModel(configOf(config), { backend: anyBackend });
    expect(readConfig(JSON.parse(configText(model)))).toEqual(model.config);
    const folder = await emptyFolder();
    const tensors = Object.entries(model.parameters).map(([name, x]) => ({
      name,
      shape: [...x.shape],
      data: x.read(),
    }));
    await writeFile(join(folder, 'config.json'), configText(model));
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
      fileURLToPath(new URL('../../../../test/fixtures/golden/mamba-tiny/model.safetensors', import.meta.url)),
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
