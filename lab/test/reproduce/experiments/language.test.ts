/** The configs in examples/ are those that the experiment runs: `vitest -u` writes them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../../../packages/core/src/train/evaluate.ts';
import { modelConfigOf, runConfig } from '../../../../packages/core/src/train/options.ts';
import { train } from '../../../../packages/core/src/train/run.ts';
import { anyBackend } from '../../../../test/support/backends.ts';
import { runsOf } from '../../../src/reproduce/experiment.ts';
import { language } from '../../../src/reproduce/experiments/language/language.ts';
import {
  languageConfig,
  languageModel,
  languageModels,
} from '../../../src/reproduce/experiments/language/languageModels.ts';
import { changed } from '../../../src/reproduce/settings.ts';

const { full, quick } = language;
const fileOf = (name: string) =>
  fileURLToPath(new URL(`../../../../examples/configs/language/${name}.json`, import.meta.url));

describe.each(full.models)('the config of %s', (name) => {
  it('is what the experiment runs with its first seed', async () => {
    const config = languageConfig(name, full, full.seeds[0]);
    await expect(`${JSON.stringify(config, null, 2)}\n`).toMatchFileSnapshot(fileOf(name));
    const file = JSON.parse(await readFile(fileOf(name), 'utf8'));
    const place = { out: 'runs/x' };
    expect(runConfig([file, place])).toEqual(runConfig([config, place]));
    expect(file.data).toBe('packages/mamba-ts/data/shakespeare.txt');
  });

  it('describes a model of the size of Mamba', () => {
    const mamba = languageModel('mamba', full);
    const { config, parameters } = languageModel(name, full);
    expect(Math.abs(parameters / mamba.parameters - 1)).toBeLessThan(0.03);
    const run = runConfig([languageConfig(name, full, 1), { out: 'runs/x' }]);
    expect(modelConfigOf(run, 256)).toMatchObject(config);
  });
});

describe('the experiment', () => {
  const runs = (more: Partial<typeof full>) => () => runsOf(language, { ...quick, ...more });

  it('runs every model with every seed', () => {
    const ids = runsOf(language, full).map(({ id }) => id);
    expect(new Set(ids).size).toBe(Object.keys(languageModels).length * full.seeds.length);
    expect(ids).toContain('transformer-mqa-2');
  });

  it('ends at the bits of mamba-ts train', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'language-'));
    const data = join(folder, 'play.txt');
    const text = await readFile(
      fileURLToPath(new URL('../../../../packages/mamba-ts/data/shakespeare.txt', import.meta.url)),
      'utf8',
    );
    await writeFile(data, text.slice(0, 20_000));
    const tiny = { ...quick, dModel: 16, blockSize: 32, maxIters: 6, evalEvery: 4 };
    const context = {
      ...{ backend: anyBackend, folder: join(folder, 'run'), signal: new AbortController().signal },
      progress: () => {},
      data: async () => data,
    };
    const result = await language.run({ model: 'transformer-mqa', seed: 2 }, tiny, context);
    const place = { data, out: join(folder, 'train'), backend: 'wasm', threads: 1 };
    const trained = await train({ layers: [languageConfig('transformer-mqa', tiny, 2), place] });
    expect(result.bits).toBe((trained.evaluation as Evaluation).bitsPerByte);
    expect(result.curve).toHaveLength(2);
    trained.model.backend.dispose();
    await rm(folder, { recursive: true });
  });

  it('refuses settings that do not compare', () => {
    expect(() => changed(language, full, ['models=mambo'])).toThrow('language: models[0] is "mambo"');
    expect(runs({ learningRates: [1] })).toThrow('1 learningRates for 7 models, expected one for each');
    expect(runs({ nLayer: 3 })).toThrow('nLayer is 3, expected an even number');
  });
});
