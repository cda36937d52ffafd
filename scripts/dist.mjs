// Which files the build makes, and which the package holds: lists that follow from the sources.
import { readdirSync } from 'node:fs';

/** Files below `folder`, relative to `root`, with forward slashes. */
export function listFiles(root, folder) {
  return readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? listFiles(root, path) : [path];
  });
}

/** What the build makes of src/ and kernels/. */
export function distFiles(root) {
  const scripts = listFiles(root, 'src')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/^src\/(.*)\.ts$/, 'dist/$1'));
  return [
    ...scripts.flatMap((file) => [`${file}.js`, `${file}.d.ts`]),
    'dist/backend/mamba.wasm',
    'dist/backend/mamba-relaxed.wasm',
  ];
}

/** What a tarball of `npm pack` holds, no more and no less. */
export function packageFiles(root) {
  return [
    'package.json',
    'README.md',
    'LICENSE',
    'data/README.md',
    'data/air-passengers.csv',
    'data/chlamydia-trachomatis.fasta.gz',
    'data/shakespeare.txt',
    ...listFiles(root, 'data/fonts'),
    ...listFiles(root, 'data/forecaster'),
    ...listFiles(root, 'kernels').filter((file) => /\.(cpp|h|inc)$/.test(file)),
    ...distFiles(root),
  ].sort();
}
