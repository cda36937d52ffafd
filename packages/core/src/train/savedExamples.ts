/** More data for a model that is there: read as its training data was, by the examples.json of its folder. */
import { type OpenedExamples, openExamples } from '../data/exampleSource.ts';
import { readJsonFile } from '../formats/jsonFile.ts';
import { nodeModule } from '../node.ts';
import { loadTokenizer } from '../tokenize/index.ts';
import { exampleFacts } from './exampleFacts.ts';
import type { ExampleFacts } from './sequenceRun.ts';

/** `open`: examples may lack labels and targets. */
export async function openSaved(
  folder: string,
  path: string,
  { open = false }: { open?: boolean } = {},
): Promise<{ opened: OpenedExamples; facts: ExampleFacts }> {
  const file = (name: string) => nodeModule('path').join(folder, name);
  const advice = 'Give the folder of a run with --task classify or regress.';
  const facts = exampleFacts(await readJsonFile(file('examples.json'), advice), file('examples.json'));
  const tokenizer = await loadTokenizer(await readJsonFile(file('tokenizer.json'), advice));
  const opened = await openExamples(path, { ...facts.options, tokenizer, classes: facts.classes, open });
  return { opened, facts };
}
