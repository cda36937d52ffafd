import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';

/** Tests run the TypeScript sources; the WASM files and the worker script they load are the built ones. */
const builtAssets: Plugin = {
  name: 'built-assets',
  transform(code, id) {
    const file = /\/src\/backend\/(wasm\w*)\.ts$/.exec(id)?.[1];
    if (!file) return undefined;
    const built = new URL(`./dist/backend/${file}.js`, import.meta.url).href;
    return code.replaceAll('import.meta.url', JSON.stringify(built));
  },
};

export default defineConfig({
  plugins: [builtAssets],
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    root: fileURLToPath(new URL('.', import.meta.url)),
  },
});
