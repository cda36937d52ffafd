// The packages in a page that Vite builds: without warnings, with the WASM files and the worker among the assets.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check, gzipped, kilobytes, user, write } from './project.mjs';

/** Gzipped bytes of the JavaScript that a page loads before it can begin; lazy imports are not counted. */
const LIMITS = { '@mamba-ts/core': 65e3, '@mamba-ts/forecast': 100e3 };
const IMPORTS = {
  '@mamba-ts/core': ['openBackend', 'createModel', 'loadModel', 'generate', 'Trainer', 'textData', 'byteTokenizer'],
  '@mamba-ts/forecast': ['loadForecaster', 'openTimeTable', 'backtest', 'detectAnomalies'],
};

export async function checkPage() {
  for (const [name, imports] of Object.entries(IMPORTS))
    await check(`a Vite page with ${name}`, () => checkImports(name, imports));
}

async function checkImports(name, imports) {
  const list = imports.join(', ');
  write('index.html', '<!doctype html><script type="module" src="./page.js"></script>\n');
  write('page.js', `import { ${list} } from '${name}';\nObject.assign(globalThis, { ${list} });\n`);
  const { output, warnings } = await build();
  if (warnings.length > 0) throw new Error(`Vite warns: ${warnings.join('; ')}`);
  const assets = join(user, 'dist/assets');
  const files = readdirSync(assets);
  const asset = (pattern) => {
    const file = files.find((file) => pattern.test(file));
    if (!file) throw new Error(`no asset is named ${pattern}: ${files.join(', ')}`);
    return file;
  };
  for (const wasm of ['mamba', 'mamba-relaxed']) asset(new RegExp(`^${wasm}-[\\w-]{8}\\.wasm$`));
  // The entry with what it imports, and the script of the workers.
  const loaded = new Set([asset(/^wasmWorker-.*\.js$/)]);
  const chunks = output.filter(({ type }) => type === 'chunk');
  const visit = ({ fileName, imports }) => {
    loaded.add(fileName.replace('assets/', ''));
    for (const other of imports) visit(chunks.find(({ fileName }) => fileName === other));
  };
  for (const chunk of chunks) if (chunk.isEntry) visit(chunk);
  const total = [...loaded].reduce((sum, file) => sum + gzipped(join(assets, file)), 0);
  const limit = LIMITS[name];
  if (total > limit) throw new Error(`${kilobytes(total)} gzipped, expected at most ${kilobytes(limit)}`);
  return `JavaScript ${kilobytes(total)} gzipped, of at most ${kilobytes(limit)}`;
}

async function build() {
  const vite = await import('vite');
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
  const { output } = await vite.build({ root: user, customLogger, logLevel: 'warn', configFile: false });
  return { output, warnings };
}
