// `npm run results [-- FOLDER …]`: docs/results.md and its figures from docs/results/*.json.
// The results of full runs (folders such as runs/reproduce/NAME) are copied into docs/results/ first.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const { experimentOf, experiments, resultsFiles, resultsPage, resultsText } = await import(
  '../dist/reproduce/index.js'
);
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

for (const folder of process.argv.slice(2)) {
  const results = read(join(folder, 'results.json'));
  if (results.quick) throw new Error(`results: ${folder} holds a quick run, expected a full one.`);
  const { name, full } = experimentOf(results.experiment);
  if (!isDeepStrictEqual(full, results.settings)) {
    throw new Error(`results: ${folder} has other settings than a full run of ${name}.`);
  }
  writeFileSync(join(docs, 'results', `${name}.json`), resultsText(results));
}

const entries = experiments.map((experiment) => {
  const path = join(docs, 'results', `${experiment.name}.json`);
  return { experiment, results: existsSync(path) ? read(path) : undefined };
});
for (const entry of entries) {
  for (const [file, content] of Object.entries(entry.results ? resultsFiles(entry) : {})) {
    writeFileSync(join(docs, 'results', file), content);
  }
}
writeFileSync(join(docs, 'results.md'), resultsPage(entries));
console.log(`docs/results.md: ${entries.filter(({ results }) => results).length} of ${entries.length} experiments`);
