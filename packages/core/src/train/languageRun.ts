/** A run of a language model: tokens of text, bases or sound. */

import { charTokenizerOf, longestDocument, prepareTokens, splitTokens, textSource } from '../data/index.ts';
import { UsageError } from '../errors.ts';
import { readJsonFile } from '../formats/jsonFile.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { createModel, declareModel, loadModel } from '../models/registered.ts';
import { byteTokenizer, dnaTokenizer, loadTokenizer, muLawTokenizer, type Tokenizer } from '../tokenize/index.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { modelConfigOf, type TrainOptions } from './options.ts';
import type { Prepared, RunSetup } from './prepared.ts';

export async function languageRun({
  folder,
  config,
  options,
  resume,
}: RunSetup): Promise<Prepared<LanguageModel, Evaluation> & { tokenizer: Tokenizer }> {
  const tokenizer = resume ? await loadTokenizer(await folder.readJson('tokenizer.json')) : await tokenizerFor(options);
  if (options.reverseComplement && tokenizer.kind !== 'dna') {
    throw new UsageError(
      'train',
      `reverseComplement is true with a ${tokenizer.kind} tokenizer, expected dna, whose tokens are bases. ` +
        'Leave it out, or train with --tokenizer dna.',
    );
  }
  const { batchSize, blockSize, textField, validationFraction } = options;
  const store = await prepareTokens(options.data, tokenizer, { cacheFolder: folder.file('data'), field: textField });
  const { train, validation } = splitTokens(store, validationFraction, blockSize);
  const modelConfig = modelConfigOf(config, tokenizer.vocabSize);
  return {
    tokenizer,
    declare: () => declareModel(modelConfig),
    create: (backend, seed) => createModel(modelConfig, { backend, seed }),
    load: (path, backend) => loadModel(path, { backend }),
    data: train,
    steps: blockSize,
    longest: options.carryState ? longestDocument(store) : blockSize,
    sizes: { trainTokens: train.length, validationTokens: validation.length, unit: 'tokens' },
    files: { 'tokenizer.json': tokenizer.toJSON() },
    evaluate: (model, batches) => evaluate(model, validation, tokenizer, { batchSize, blockSize, batches }),
    close: () => store.close(),
  };
}

/** The tokenizer that the options name. Throws UsageError if it is neither a known name nor a readable file. */
export async function tokenizerFor({ tokenizer, data, textField, sampleRate }: TrainOptions): Promise<Tokenizer> {
  if (tokenizer === 'byte') return byteTokenizer();
  if (tokenizer === 'char') return charTokenizerOf(textSource(data, { field: textField }));
  if (tokenizer === 'dna') return dnaTokenizer();
  if (tokenizer === 'muLaw' || tokenizer === 'mu-law') return muLawTokenizer({ sampleRate: sampleRate || undefined });
  const advice = "Give 'byte', 'char', 'dna', 'muLaw' or the path of a tokenizer.json.";
  return loadTokenizer(await readJsonFile(tokenizer, advice));
}
