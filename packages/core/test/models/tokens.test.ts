/** What forward and loss refuse, and how they say it. */
import { describe, expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { expectIdentical } from '../../../../test/support/compare.ts';
import { configOf } from '../../src/families/registry.ts';
import { createModel, declareModel } from '../../src/models/registered.ts';
import type { TokenInput } from '../../src/models/tokens.ts';

const config = { dModel: 16, nLayer: 1, vocabSize: 16 };
const model = await createModel(config, { backend: anyBackend });

describe('forward', () => {
  it.each<[TokenInput, string]>([
    [[], 'tokens are not a list of rows, expected at least one row'],
    [[[]], 'row 0 has no tokens, expected at least 1. Leave the row out.'],
    [[[1], []], 'row 1 has no tokens'],
    [[1, 2, 3] as unknown as TokenInput, 'tokens are not a list of rows'],
    [[[1, 16]], 'token 16 at row 0, position 1, expected 0 to 15. Use the tokenizer the model was trained with.'],
    [[[1, 2], [-1]], 'token -1 at row 1, position 0, expected 0 to 15'],
    [[[1.5]], 'token 1.5 at row 0, position 0, expected a whole number'],
    [[[NaN]], 'token NaN at row 0, position 0, expected a whole number'],
    [[['a'] as unknown as number[]], 'token a at row 0, position 0, expected a whole number'],
    [[[2 ** 32 + 1]], 'token 4294967297 at row 0, position 0'],
    [{ tokens: Int32Array.of(1, 2, 3), B: 2, L: 2 }, '3 tokens, expected B × L = 2 × 2'],
    [{ tokens: Int32Array.of(), B: 0, L: 1 }, '0 tokens, expected B × L = 0 × 1, each at least 1'],
  ])('refuses %j', (tokens, message) => {
    expect(() => model.forward(tokens)).toThrow(message);
    expect(() => model.loss(tokens, [])).toThrow(message);
  });

  it('takes rows and a flat table alike', () => {
    const rows = model.forward([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const flat = model.forward({ tokens: Int32Array.of(1, 2, 3, 4, 5, 6), B: 2, L: 3 });
    expectIdentical(flat.logits.read(), rows.logits.read());
  });

  it('refuses document indices of another size', () => {
    expect(() => model.forward([[1, 2, 3]], { documents: Int32Array.of(0, 0) })).toThrow(
      '2 indices, expected 3, one for each of the 1 × 3 tokens',
    );
  });

  it('needs values', () => {
    expect(() => declareModel(configOf(config)).forward([[1]])).toThrow(
      'The model has no values yet. Use createModel() or loadModel().',
    );
  });
});

describe('loss', () => {
  it.each([
    [[[1, 2, 3]], 'loss: 1 rows of targets, expected 2, one for each row of tokens.'],
    [[[1, 2], [3]], 'loss: row 0 has 2 targets, expected 3, one for each token.'],
    [[[1, 2, 16], [3]], 'target 16 at row 2, expected below 16'],
    [[[1, NaN, 3], [3]], 'loss: target NaN at row 0, position 1, expected a whole number'],
    [[[1, 2, 3], [0.5]], 'loss: target 0.5 at row 1, position 0, expected a whole number'],
    [[[-1, -1, -1], [-1]], 'every target is ignored'],
  ])('refuses the targets %j', (targets, message) => {
    expect(() => model.loss([[1, 2, 3], [4]], targets)).toThrow(message);
  });

  it('ignores targets below 0', () => {
    const one = model.loss([[1, 2, 3]], [[-1, 7, -100]]).read()[0];
    const logits = model
      .forward([[1, 2]])
      .logits.read()
      .subarray(16);
    const want = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - logits[7];
    expect(Math.abs(one - want)).toBeLessThan(1e-5);
  });
});
