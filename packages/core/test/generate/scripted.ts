/** A model that predicts a given list of tokens: for tests of what is done with tokens. */

import { anyBackend } from '../../../../test/support/backends.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';

export function scriptedModel(tokens: readonly number[], vocabSize: number): LanguageModel {
  let at = 0;
  const model = {
    config: { vocabSize },
    maxSteps: Infinity,
    forward() {
      const logits = new Float32Array(vocabSize);
      logits[tokens[at++]] = 100;
      return { logits: anyBackend.tensor(logits, [1, 1, vocabSize]), state: { dispose() {} } };
    },
  };
  return model as unknown as LanguageModel;
}
