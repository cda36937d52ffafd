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
import { language } from '../../../src/reproduce/experiments/language/language.ts';
import {
  type LanguageSettings,
  languageConfig,
  languageModel,
  variants,
} from '../../../src/reproduce/experiments/language/models.ts';

const settings = language.full as LanguageSettings;
const fileOf = (name: string) =>
  fileURLToPath(new URL(`../../../../examples/configs/language/${name}.json`, import.meta.url));

describe.each(settings.models)('the config of %s', (name) => {
  it('is what the experiment runs with its first seed', async () => {
    const config = languageConfig(name, settings, settings.seeds[0]);
    await expect(`${JSON.stringify(config, null, 2)}\n`).toMatchFileSnapshot(fileOf(name));
    const file = JSON.parse(await readFile(fileOf(name), 'utf8'));
    const place = { out: 'runs/x' };
    expect(runConfig([file, place])).toEqual(runConfig([config, place]));
    expect(file.data).toBe('data/shakespeare.txt');
  });

  it('describes a model of the size of Mamba', () => {
    const mamba = languageModel('mamba', settings);
    const { keys, parameters } = languageModel(name, settings);
    expect(Math.abs(parameters / mamba.parameters - 1)).toBeLessThan(0.03);
    const run = runConfig([languageConfig(name, settings, 1), { out: 'runs/x' }]);
    expect(modelConfigOf(run, 256)).toMatchObject(keys);
  });
});

describe('the experiment', () => {
  const quick = language.quick as LanguageSettings;
  const asked = (more: Partial<LanguageSettings>) => () => language.runs({ ...quick, ...more } as never);

  it('runs every model with every seed', () => {
    const ids = language.runs(settings).map(({ id }) => id);
    expect(new Set(ids).size).toBe(Object.keys(variants).length * settings.seeds.length);
    expect(ids).toContain('transformer-mqa-2');
  });

  it('gives the bits that mamba-ts train ends with', async () => {
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
    const result = (await language.run({ id: 'transformer-mqa-2', label: '' }, tiny, context)) as {
      bits: number;
      curve: object[];
    };
    const place = { data, out: join(folder, 'train'), backend: 'wasm', threads: 1 };
    const trained = await train({ layers: [languageConfig('transformer-mqa', tiny, 2), place] });
    expect(result.bits).toBe((trained.evaluation as Evaluation).bitsPerByte);
    expect(result.curve).toHaveLength(2);
    trained.model.backend.dispose();
    await rm(folder, { recursive: true });
  });

  it('refuses settings that do not compare', () => {
    expect(asked({ models: ['mambo'], learningRates: [1] })).toThrow("models has 'mambo', expected names of mamba,");
    expect(asked({ learningRates: [1] })).toThrow('1 learningRates for 7 models, expected one for each');
    expect(asked({ nLayer: 3 })).toThrow('nLayer is 3, expected an even number');
    expect(asked({ seeds: [] })).toThrow('there are no seeds');
  });
});
