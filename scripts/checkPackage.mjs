// `npm run check:package`: the package as its users meet it. Packs it, installs the tarball in an empty
// project, and tries the command, the import in Node, in TypeScript and in a Vite page, and the sizes.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { packageFiles } from './dist.mjs';

const KB = 1000;
const CORE_JS_LIMIT = 60 * KB;
const WASM_LIMIT = 150 * KB;

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mamba-ts-package-'));
const user = join(folder, 'user');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
let tarball;
let passed = 0;
let failed = 0;

async function check(name, run) {
  const begun = performance.now();
  try {
    const detail = await run();
    console.log(`ok    ${name}${detail ? `: ${detail}` : ''} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
    passed++;
  } catch (error) {
    console.log(`FAIL  ${name}: ${error.message}`);
    failed++;
  }
}

/** The output of a command; throws with it where the command fails. */
function run(command, args, cwd = user) {
  // npm is a script that Windows starts through its shell.
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    shell,
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${error ?? ''}${stdout}${stderr}`);
  return stdout;
}
const node = (args, cwd) => run(process.execPath, args, cwd);
const write = (name, text) => writeFileSync(join(user, name), text);
/** The file of a command that a package of this project's node_modules brings. */
function tool(name, command = name) {
  const at = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
  return join(at, typeof bin === 'string' ? bin : bin[command]);
}
const gzipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length;
const kilobytes = (bytes) => `${(bytes / KB).toFixed(1)} kB`;

const EVERYTHING = 'openBackend, createModel, loadModel, generate, Trainer, textData, byteTokenizer';
const PROGRAM = `import { ${EVERYTHING} } from 'mamba-ts';

const backend = await openBackend('wasm', { threads: 2 });
const model = await createModel({ vocabSize: 256, dModel: 16, nLayer: 1 }, { backend, seed: 1 });
const data = await textData('to be or not to be '.repeat(50), byteTokenizer());
const trainer = new Trainer(model, data, { batchSize: 2, blockSize: 32, learningRate: 0.01, maxIters: 20 });
let loss = 0;
for (let i = 0; i < 20; i++) loss = (await trainer.step()).loss;
let count = 0;
for await (const { token } of generate(model, [1], { maxTokens: 3 })) count += token >= 0 ? 1 : 0;
`;

await check('the tarball holds what it should, no more', () => {
  const output = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root);
  const [report] = Object.values(JSON.parse(output));
  tarball = join(folder, report.filename);
  const found = new Set(report.files.map(({ path }) => path));
  const wanted = new Set(packageFiles(root));
  const extra = [...found].filter((path) => !wanted.has(path));
  const missing = [...wanted].filter((path) => !found.has(path));
  if (extra.length || missing.length) throw new Error(`extra: ${extra.join(', ')}; missing: ${missing.join(', ')}`);
  return `${found.size} files, ${kilobytes(report.size)} packed, ${kilobytes(report.unpackedSize)} unpacked`;
});

await check('publint', () => void node([tool('publint'), 'run', '--strict', tarball], root));

await check('@arethetypeswrong/cli', () => {
  node([tool('@arethetypeswrong/cli', 'attw'), tarball, '--profile', 'esm-only'], root);
});

await check('installs in an empty project', () => {
  mkdirSync(user);
  write('package.json', JSON.stringify({ name: 'user', private: true, type: 'module' }));
  const install = ['install', '--no-audit', '--no-fund', tarball];
  try {
    run('npm', [...install, '--offline']);
    return "offline, from npm's cache";
  } catch {
    run('npm', [...install, '--prefer-offline']);
    return 'from the registry';
  }
});

await check('the command mamba-ts', () => {
  const command = (...args) => run('npm', ['exec', '--offline', '--', 'mamba-ts', ...args]);
  const said = command('--version').trim();
  if (said !== version) throw new Error(`--version says ${said}, expected ${version}`);
  const line = /^wasm +ok: .*$/m.exec(command('doctor'));
  if (!line) throw new Error(`doctor says that WASM does not run: ${command('doctor')}`);
  return line[0];
});

await check('Node imports it, trains and generates', () => {
  write('program.mjs', `${PROGRAM}console.log(count, loss.toFixed(3));\nbackend.dispose();\n`);
  const said = node(['program.mjs']).trim();
  if (!/^3 \d/.test(said)) throw new Error(`it printed ${said}`);
  return `loss ${said.slice(2)}`;
});

