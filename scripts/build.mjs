// `npm run build`: kernel table, both WASM files, then JavaScript and types into dist/.
// Does only what changed. dist/ then holds what the sources make, and nothing else.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { distFiles, listFiles } from './dist.mjs';
import { generateKernelTable } from './kernels.mjs';
import { buildWasm } from './wasm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const info = `${root}/dist/.tsbuildinfo`;

generateKernelTable(root);
await buildWasm(root);

// tsc trusts its notes and does not write again what somebody deleted.
if (distFiles(root).some((file) => !existsSync(`${root}/${file}`))) rmSync(info, { force: true });
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });

// What tsc wrote for a source that was renamed or removed since.
const wanted = new Set([...distFiles(root), 'dist/.tsbuildinfo', 'dist/backend/mamba.wasm.key']);
for (const file of listFiles(root, 'dist')) if (!wanted.has(file)) rmSync(`${root}/${file}`);

if (status !== 0) process.exit(status ?? 1);

// Before TypeScript 5.7 a Uint8Array has no type parameter; without it the types read everywhere.
for (const file of distFiles(root).filter((name) => name.endsWith('.d.ts'))) {
  const types = readFileSync(`${root}/${file}`, 'utf8');
  const plain = types.replaceAll('Uint8Array<ArrayBuffer>', 'Uint8Array');
  if (plain !== types) writeFileSync(`${root}/${file}`, plain);
}
chmodSync(`${root}/dist/cli/main.js`, 0o755);
