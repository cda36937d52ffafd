/** Mistakes that the compiler finds: this file is checked by `npm run types`. */
import { describe, expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { memoryExamples, textData } from '../../src/data/index.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import { createModel, createSequenceModel } from '../../src/models/registered.ts';
import type { SequenceModel } from '../../src/models/sequenceModel.ts';
import { byteTokenizer } from '../../src/tokenize/index.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerOptions } from '../../src/train/trainerOptions.ts';

const tokens = await textData('to be or not to be', byteTokenizer());
const model = await createModel({ vocabSize: 256, dModel: 4, nLayer: 1 }, { backend: anyBackend });

describe('the options of a trainer', () => {
  it('are known by name and type', () => {
    // @ts-expect-error: a typo
    expect(() => new Trainer(model, tokens, { bachSize: 8 })).toThrow("Did you mean 'batchSize'?");
    // @ts-expect-error: an option of a run, which a trainer does not use
    expect(() => new Trainer(model, tokens, { evalEvery: 8 })).toThrow("unknown option 'evalEvery'");
    // @ts-expect-error: a number as text
    expect(() => new Trainer(model, tokens, { batchSize: '8' })).toThrow('batchSize is "8", expected a whole number');
    // @ts-expect-error: no such schedule
    expect(() => new Trainer(model, tokens, { schedule: 'linear' })).toThrow(
      "expected 'cosine' or 'wsd' or 'constant'",
    );
    const trainer = new Trainer(model, tokens, { batchSize: 2, blockSize: 4, schedule: 'wsd' });
    const { batchSize, schedule, learningRate, carryState }: TrainerOptions = trainer.options;
    expect([batchSize, schedule, learningRate, carryState]).toEqual([2, 'wsd', 1e-3, false]);
    // @ts-expect-error: options stay as they were given
    trainer.options.batchSize = 3;
    trainer.dispose();
  });

  it('are known where a trainer is saved and resumed', () => {
    const wrong = (trainer: Trainer) => [
      // @ts-expect-error: a typo
      trainer.save('runs/x', { datta: 'play.txt' }),
      // @ts-expect-error: what the trainer itself knows
      trainer.save('runs/x', { batchSize: 4 }),
      // @ts-expect-error: a typo
      Trainer.resume('runs/x', tokens, { maxIter: 4 }),
      // @ts-expect-error: tokens belong to language models
      Trainer.resume('runs/x', tokens, { model: undefined as unknown as SequenceModel }),
    ];
    expect(wrong).toBeTypeOf('function');
  });

  it('lead from the data to the model', async () => {
    const examples = memoryExamples([{ sequence: Float32Array.of(1), label: 0 }], { name: 'one' });
    const resumed = {
      tokens: (): Promise<Trainer<LanguageModel>> => Trainer.resume('runs/x', tokens),
      examples: (): Promise<Trainer<SequenceModel>> => Trainer.resume('runs/x', examples),
      model: (given: SequenceModel): Promise<Trainer<SequenceModel>> =>
        Trainer.resume('runs/x', () => ({ next: () => Promise.reject(), state: () => 0, restore: () => {} }), {
          model: given,
        }),
    };
    expect(Object.keys(resumed)).toHaveLength(3);
    const sequences = await createSequenceModel(
      { model: 's4d', dModel: 4, nLayer: 1, dInput: 1, nClasses: 2 },
      { backend: anyBackend },
    );
    const trainer: Trainer<SequenceModel> = new Trainer(sequences, examples);
    trainer.dispose();
  });
});