await check('the forecaster comes with its weights, mamba-ts/finetune goes on from them', () => {
  write(
    'forecast.mjs',
    `import { loadForecaster } from 'mamba-ts';
import { finetune } from 'mamba-ts/finetune';

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
  const said = node(['forecast.mjs']).trim();
  if (said !== 'true 1\ntrue 1') throw new Error(`it printed ${said}`);
});

await check('mamba-ts/serve answers on a port', () => {
  write(
    'serve.mjs',
    `import { createHandler, listen } from 'mamba-ts/serve';

const forecaster = { name: 'fake', forecastAll: async (series) => series.map(() => ({ mean: [1], median: [1], quantiles: {} })) };
const { url, close } = await listen(createHandler({ forecaster }));
const headers = { 'Content-Type': 'application/json' };
const answer = await fetch(\`\${url}/v1/forecast\`, { method: 'POST', headers, body: '{"series":[1,2],"horizon":1}' });
console.log(JSON.stringify(await answer.json()));
await close();
`,
  );
  const said = node(['serve.mjs']).trim();
  if (said !== '{"model":"fake","forecasts":[{"mean":[1],"median":[1],"quantiles":{}}]}')
    throw new Error(`it printed ${said}`);
});

// The newest TypeScript, and the one that @arethetypeswrong/cli brings: 5.6.
const compilers = { 'TypeScript 7': tool('typescript', 'tsc') };
try {
  const old = createRequire(require.resolve('@arethetypeswrong/core')).resolve('typescript/package.json');
  compilers[`TypeScript ${JSON.parse(readFileSync(old, 'utf8')).version}`] = join(old, '../bin/tsc');
} catch {}
for (const [name, tsc] of Object.entries(compilers)) {
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    await check(`${name} with moduleResolution ${moduleResolution}`, () => {
      const types = "import type { Generated, StepReport, Tensor, Tokenizer } from 'mamba-ts';\n";
      const served = "import type { Handler } from 'mamba-ts/serve';\n";
      const uses =
        'export const logits = (): Tensor => model.forward([[1]]).logits;\nexport type T = [Generated, StepReport, Tokenizer, Handler];\n';
      write('program.ts', `${types}${served}${PROGRAM}export { count, loss, loadModel };\n${uses}`);
      // No @types/node: a page's project has none.
      const compilerOptions = {
        module,
        moduleResolution,
        target: 'es2022',
        lib: ['es2022', 'dom'],
        types: [],
        strict: true,
        skipLibCheck: false,
        noEmit: true,
      };
      write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['program.ts'] }));
      node([tsc, '-p', '.']);
      write('wrong.ts', "import { createModel } from 'mamba-ts';\ncreateModel(1);\n");
      write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['wrong.ts'] }));
      const { status } = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: user });
      if (status === 0) throw new Error('createModel(1) passes: the types are not there');
    });
  }
}

await check('a Vite page', async () => {
  write('index.html', '<!doctype html><script type="module" src="./page.js"></script>\n');
  write('page.js', `import { ${EVERYTHING} } from 'mamba-ts';\nObject.assign(globalThis, { ${EVERYTHING} });\n`);
  const { build } = await import('vite');
  const warnings = [];
  const warn = (message) => void warnings.push(message);
  const customLogger = {
    info() {},
    warn,
    warnOnce: warn,
    error: warn,
    clearScreen() {},
    hasErrorLogged: () => false,
    hasWarned: false,
  };
  const { output } = await build({ root: user, customLogger, logLevel: 'warn', configFile: false });
  if (warnings.length > 0) throw new Error(`Vite warns: ${warnings.join('; ')}`);
  const assets = join(user, 'dist/assets');
  const files = readdirSync(assets);
  for (const name of ['mamba', 'mamba-relaxed']) {
    const pattern = new RegExp(`^${name}-[\\w-]{8}\\.wasm$`);
    const file = files.find((one) => pattern.test(one));
    if (!file) throw new Error(`${name}.wasm is not among the assets: ${files.join(', ')}`);
  }
  const chunks = output.filter(({ type }) => type === 'chunk');
  const worker = files.find((one) => /^wasmWorker-.*\.js$/.test(one));
  if (!worker) throw new Error(`the worker's script is not among the assets: ${files.join(', ')}`);
  // What the entry needs at once; what is imported lazily (Hugging Face's tokenizers) is not counted.
  const names = new Set([worker]);
  const visit = (fileName) => {
    names.add(fileName.replace('assets/', ''));
    for (const one of chunks.find((chunk) => chunk.fileName === fileName).imports) visit(one);
  };
  for (const { isEntry, fileName } of chunks) if (isEntry) visit(fileName);
  const total = [...names].reduce((sum, name) => sum + gzipped(join(assets, name)), 0);
  if (total > CORE_JS_LIMIT)
    throw new Error(`the core is ${kilobytes(total)} gzipped, expected at most ${kilobytes(CORE_JS_LIMIT)}`);
  return `core JS ${kilobytes(total)} gzipped, of at most ${kilobytes(CORE_JS_LIMIT)}`;
});

for (const name of ['mamba.wasm', 'mamba-relaxed.wasm']) {
  await check(`the size of ${name}`, () => {
    const size = gzipped(join(user, 'node_modules/mamba-ts/dist/backend', name));
    if (size > WASM_LIMIT) throw new Error(`${kilobytes(size)} gzipped, expected at most ${kilobytes(WASM_LIMIT)}`);
    return `${kilobytes(size)} gzipped, of at most ${kilobytes(WASM_LIMIT)}`;
  });
}

if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
console.log(`package: ${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
