/** Mistakes in configs that the compiler finds: this file is checked by `npm run types`. */
import { describe, expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import type { MambaConfig, ModelOptions } from '../../src/families/index.ts';
import { createModel, createSequenceModel, type SequenceModelOptions } from '../../src/models/index.ts';

const sizes = { vocabSize: 8, dModel: 8, nLayer: 1 };
const backend = anyBackend;
const refused = (model: Promise<unknown>) => expect(model).rejects;

describe('the options of createModel', () => {
  it('are those of Mamba without a model, and else those of the model', async () => {
    await createModel({ ...sizes, dState: 4, dtRank: 'auto' }, { backend });
    await createModel({ ...sizes, model: 'mamba', inner: 's4d', dState: 4 }, { backend });
    await createModel({ ...sizes, model: 'mamba2', headDim: 8, nGroups: 1, dState: 4 }, { backend });
    await createModel({ ...sizes, model: 'mamba3', headDim: 8, mimo: true, ropeFraction: 1 }, { backend });
    await createModel({ ...sizes, model: 's4d', init: 'inv' }, { backend });
    await createModel({ ...sizes, model: 'transformer', numHeads: 2, headDim: 'auto', window: null }, { backend });
    await createModel(
      {
        ...sizes,
        model: 'hybrid',
        nLayer: 2,
        mixers: ['mamba2', 'attention'],
        settings: { mamba2: { headDim: 8 }, attention: { numHeads: 2 } },
      },
      { backend },
    );
    const options: ModelOptions = { ...sizes, model: 'rwkv4', dFfn: 12 };
    const { config } = await createModel(options, { backend });
    const complete: Pick<MambaConfig, 'vocabSize' | 'normEpsilon'> = config;
    expect(complete).toMatchObject({ vocabSize: 8, normEpsilon: 1e-5 });
    await createModel(config, { backend });
  });

  it('have no typos', async () => {
    // @ts-expect-error: a typo
    await refused(createModel({ ...sizes, dstate: 4 })).toThrow("Did you mean 'dState'?");
    // @ts-expect-error: a key of Mamba-2
    await refused(createModel({ ...sizes, headDim: 8 })).toThrow("unknown key 'headDim' for the model 'mamba'");
    // @ts-expect-error: a key of Mamba
    await refused(createModel({ ...sizes, model: 'mamba2', inner: 's4d' })).toThrow("unknown key 'inner'");
    // @ts-expect-error: no such model
    await refused(createModel({ ...sizes, model: 'mamba4' })).toThrow("unknown model 'mamba4'");
    // @ts-expect-error: a number as text
    await refused(createModel({ ...sizes, dState: '4' })).toThrow('dState is "4", expected a whole number');
    // @ts-expect-error: no such choice
    await refused(createModel({ ...sizes, model: 's4d', init: 'log' })).toThrow("expected 'lin' or 'inv' or 'real'");
    // @ts-expect-error: no such mixer
    await refused(createModel({ ...sizes, model: 'hybrid', mixers: ['mambo'] })).toThrow("Did you mean 'mamba'?");
    await refused(
      // @ts-expect-error: a key of another mixer
      createModel({ ...sizes, model: 'hybrid', mixers: ['s4d'], settings: { s4d: { headDim: 8 } } }),
    ).toThrow("unknown key 'headDim' for the model 's4d'");
    // @ts-expect-error: sizes are missing
    await refused(createModel({ dModel: 8, nLayer: 1 })).toThrow('vocabSize is missing');
    // @ts-expect-error: a key of sequence models
    await refused(createModel({ ...sizes, dInput: 2 })).toThrow("unknown key 'dInput'");
    // @ts-expect-error: no such option
    await createModel(sizes, { backend, sede: 3 });
  });
});

describe('the options of createSequenceModel', () => {
  const shape = { dModel: 8, nLayer: 1 };

  it('are those of the model, and what goes in and comes out', async () => {
    await createSequenceModel({ ...shape, dInput: 2, nClasses: 3 }, { backend });
    await createSequenceModel({ ...shape, vocabSize: 9, nTargets: 1, output: 'step' }, { backend });
    const options: SequenceModelOptions = {
      ...shape,
      model: 'mamba2',
      headDim: 8,
      dInput: 1,
      nTargets: 1,
      pooling: 'max',
    };
    const { config } = await createSequenceModel(options, { backend });
    await createSequenceModel(config, { backend });
    expect(config.pooling).toBe('max');
  });

  it('have no typos', async () => {
    // @ts-expect-error: a typo
    await refused(createSequenceModel({ ...shape, dInput: 2, nClass: 3 })).toThrow("Did you mean 'nClasses'?");
    // @ts-expect-error: no such choice
    await refused(createSequenceModel({ ...shape, dInput: 2, nClasses: 3, pooling: 'sum' })).toThrow(
      'pooling is "sum"',
    );
    // @ts-expect-error: a key of Mamba-2
    await refused(createSequenceModel({ ...shape, dInput: 2, nClasses: 3, headDim: 4 })).toThrow(
      "unknown key 'headDim'",
    );
  });
});
