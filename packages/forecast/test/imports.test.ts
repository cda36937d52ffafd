/** What `import '@mamba-ts/forecast'` loads: the built files, without training, language models and fine-tuning. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import * as forecast from '../src/index.ts';

const packages = fileURLToPath(new URL('../..', import.meta.url));
const { resolve: resolvePackage } = createRequire(import.meta.url);

/** The files that a built file imports statically, and those that they import, relative to packages/. */
function loadedBy(file: string, found = new Set<string>()): Set<string> {
  const name = relative(packages, file);
  if (found.has(name)) return found;
  found.add(name);
  const code = readFileSync(file, 'utf8');
  for (const [, id] of code.matchAll(/^(?:import|export)[^;]*? from ['"]([^'"]+)['"]/gm)) {
    if (id.startsWith('.')) loadedBy(resolve(dirname(file), id), found);
    else if (id.startsWith('@mamba-ts/')) {
      const [, own, path] = /^@mamba-ts\/(\w+)(?:\/(.*))?$/.exec(id) as RegExpExecArray;
      const dist = `${packages}/${own}/dist/${path ?? 'index'}`;
      loadedBy(existsSync(`${dist}.js`) ? `${dist}.js` : `${dist}/index.js`, found);
    } else expect(resolvePackage(id)).toBeDefined();
  }
  return found;
}

it('loads neither training nor language models nor fine-tuning', () => {
  const loaded = [...loadedBy(`${packages}/forecast/dist/index.js`)];
  expect(loaded).toContain('core/dist/models/sequenceModel.js');
  const others = /\/(train|generate|finetune|synthetic|data)\/|languageModel|batchWorker/;
  expect(loaded.filter((file) => others.test(file))).toEqual([]);
});

it('has a short page of names', () => {
  expect(Object.keys(forecast).sort()).toEqual([
    ...['AnomalyDetector', 'Forecaster', 'backtest', 'baselineNames', 'crossValidate', 'detectAnomalies'],
    ...['historical', 'loadForecaster', 'metrics', 'openBaseline', 'openTimeTable', 'report', 'tables'],
  ]);
});
