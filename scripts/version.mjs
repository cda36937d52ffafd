// `node scripts/version.mjs 0.2.0`: gives every package that version, and every dependency on one of them.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { folders, readJson } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [version] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version ?? '')) {
  console.error(`version: got '${version ?? ''}', expected one such as 0.2.0.`);
  process.exit(2);
}
const manifests = folders.map((folder) => `${root}${folder}/package.json`).map((path) => [path, readJson(path)]);
const names = new Set(manifests.map(([, { name }]) => name));
for (const [path, manifest] of manifests) {
  manifest.version = version;
  for (const name of Object.keys(manifest.dependencies)) if (names.has(name)) manifest.dependencies[name] = version;
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}
console.log(`${manifests.length} packages are ${version}. Run npm install, then commit package-lock.json with them.`);
