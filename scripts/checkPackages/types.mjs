// The packages in TypeScript: the newest, and 5.6, with both kinds of module resolution.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readJson } from '../packages.mjs';
import { check, node, start, tool, write } from './project.mjs';

const PROGRAM = `import { byteTokenizer, createModel, type Tensor, textData, Trainer, UsageError } from '@mamba-ts/core';
import { type Forecast, loadForecaster, openTimeTable } from '@mamba-ts/forecast';
import { finetune } from '@mamba-ts/forecast/finetune';
import { createHandler, type Handler } from '@mamba-ts/server';
import * as everything from 'mamba-ts';
import * as tuning from 'mamba-ts/finetune';
import * as serving from 'mamba-ts/serve';

export async function trained(): Promise<Tensor> {
  const model = await createModel({ vocabSize: 256, dModel: 16, nLayer: 1 });
  const data = await textData('to be or not to be', byteTokenizer());
  await new Trainer(model, data, { batchSize: 2, blockSize: 32, maxIters: 20 }).step();
  return model.forward([[1]]).logits;
}
export async function forecast(): Promise<Forecast> {
  return (await loadForecaster()).forecast([1, 2, 3], { horizon: 2, levels: [80] });
}
export async function served(): Promise<Handler> {
  return createHandler({ forecaster: await loadForecaster() });
}
export const same: [typeof everything.loadForecaster, typeof tuning.finetune, typeof serving.createHandler] = [
  loadForecaster,
  finetune,
  createHandler,
];
export { openTimeTable, UsageError };
`;

/** Programs that a compiler must refuse: it has found the types. */
const WRONG = ["import { createModel } from '@mamba-ts/core';\ncreateModel(1);\n"];
WRONG.push("import { loadForecaster } from 'mamba-ts';\nloadForecaster(1);\n");

export async function checkTypes() {
  for (const [name, tsc] of Object.entries(compilers()))
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ])
      await check(`${name} with moduleResolution ${moduleResolution}`, () =>
        checkCompiler(tsc, { module, moduleResolution }),
      );
}

/** Scripts of tsc by name: this repository's, and the one that @arethetypeswrong/cli brings, 5.6. */
function compilers() {
  const found = [tool('typescript', 'tsc')];
  const require = createRequire(import.meta.url);
  const old = createRequire(require.resolve('@arethetypeswrong/core')).resolve('typescript/package.json');
  found.push(join(old, '../bin/tsc'));
  return Object.fromEntries(
    found.map((tsc) => [`TypeScript ${readJson(join(tsc, '../../package.json')).version}`, tsc]),
  );
}

function checkCompiler(tsc, resolution) {
  // No @types/node: the project of a page has none.
  const compilerOptions = {
    ...resolution,
    target: 'es2022',
    lib: ['es2022', 'dom'],
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };
  const compile = (text) => {
    write('program.ts', text);
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    return [tsc, '-p', '.'];
  };
  node(compile(PROGRAM));
  for (const text of WRONG)
    if (start(process.execPath, compile(text)).status === 0) throw new Error(`this passes: ${text}`);
}
