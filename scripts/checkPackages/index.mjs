// `npm run check:packages`: the packages as their users meet them. Packs the four, installs the tarballs together in an
// empty project, and tries Node, TypeScript, a Vite page and bundles for servers there.
import { rmSync } from 'node:fs';
import { checkContents } from './contents.mjs';
import { checkNode } from './node.mjs';
import { checkPage } from './page.mjs';
import { folder, install, results } from './project.mjs';
import { checkServerBundles } from './serverBundles.mjs';
import { checkTypes } from './types.mjs';

try {
  await checkContents();
  await install();
  await checkNode();
  await checkTypes();
  await checkPage();
  await checkServerBundles();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`packages: ${results.passed} passed, ${results.failed} failed`);
process.exitCode = results.failed > 0 ? 1 : 0;
