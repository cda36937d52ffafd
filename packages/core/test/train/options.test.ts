import { describe, expect, it } from 'vitest';
import { fieldsOf } from '../../src/families/family.ts';
import { familyOf, modelNames } from '../../src/families/registry.ts';
import { modelConfigOf, runConfig, trainFields } from '../../src/train/options.ts';
import { presets } from '../../src/train/presets.ts';

const needed = { data: 'play.txt', out: 'runs/play' };

describe('the options of a run', () => {
  it('have defaults', () => {
    const { options, modelKeys } = runConfig([needed]);
    expect(options).toMatchObject({ ...needed, model: 'mamba', tokenizer: 'byte', backend: 'auto', seed: 1337 });
    expect(options).toMatchObject({ batchSize: 8, blockSize: 256, maxIters: 1000, gradientAccumulation: 1 });
    expect(options.threads).toBeUndefined();
    expect(modelKeys).toEqual({ dModel: 128, nLayer: 4 });
  });

  it('go by flags over the file over the preset over the defaults', () => {
    const file = { ...needed, batchSize: 5, learningRate: 0.5, dModel: 48 };
    const flags = { batchSize: 6, nLayer: 7, threads: undefined };
    const { options, modelKeys } = runConfig([file, flags], 'tiny');
    expect(options.batchSize, 'a flag over the file').toBe(6);
    expect(options.learningRate, 'the file over the preset').toBe(0.5);
    expect(options.blockSize, 'the preset over the default').toBe(presets.tiny.blockSize);
    expect(options.weightDecay, 'the default').toBe(trainFields.weightDecay.default);
    expect(modelKeys).toEqual({ dModel: 48, nLayer: 7 });
  });

  it('have names that no config of a model has', () => {
    const ofModels = modelNames.flatMap((name) => Object.keys(fieldsOf(familyOf(name))));
    expect(ofModels.filter((name) => Object.hasOwn(trainFields, name))).toEqual([]);
  });

  it('leave what is undefined to the layer below', () => {
    expect(runConfig([{ ...needed, seed: 5 }, { seed: undefined }]).options.seed).toBe(5);
  });

  it('make a model config once the vocabulary is known', () => {
    const config = modelConfigOf(runConfig([{ ...needed, dModel: 32, dState: 8, rmsNorm: false }]), 62);
    expect(config).toMatchObject({ model: 'mamba', vocabSize: 62, dModel: 32, nLayer: 4, dState: 8, rmsNorm: false });
  });

  it.each(Object.keys(presets))('are complete with the preset %s', (name) => {
    const { options, modelKeys } = runConfig([needed], name);
    for (const [key, value] of Object.entries(presets[name])) {
      expect({ ...options, ...modelKeys }[key], key).toBe(value);
    }
  });

  it.each([
    [{ learningrate: 1 }, "train: unknown option 'learningrate'. Did you mean 'learningRate'?"],
    [{ d_model: 64 }, "train: unknown option 'd_model'. Did you mean 'dModel'?"],
    [
      { bidirectional: 'add' },
      'train: bidirectional is for --task classify or regress. Leave it out, or choose the task.',
    ],
    [{ mixers: ['mamba'] }, "train: the model 'mamba' has no mixers. It belongs to hybrid."],
    [{ bachSize: 1 }, "train: unknown option 'bachSize'. Did you mean 'batchSize'?"],
    [{ vocabSize: 64 }, "train: unknown option 'vocabSize'"],
    [{ constructor: 1 }, "train: unknown option 'constructor'"],
    [{ toString: 1 }, "train: unknown option 'toString'"],
    [{ data: undefined }, 'train: data is missing, expected the path of a file or folder. Give --data PATH.'],
    [{ data: '' }, 'train: data is "", expected the path of a file or folder'],
    [{ batchSize: 0 }, 'train: batchSize is 0, expected a whole number ≥ 1.'],
    [{ blockSize: 2.5 }, 'train: blockSize is 2.5, expected a whole number ≥ 1'],
    [{ maxIters: -1 }, 'train: maxIters is -1'],
    [{ maxIters: 1e300 }, 'train: maxIters is 1e+300, expected a whole number'],
    [{ learningRate: 0 }, 'train: learningRate is 0, expected a number above 0'],
    [{ learningRate: 'fast' }, 'train: learningRate is "fast", expected a number above 0'],
    [{ learningRate: NaN }, 'train: learningRate is NaN, expected a number above 0'],
    [{ beta1: 1 }, 'train: beta1 is 1, expected a number from 0 to below 1'],
    [{ gradClip: -1 }, 'train: gradClip is -1, expected a number ≥ 0'],
    [{ validationFraction: 1 }, 'train: validationFraction is 1, expected a number'],
    [{ schedule: 'linear' }, `train: schedule is "linear", expected 'cosine' or 'wsd' or 'constant'`],
    [{ backend: 'cuda' }, `train: backend is "cuda", expected 'auto' or 'native' or 'wasm'`],
    [{ threads: 0 }, 'train: threads is 0, expected a whole number ≥ 1'],
    [{ seed: -1 }, 'train: seed is -1, expected a whole number ≥ 0'],
    [{ carryState: 'yes' }, 'train: carryState is "yes", expected true or false'],
    [{ model: 'mambo' }, "unknown model 'mambo', expected one of 'mamba'"],
    [{ dModel: 0 }, 'config: dModel is 0, expected a whole number ≥ 1'],
    [{ dConv: 12 }, 'config: dConv is 12, expected a whole number from 1 to 8'],
  ])('are refused: %j', (wrong, message) => {
    expect(() => runConfig([{ ...needed, ...wrong }])).toThrow(message);
  });

  it('are refused with a preset that there is not', () => {
    expect(() => runConfig([needed], 'smal')).toThrow(
      "train: unknown preset 'smal', expected 'play', 'tiny', 'small'. Did you mean 'small'?",
    );
    expect(() => runConfig([needed], 'constructor')).toThrow("unknown preset 'constructor'");
  });
});
