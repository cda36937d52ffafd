/** New data for a trained sequence model, read as its training data was, by the examples.json of its folder. */
import { type OpenedExamples, openExamples } from '../data/exampleSource.ts';
import { readJsonFile } from '../formats/jsonFile.ts';
import { nodeModule } from '../node.ts';
import { loadTokenizer } from '../tokenize/index.ts';
import { type ExampleFacts, exampleFactsIn } from './exampleFacts.ts';

/**
 * Opens the examples in `path` for the model in `folder`. Throws UsageError if the folder is not one of a run with
 * --task classify or regress, or if the data does not have what the model reads.
 *
 * @param options.open Whether examples may lack labels and targets. Default: false.
 */
export async function openSaved(
  folder: string,
  path: string,
  { open = false }: { open?: boolean } = {},
): Promise<{ opened: OpenedExamples; facts: ExampleFacts }> {
  const file = (name: string) => nodeModule('path').join(folder, name);
  const advice = 'Give the folder of a run with --task classify or regress.';
  const facts = exampleFactsIn(await readJsonFile(file('examples.json'), advice), file('examples.json'));
  const tokenizer = await loadTokenizer(await readJsonFile(file('tokenizer.json'), advice));
  const opened = await openExamples(path, { ...facts.options, tokenizer, classes: facts.classes, open });
  return { opened, facts };
}
