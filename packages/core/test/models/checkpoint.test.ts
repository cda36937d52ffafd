import { copyFile, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { errorOf, expectIdentical } from '../../../../test/support/compare.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import { configText } from '../../src/models/model.ts';
import { loadModel } from '../../src/models/registered.ts';
import { emptyFolder, folderWith, goldenCheckpoint, goldenFolder, tensorsOf } from './folder.ts';

const backend = anyBackend;
const tokens = [[1, 2, 3, 4, 5, 6, 7, 8]];
const logitsOf = (model: LanguageModel) => model.forward(tokens).logits.read();

const huggingfaceConfig = {
  model_type: 'mamba',
  architectures: ['MambaForCausalLM'],
  hidden_size: 32,
  num_hidden_layers: 3,
  vocab_size: 64,
  state_size: 16,
  conv_kernel: 4,
  expand: 2,
  time_step_rank: 2,
  layer_norm_epsilon: 1e-5,
  use_bias: false,
  use_conv_bias: true,
  hidden_act: 'silu',
};

describe('loadModel', () => {
  it('reads the names and the config of Hugging Face', async () => {
    const { tensors } = await goldenCheckpoint();
    const renamed = tensors.map((tensor) => ({
      ...tensor,
      name: tensor.name.replace('backbone.embedding.weight', 'backbone.embeddings.weight'),
    }));
    expect(renamed.map(({ name }) => name)).toContain('backbone.embeddings.weight');
    const model = await loadModel(await folderWith({ config: huggingfaceConfig, tensors: renamed }), { backend });
    const want = await loadModel(goldenFolder, { backend });
    expect(Object.keys(model.parameters)).toEqual(Object.keys(want.parameters));
    expectIdentical(logitsOf(model), logitsOf(want));
  });

  it('takes a tied head that the file repeats', async () => {
    const { config, tensors } = await goldenCheckpoint();
    const embedding = tensors.find(({ name }) => name === 'backbone.embedding.weight')!;
    const others = tensors.filter(({ name }) => name !== 'lm_head.weight');
    const folder = await folderWith({ config, tensors: [...others, { ...embedding, name: 'lm_head.weight' }] });
    const model = await loadModel(folder, { backend });
    expect(Object.keys(model.parameters)).not.toContain('lm_head.weight');
    expectIdentical(logitsOf(model), logitsOf(await loadModel(goldenFolder, { backend })));
  });

  it('reads a head of its own where it is not tied', async () => {
    const { config, tensors } = await goldenCheckpoint();
    const embedding = tensors.find(({ name }) => name === 'backbone.embedding.weight')!;
    const doubled = { ...embedding, name: 'lm_head.weight', data: (embedding.data as Float32Array).map((x) => 2 * x) };
    const others = tensors.filter(({ name }) => name !== 'lm_head.weight');
    const untied = { ...config, tie_embeddings: false };
    const model = await loadModel(await folderWith({ config: untied, tensors: [...others, doubled] }), { backend });
    const want = logitsOf(await loadModel(goldenFolder, { backend })).map((x) => 2 * x);
    expectIdentical(logitsOf(model), want);
    await expect(loadModel(await folderWith({ config: untied, tensors: others }), { backend })).rejects.toThrow(
      'tensors are missing, the first is lm_head.weight (64, 32)',
    );
  });

  it('reads back what save() writes', async () => {
    const folder = await emptyFolder();
    await copyFile(join(goldenFolder, 'model.safetensors'), join(folder, 'model.safetensors'));
    const want = await loadModel(goldenFolder, { backend });
    await writeFile(join(folder, 'config.json'), configText(want));
    const model = await loadModel(folder, { backend });
    expect(model.config).toEqual(want.config);
    expectIdentical(logitsOf(model), logitsOf(want));
  });

  it('prefers model.safetensors to pytorch_model.bin', async () => {
    const { config, tensors } = await goldenCheckpoint();
    const zeros = tensors.map((tensor) => ({ ...tensor, data: new Float32Array(tensor.data.length) }));
    const folder = await folderWith({ config, tensors: zeros });
    await copyFile(join(goldenFolder, 'pytorch_model.bin'), join(folder, 'pytorch_model.bin'));
    expect(logitsOf(await loadModel(folder, { backend })).every((x) => x === 0)).toBe(true);
    await rm(join(folder, 'model.safetensors'));
    expect(logitsOf(await loadModel(folder, { backend })).some((x) => x !== 0)).toBe(true);
  });

  it('goes by what the weights are, not by what they are called', async () => {
    const { config } = await goldenCheckpoint();
    const folder = await emptyFolder();
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    await copyFile(join(goldenFolder, 'pytorch_model.bin'), join(folder, 'model.safetensors'));
    expectIdentical(
      logitsOf(await loadModel(folder, { backend })),
      logitsOf(await loadModel(goldenFolder, { backend })),
    );
  });
});

describe('loadModel refuses', () => {
  const first = 'backbone.layers.0.mixer.in_proj.weight';

  it('a tensor that is missing', async () => {
    const { config, tensors } = await goldenCheckpoint();
    const folder = await folderWith({ config, tensors: tensors.filter(({ name }) => name !== first) });
    await expect(loadModel(folder, { backend })).rejects.toThrow(
      `${folder}: 1 tensors are missing, the first is ${first} (128, 32). Check config.json`,
    );
  });

  it('a tensor that no Mamba has, with the nearest name', async () => {
    const { config, tensors } = await goldenCheckpoint();
    const extra = { name: 'backbone.layers.0.mixer.in_proj.weights', shape: [2], data: Float32Array.of(1, 2) };
    const folder = await folderWith({ config, tensors: [...tensors, extra] });
    await expect(loadModel(folder, { backend })).rejects.toThrow(
      `the tensor ${extra.name} (2) is not one of a mamba with dModel 32 and 3 layers. The nearest name is ${first}.`,
    );
  });

  it('a tensor of another shape', async () => {
    const { config, tensors } = await goldenCheckpoint();
    const bent = tensors.map((tensor) => (tensor.name === first ? { ...tensor, shape: [32, 128] } : tensor));
    const folder = await folderWith({ config, tensors: bent });
    await expect(loadModel(folder, { backend })).rejects.toThrow(`${first} is (32, 128), expected (128, 32)`);
  });

  it('the config of another model', async () => {
    const { config, tensors } = await goldenCheckpoint();
    const folder = await folderWith({ config: { ...config, n_layer: 2 }, tensors });
    await expect(loadModel(folder, { backend })).rejects.toThrow(/backbone\.layers\.2\..* is not one of a mamba/);
    const deeper = await folderWith({ config: { ...config, n_layer: 4 }, tensors });
    await expect(loadModel(deeper, { backend })).rejects.toThrow(
      /10 tensors are missing, the first is backbone\.layers\.3/,
    );
    const wider = await folderWith({ config: { ...config, d_model: 64 }, tensors });
    await expect(loadModel(wider, { backend })).rejects.toThrow('expected (64, 64)');
  });

  it('a folder that is not there, and one without config or weights', async () => {
    await expect(loadModel('/nowhere/at/all', { backend })).rejects.toThrow(
      'loadModel: /nowhere/at/all/config.json cannot be read (ENOENT), expected a folder with config.json',
    );
    const folder = await folderWith(await goldenCheckpoint());
    await rename(join(folder, 'model.safetensors'), join(folder, 'weights'));
    await expect(loadModel(folder, { backend })).rejects.toThrow(
      `loadModel: ${folder} holds neither model.safetensors nor pytorch_model.bin nor model.pth. Give the folder of a checkpoint.`,
    );
    await rename(join(folder, 'weights'), join(folder, 'model.safetensors'));
    await rm(join(folder, 'config.json'));
    await expect(loadModel(folder, { backend })).rejects.toThrow('config.json cannot be read (ENOENT)');
  });

  it('a config.json that is not JSON', async () => {
    const folder = await folderWith(await goldenCheckpoint());
    await writeFile(join(folder, 'config.json'), '{"d_model": 32,');
    await expect(loadModel(folder, { backend })).rejects.toThrow(
      /config\.json is not JSON \(.*\)\. Get the file again\./,
    );
  });

  it('a file of the weights instead of the folder', async () => {
    await expect(loadModel(join(goldenFolder, 'model.safetensors'), { backend })).rejects.toThrow(
      'cannot be read (ENOTDIR), expected a folder with config.json',
    );
  });

  it.each(['model.safetensors', 'pytorch_model.bin'])('a %s that is cut off anywhere', async (name) => {
    const folder = await emptyFolder();
    await copyFile(join(goldenFolder, 'config.json'), join(folder, 'config.json'));
    const whole = await readFile(join(goldenFolder, name));
    for (const part of [0, 1 / whole.length, 7 / whole.length, 0.01, 0.1, 0.5, 0.99, 1 - 1 / whole.length]) {
      await writeFile(join(folder, name), whole);
      await truncate(join(folder, name), Math.floor(part * whole.length));
      const error: Error = await loadModel(folder, { backend }).then(
        () => new Error('loaded'),
        (error) => error,
      );
      expect(error.message, `${part} of the file`).toContain(join(folder, name));
      expect(error.message, `${part} of the file`).toMatch(
        /expected|truncated|get it again|damaged|incomplete|cut off/i,
      );
    }
  });

  it('a dtype that this version has no kernels for', async () => {
    await expect(loadModel(goldenFolder, { backend, dtype: 'q8_0' })).rejects.toThrow(
      "dtype is 'q8_0', expected 'f32': this version has no 'q8_0' kernels yet.",
    );
  });

  it('a backend that there is not', async () => {
    await expect(loadModel(goldenFolder, { backend: 'webgpu' })).rejects.toThrow(
      'there is no WebGPU backend in this version',
    );
    await expect(loadModel(goldenFolder, { backend: 'cuda' as 'auto' })).rejects.toThrow("the backend is 'cuda'");
  });
});

it('the copied goldens are one model in two formats', async () => {
  const [torch, safetensors] = await Promise.all(
    ['pytorch_model.bin', 'model.safetensors'].map((name) => tensorsOf(join(goldenFolder, name))),
  );
  const named = (list: typeof torch) => new Map(list.map((tensor) => [tensor.name, tensor.data as Float32Array]));
  for (const [name, data] of named(safetensors)) {
    expect(errorOf(named(torch).get(name)!, data), name).toBe(0);
  }
});
