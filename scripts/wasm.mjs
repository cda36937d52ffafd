// Compiles kernels/all.cpp to dist/backend/mamba.wasm and mamba-relaxed.wasm with @yowasp/clang,
// a clang that runs inside Node. Does nothing if neither the sources nor the flags changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const COMPILE =
  '-std=c++20 -O3 -msimd128 -matomics -mbulk-memory -ffreestanding -fno-exceptions -fno-rtti -nostdinc++ -Wall';
const MAX_MEMORY = 65536 * 65536;
const LINK = [
  '--no-entry',
  '--import-memory',
  '--shared-memory',
  `--max-memory=${MAX_MEMORY}`,
  '--export-dynamic',
  '--export=__stack_pointer',
  '--export=__heap_base',
  '--export=__tls_base',
  '-z',
  'stack-size=1048576',
  '-O2',
  '--strip-all',
];
const VARIANTS = { 'mamba.wasm': '', 'mamba-relaxed.wasm': '-mrelaxed-simd' };

export async function buildWasm(root) {
  const names = readdirSync(`${root}/kernels`)
    .filter((name) => /\.(cpp|h|inc)$/.test(name))
    .sort();
  const sources = Object.fromEntries(names.map((name) => [name, readFileSync(`${root}/kernels/${name}`, 'utf8')]));
  const key = createHash('sha256')
    .update(JSON.stringify([sources, COMPILE, LINK, VARIANTS]))
    .digest('hex');
  const out = `${root}/dist/backend`;
  const complete = ['mamba.wasm.key', ...Object.keys(VARIANTS)].every((name) => existsSync(`${out}/${name}`));
  if (complete && readFileSync(`${out}/mamba.wasm.key`, 'utf8') === key) return false;
  mkdirSync(out, { recursive: true });
  const { runClang, runLLVM } = await import('@yowasp/clang');
  // Reads the compiler from disk, without a line of progress for each part.
  await runLLVM(null, {}, { fetchProgress: () => {} });
  for (const [file, extra] of Object.entries(VARIANTS)) {
    const flags = `${COMPILE} ${extra}`.trim().split(' ');
    const compiled = await runClang(['clang++', '--target=wasm32', ...flags, '-c', 'all.cpp', '-o', 'all.o'], sources);
    const linked = await runLLVM(['wasm-ld', ...LINK, 'all.o', '-o', 'out.wasm'], compiled);
    writeWhole(`${out}/${file}`, linked['out.wasm']);
  }
  writeWhole(`${out}/mamba.wasm.key`, key);
  return true;
}

/** Replaces a file as a whole: no reader sees a part of it. */
function writeWhole(path, content) {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, content);
  renameSync(fresh, path);
}
