// `npm run build`: kernel table, both WASM files, then JavaScript and types of every package into its dist/.
// Does only what changed. Each dist/ then holds what the sources make, and nothing else.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generateKernels } from './kernels.mjs';
import { distFiles, folders, listFiles } from './packages.mjs';
import { generateReportPage } from './reportPage.mjs';
import { buildWasm } from './wasm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = `${root}/node_modules/typescript/bin/tsc`;
const core = `${root}/packages/core`;

generateKernels(core);
generateReportPage(`${root}/packages/forecast`);
await buildWasm(core);
for (const folder of folders) compile(`${root}/${folder}`);
chmodSync(`${root}/packages/mamba-ts/dist/cli/main.js`, 0o755);

function compile(folder) {
  const info = `${folder}/dist/.tsbuildinfo`;
  // tsc trusts its notes and does not write a deleted file again.
  if (distFiles(folder).some((file) => !existsSync(`${folder}/${file}`))) rmSync(info, { force: true });
  const { status } = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: folder, stdio: 'inherit' });
  // Output of sources that were renamed or removed since.
  const wanted = new Set([...distFiles(folder), 'dist/.tsbuildinfo', 'dist/backend/mamba.wasm.key']);
  for (const file of listFiles(folder, 'dist')) if (!wanted.has(file)) rmSync(`${folder}/${file}`);
  if (status !== 0) process.exit(status ?? 1);
  for (const file of distFiles(folder).filter((name) => name.endsWith('.d.ts'))) {
    const types = readFileSync(`${folder}/${file}`, 'utf8');
    const portable = readEverywhere(types);
    if (portable !== types) writeFileSync(`${folder}/${file}`, portable);
  }
}

/** Types that TypeScript 5.6 reads, too, and projects whose lib is ES2022. */
function readEverywhere(types) {
  // Uint8Array has a type parameter since 5.7.
  const plain = types.replaceAll('Uint8Array<ArrayBuffer>', 'Uint8Array');
  const reference = '/// <reference lib="esnext.disposable" />\n';
  return plain.includes('[Symbol.dispose]') && !plain.startsWith(reference) ? reference + plain : plain;
}
