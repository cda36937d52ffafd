import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// The first two make the page cross-origin isolated, so that it may share memory and compute on all cores.
// The third gives the worker the policy that the page has in its head: connect to this site only.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Content-Security-Policy': "connect-src 'self'",
};
const repository = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  // The weights. In your project: public/, with the files of node_modules/@mamba-ts/forecast/data/forecaster.
  publicDir: `${repository}packages/forecast/data/forecaster`,
  worker: { format: 'es' },
  server: { headers, fs: { allow: [repository] } },
  preview: { headers },
  // The development server would bundle these packages without their WASM files.
  optimizeDeps: { exclude: ['mamba-ts', '@mamba-ts/core', '@mamba-ts/forecast'] },
});
