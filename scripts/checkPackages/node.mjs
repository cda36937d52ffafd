// The packages in Node, and the command.
import { readFileSync } from 'node:fs';
import { check, expectEqual, node, packages, run, user, write } from './project.mjs';

export async function checkNode() {
  await check('the command mamba-ts', checkCommand);
  await check('Node trains and generates', checkTraining);
  await check('the forecaster comes with its weights; finetune continues from them', checkForecaster);
  await check('the server answers on a port', checkServer);
  await check('the subpaths finetune and serve of mamba-ts are those of the packages', checkSubpaths);
  await check('loadForecaster loads no more than it needs', checkLoaded);
}

function checkCommand() {
  const command = (...args) => run('npm', ['exec', '--offline', '--', 'mamba-ts', ...args]);
  expectEqual('--version', command('--version').trim(), packages[0].manifest.version);
  const report = command('doctor');
  const line = /^wasm +ok: .*$/m.exec(report);
  if (!line) throw new Error(`doctor reports that WASM does not run: ${report}`);
  return line[0];
}

function checkTraining() {
  write(
    'train.mjs',
    `import { byteTokenizer, createModel, generate, openBackend, textData, Trainer } from '@mamba-ts/core';

const backend = await openBackend('wasm', { threads: 2 });
const model = await createModel({ vocabSize: 256, dModel: 16, nLayer: 1 }, { backend, seed: 1 });
const data = await textData('to be or not to be '.repeat(50), byteTokenizer());
const trainer = new Trainer(model, data, { batchSize: 2, blockSize: 32, learningRate: 0.01, maxIters: 20 });
let loss = 0;
for (let i = 0; i < 20; i++) loss = (await trainer.step()).loss;
let count = 0;
for await (const { token } of generate(model, [1], { maxTokens: 3 })) count += token >= 0 ? 1 : 0;
console.log(count, loss.toFixed(3));
backend.dispose();
`,
  );
  const output = node(['train.mjs']).trim();
  if (!/^3 \d/.test(output)) throw new Error(`it printed ${output}`);
  return `loss ${output.slice(2)}`;
}

function checkForecaster() {
  write(
    'forecast.mjs',
    `import { loadForecaster } from '@mamba-ts/forecast';
import { finetune } from '@mamba-ts/forecast/finetune';

const series = Array.from({ length: 80 }, (_, t) => (t % 7) ** 2);
const { best, iter } = await finetune([series], { out: 'mine', iters: 1, horizon: 7, backend: 'wasm' });
for (const path of [undefined, best]) {
  const forecaster = await loadForecaster(path, { backend: 'wasm' });
  const { median } = await forecaster.forecast(series, { horizon: 7 });
  console.log(median.every((x, t) => Math.abs(x - ((80 + t) % 7) ** 2) < 1), iter);
  forecaster.dispose();
}
`,
  );
  expectEqual('what it printed', node(['forecast.mjs']).trim(), 'true 1\ntrue 1');
}

function checkServer() {
  write(
    'serve.mjs',
    `import { createHandler, listen } from '@mamba-ts/server';

const forecaster = { name: 'fake', forecastAll: async (series) => series.map(() => ({ mean: [1], median: [1], quantiles: {} })) };
const { url, close } = await listen(createHandler({ forecaster }));
const headers = { 'Content-Type': 'application/json' };
const answer = await fetch(\`\${url}/v1/forecast\`, { method: 'POST', headers, body: '{"series":[1,2],"horizon":1}' });
console.log(JSON.stringify(await answer.json()));
await close();
`,
  );
  const answer = '{"model":"fake","forecasts":[{"mean":[1],"median":[1],"quantiles":{}}]}';
  expectEqual('the answer', node(['serve.mjs']).trim(), answer);
}

function checkSubpaths() {
  write(
    'subpaths.mjs',
    `for (const [short, full] of [['mamba-ts/finetune', '@mamba-ts/forecast/finetune'], ['mamba-ts/serve', '@mamba-ts/server']]) {
  const [a, b] = [await import(short), await import(full)];
  console.log(Object.keys(b).every((name) => a[name] === b[name]));
}
`,
  );
  expectEqual('what it printed', node(['subpaths.mjs']).trim(), 'true\ntrue');
}

/** Files of the packages that a program which only forecasts has no use for. */
const NOT_FOR_FORECASTS = [
  /\/core\/dist\/(train|tokenize|generate)\//,
  /\/core\/dist\/models\/languageModel\b/,
  /\/forecast\/dist\/(finetune|synthetic)\//,
  /\/(lab|server|mamba-ts)\/dist\//,
];

function checkLoaded() {
  const hook = `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync('loaded.txt', url + '\\n');
  return next(url, context);
}`;
  write('loadHook.mjs', hook);
  write('trace.mjs', "import { register } from 'node:module';\nregister('./loadHook.mjs', import.meta.url);\n");
  write(
    'onlyForecast.mjs',
    `import { loadForecaster } from '@mamba-ts/forecast';
const forecaster = await loadForecaster(undefined, { backend: 'wasm' });
await forecaster.forecast([1, 2, 3, 4], { horizon: 1 });
forecaster.dispose();
`,
  );
  node(['--import', './trace.mjs', 'onlyForecast.mjs']);
  const loaded = readFileSync(`${user}/loaded.txt`, 'utf8')
    .split('\n')
    .filter((url) => url.includes('/node_modules/'));
  const needless = loaded.filter((url) => NOT_FOR_FORECASTS.some((pattern) => pattern.test(url)));
  if (needless.length > 0) {
    const names = needless.map((url) => url.replace(/^.*\/node_modules\//, ''));
    throw new Error(`of ${loaded.length} modules, ${needless.length} are needless: ${names.join(', ')}`);
  }
  return `${loaded.length} modules`;
}
