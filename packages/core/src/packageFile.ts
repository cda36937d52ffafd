/**
 * A file that a package brings: WASM, the script of a worker, weights, a font.
 *
 * Such a file is found from the script that reads it. A bundler for servers moves that script away from its files,
 * and in CommonJS output `import.meta` is empty, so that not even their addresses can be computed.
 *
 * @example
 * const url = packageFile(() => new URL('./mamba.wasm', import.meta.url));
 */
import { UsageError } from './errors.ts';

/**
 * The address that `locate` computes. Throws a UsageError that says what to do where it cannot be computed, or where
 * nothing is at that path.
 *
 * @param locate contains the literal `new URL('…', import.meta.url)` by which bundlers for pages find assets
 */
export function packageFile(locate: () => URL): URL {
  let url: URL | undefined;
  try {
    url = locate();
  } catch {
    // import.meta.url is undefined in CommonJS output.
  }
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  // On a server, some bundlers give the path that pages use: '/_next/static/media/…'.
  const isPath = fs !== undefined && url !== undefined && String(url).startsWith('/');
  if (url && !isPath && !(fs && url.protocol === 'file:' && !fs.existsSync(url))) return url;
  throw new UsageError(
    '',
    `a file of @mamba-ts is missing${url ? ` (${decodeURIComponent(url.pathname ?? String(url))})` : ''}: a bundler moved the script ` +
      'that reads it. Let Node load the packages from node_modules. esbuild: --external:mamba-ts --external:@mamba-ts/*. ' +
      "Next.js: serverExternalPackages: ['mamba-ts', '@mamba-ts/core', '@mamba-ts/forecast'].",
  );
}

/** The bytes at an address that `packageFile` gave. Throws a UsageError where a server does not have them. */
export async function packageBytes(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (fs && url.protocol === 'file:') return new Uint8Array(await fs.readFile(url));
  const response = await fetch(url);
  if (!response.ok) {
    throw new UsageError('', `${url} answered ${response.status}. Serve this file next to the script.`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
