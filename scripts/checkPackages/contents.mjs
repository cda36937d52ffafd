// What the tarballs hold: exactly the files they should, within limits of size, with sound manifests.
import { existsSync } from 'node:fs';
import { packedFiles } from '../packages.mjs';
import { check, folder, gzipped, kilobytes, node, packages, root, run, tool } from './project.mjs';

/** Bytes of a packed tarball; the forecaster's has its weights, 4.3 MB. */
const PACKED_LIMITS = { '@mamba-ts/core': 1e6, '@mamba-ts/forecast': 6e6, '@mamba-ts/server': 1e5, 'mamba-ts': 1e6 };
const WASM_LIMIT = 150e3;

export async function checkContents() {
  await check('one version for all', checkVersions);
  for (const entry of packages) {
    const { name } = entry.manifest;
    await check(`${name}: what the tarball holds`, () => checkTarball(entry));
    await check(`${name}: exports`, () => checkExports(entry));
    await check(`${name}: publint`, () => void node([tool('publint'), 'run', '--strict', entry.tarball], root));
    await check(`${name}: are the types wrong?`, () => {
      node([tool('@arethetypeswrong/cli', 'attw'), entry.tarball, '--profile', 'esm-only'], root);
    });
  }
  for (const file of ['mamba.wasm', 'mamba-relaxed.wasm'])
    await check(`the size of ${file}`, () => {
      const size = gzipped(`${root}/packages/core/dist/backend/${file}`);
      if (size > WASM_LIMIT) throw new Error(`${kilobytes(size)} gzipped, expected at most ${kilobytes(WASM_LIMIT)}`);
      return `${kilobytes(size)} gzipped, of at most ${kilobytes(WASM_LIMIT)}`;
    });
}

/** The packages depend on each other by their exact version. */
function checkVersions() {
  const { version } = packages[0].manifest;
  for (const { manifest } of packages) {
    const others = Object.entries(manifest.dependencies).filter(([name]) => /^(@mamba-ts\/|mamba-ts$)/.test(name));
    for (const [name, found] of [[manifest.name, manifest.version], ...others])
      if (found !== version)
        throw new Error(`${manifest.name} has ${name} ${found}, expected ${version}. Run node scripts/version.mjs.`);
  }
  return version;
}

function checkTarball(entry) {
  const output = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], entry.folder);
  const [report] = Object.values(JSON.parse(output));
  entry.tarball = `${folder}/${report.filename}`;
  const found = new Set(report.files.map(({ path }) => path));
  const wanted = new Set(packedFiles(entry.folder));
  const extra = [...found].filter((path) => !wanted.has(path));
  const missing = [...wanted].filter((path) => !found.has(path));
  if (extra.length || missing.length) throw new Error(`extra: ${extra.join(', ')}; missing: ${missing.join(', ')}`);
  const limit = PACKED_LIMITS[entry.manifest.name];
  if (report.size > limit) throw new Error(`${kilobytes(report.size)} packed, expected at most ${kilobytes(limit)}`);
  return `${found.size} files, ${kilobytes(report.size)} packed, ${kilobytes(report.unpackedSize)} unpacked`;
}

/** Every subpath is built. */
function checkExports({ folder, manifest }) {
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  );
  const missing = targets.filter((target) => !existsSync(`${folder}/${target}`));
  if (missing.length > 0) throw new Error(`exports name files that are not there: ${missing.join(', ')}`);
  return `${Object.keys(manifest.exports).length} subpaths`;
}
