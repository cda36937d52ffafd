/**
 * Mamba sequence models alone. This entry loads no language model, no other family, no tokenizer and no training, so
 * that a package around one sequence model stays small.
 *
 *   import { loadSequenceModel } from '@mamba-ts/core/sequence';
 *   const model = await loadSequenceModel('weights');
 *
 * @module
 */
import { FamilySet } from './families/familySet.ts';
import { mamba } from './families/mamba.ts';
import { type LoadOptions, loadWith, type ModelFiles } from './models/checkpoint.ts';
import { readSequenceConfig } from './models/sequenceConfig.ts';
import { SequenceModel } from './models/sequenceModel.ts';

export { State } from './layers/state.ts';
export type { LoadOptions, ModelFiles } from './models/checkpoint.ts';
export type { SequenceConfig } from './models/sequenceConfig.ts';
export { SequenceModel, type SequenceOptions } from './models/sequenceModel.ts';
export type { SequenceInput, SequenceTargets } from './models/sequenceRows.ts';

const families = new FamilySet([mamba]);

/** A Mamba sequence model from a folder, a URL, or { config, weights }. Throws UsageError for another family. */
export async function loadSequenceModel(from: string | ModelFiles, options: LoadOptions = {}): Promise<SequenceModel> {
  return loadWith(from, options, (json) => new SequenceModel(readSequenceConfig(families, json), mamba));
}
