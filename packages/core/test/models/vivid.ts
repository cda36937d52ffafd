/** A model whose output depends strongly on all of its weights, biases and states included. */

import { normal, uniforms } from '../../../../test/support/random.ts';
import { configOf } from '../../src/families/registry.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import { createModel } from '../../src/models/registered.ts';
import type { Backend } from '../../src/tensor/backend.ts';

export async function vividModel(backend: Backend, config: Record<string, unknown>): Promise<LanguageModel> {
  const model = await createModel(configOf({ dModel: 20, nLayer: 2, ...config }), { backend, seed: 3 });
  const random = uniforms(17);
  for (const { name, value } of model.tree.list()) {
    const first = value.read();
    const noise = normal(random, value.shape, name.endsWith('A_log') ? 0.1 : 0.3).data;
    value.write(Float32Array.from(first, (x, i) => x + noise[i]));
  }
  return model;
}
