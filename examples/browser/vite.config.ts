import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// With these two headers a page is cross-origin isolated: it may share memory, and trains on all cores.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const repository = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  server: { headers, fs: { allow: [repository] } },
  preview: { headers },
  // The development server bundles dependencies, and the WASM files would stay behind.
  optimizeDeps: { exclude: ['mamba-ts'] },
  // Only here, in the package's own repository: use what `npm run build` made.
  resolve: { alias: { 'mamba-ts': `${repository}dist/index.js` } },
});
