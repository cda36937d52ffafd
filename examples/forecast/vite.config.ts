import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// With the first two a page is cross-origin isolated: it may share memory, and computes on all cores.
// The third says to the worker what the page says in its own head: ask this site alone.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Content-Security-Policy': "connect-src 'self'",
};
const repository = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  // In a project of your own: public/, with the files of node_modules/mamba-ts/data/forecaster.
  publicDir: `${repository}data/forecaster`,
  worker: { format: 'es' },
  server: { headers, fs: { allow: [repository] } },
  preview: { headers },
  // The development server bundles dependencies, and the WASM files would stay behind.
  optimizeDeps: { exclude: ['mamba-ts'] },
  // Only here, in the package's own repository: use what `npm run build` made.
  resolve: { alias: { 'mamba-ts': `${repository}dist/index.js` } },
});
