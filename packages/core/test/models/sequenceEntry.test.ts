/** What `@mamba-ts/core/sequence` loads: a forecaster needs one family and no training. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { expectIdentical } from '../../../../test/support/compare.ts';
import { createModel, createSequenceModel } from '../../src/models/registered.ts';
import { loadSequenceModel } from '../../src/sequence.ts';

/** The files that a file imports, directly or not, types aside. */
async function importsOf(url: URL, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(url.href)) return seen;
  seen.add(url.href);
  const source = await readFile(fileURLToPath(url), 'utf8');
  const statements = source.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)';/gm);
  for (const [, path] of statements) await importsOf(new URL(path, url), seen);
  return seen;
}

describe('@mamba-ts/core/sequence', () => {
  it('loads no language model, no other family, no tokenizer and no training', async () => {
    const root = new URL('../../src/', import.meta.url);
    const files = [...(await importsOf(new URL('sequence.ts', root)))].map((href) => href.slice(root.href.length));
    const folders = new Set(files.map((file) => file.split('/')[0]));
    for (const folder of ['tokenize', 'generate', 'train', 'data', 'inspect']) expect(folders).not.toContain(folder);
    expect(files.filter((file) => file.startsWith('models/')).sort()).toEqual([
      'models/backbone.ts',
      'models/checkpoint.ts',
      'models/costs.ts',
      'models/model.ts',
      'models/sequenceConfig.ts',
      'models/sequenceModel.ts',
      'models/sequenceRows.ts',
      'models/tokens.ts',
    ]);
    const families = files.filter((file) =>
      /^families\/(mamba\d?|s4d?|h3|rwkv4|transformer|hybrid|attention)\.ts$/.test(file),
    );
    expect(families).toEqual(['families/mamba.ts']);
  });

  const files = async (model: { toJSON(): unknown; toSafetensors(): Promise<Uint8Array> }) => ({
    config: JSON.stringify(model.toJSON()),
    weights: await model.toSafetensors(),
  });
  const shape = { dModel: 8, nLayer: 1, dInput: 1, nTargets: 2, dState: 4 };

  it('loads what createSequenceModel made', async () => {
    const model = await createSequenceModel(shape, { backend: anyBackend, seed: 2 });
    const again = await loadSequenceModel(await files(model), { backend: anyBackend });
    const input = [[0.1, -2, 0.3]];
    expectIdentical(again.forward(input).outputs.read(), model.forward(input).outputs.read());
  });

  it('refuses another family and a language model', async () => {
    const s4d = await createSequenceModel({ ...shape, model: 's4d' }, { backend: anyBackend });
    await expect(loadSequenceModel(await files(s4d))).rejects.toThrow("ssm_cfg.layer is 'S4D', expected 'Mamba1'");
    const language = await createModel({ vocabSize: 8, dModel: 8, nLayer: 1 }, { backend: anyBackend });
    await expect(loadSequenceModel(await files(language))).rejects.toThrow("there is no 'sequence_model'");
    await expect(loadSequenceModel({ config: '{', weights: new Uint8Array() })).rejects.toThrow('config is not JSON');
  });
});
