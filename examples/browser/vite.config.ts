import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// These headers make the page cross-origin isolated, so that it may share memory and train on all cores.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const repository = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  server: { headers, fs: { allow: [repository] } },
  preview: { headers },
  // The development server would bundle these packages without their WASM files.
  optimizeDeps: { exclude: ['mamba-ts', '@mamba-ts/core', '@mamba-ts/forecast'] },
});
