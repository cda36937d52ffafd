/** Pages under test: built by Vite as users build theirs, and served from a local port. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type InlineConfig } from 'vite';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Headers that make a page cross-origin isolated, so that it may share memory with its workers. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

export interface Site {
  url: string;
  close(): Promise<void>;
}

/** Builds the page in `folder` with the built packages, which node_modules links. Returns the folder of the page. */
export async function buildPage(folder: string, config: InlineConfig = {}): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'mamba-ts-page-'));
  await build({
    root: join(root, folder),
    mode: 'production',
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true },
    ...config,
  });
  return outDir;
}

/** Serves folders under their prefixes, e.g. { '/': page, '/model/': checkpoint }. */
export async function serve(folders: Record<string, string>, headers: Record<string, string> = {}): Promise<Site> {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const prefix = prefixes.find((candidate) => pathname.startsWith(candidate)) ?? '/';
    const file = join(folders[prefix], pathname.slice(prefix.length) || 'index.html');
    try {
      const content = await readFile(file);
      response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', ...headers });
      response.end(content);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
