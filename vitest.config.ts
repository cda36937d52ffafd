import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The packages' own names lead to their TypeScript sources. */
const sources: Plugin = {
  name: 'sources',
  enforce: 'pre',
  resolveId(id) {
    const [, name, path = 'index'] = /^(?:@mamba-ts\/(\w+)|mamba-ts)(?:\/(.*))?$/.exec(id) ?? [];
    if (!/^(@mamba-ts\/|mamba-ts($|\/))/.test(id)) return undefined;
    const src = `${root}packages/${name ?? 'mamba-ts'}/src`;
    return [`${src}/${path}.ts`, `${src}/${path}/index.ts`].find(existsSync);
  },
};

/** Tests run the TypeScript sources; the WASM files and the worker script they load are the built ones. */
const builtAssets: Plugin = {
  name: 'built-assets',
  transform(code, id) {
    const file = /\/core\/src\/backend\/(wasm\w*)\.ts$/.exec(id)?.[1];
    if (!file) return undefined;
    const built = new URL(`./packages/core/dist/backend/${file}.js`, import.meta.url).href;
    return code.replaceAll('import.meta.url', JSON.stringify(built));
  },
};

export default defineConfig({
  plugins: [sources, builtAssets],
  test: {
    include: ['{packages/*,lab}/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.slow.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    root,
  },
});
