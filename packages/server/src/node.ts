/**
 * A handler on a port of this machine, with Hono's adapter for Node.
 *
 *   const { url, close } = await listen(createHandler({ forecaster }), { port: 8080 });
 *
 * The adapter is imported only when it is used, because the handler also runs elsewhere.
 */

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '@mamba-ts/core/errors';
import type { Handler } from './handler.ts';

/** Where to listen. */
export interface ListenOptions {
  /** 0: any free port. Default: 0. */
  port?: number;
  /** The address to listen on. Default: '127.0.0.1', for this machine only. */
  host?: string;
}

/** A server that listens. */
export interface Listening {
  url: string;
  port: number;
  /** Takes no more requests, answers those that have begun, and drops the rest after `seconds`. Default: 10. */
  close(seconds?: number): Promise<void>;
}

/** Seconds for requests that have begun. */
const GRACE = 10;

/**
 * Serves a handler (Node).
 *
 * @throws UsageError a port or an address that cannot be used
 */
export async function listen(
  handler: Handler,
  { port = 0, host = '127.0.0.1' }: ListenOptions = {},
): Promise<Listening> {
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new UsageError('serve', `the port is ${port}, expected a whole number from 0 to 65535; 0 is any free port.`);
  }
  const { createAdaptorServer } = await import('@hono/node-server');
  const server = createAdaptorServer({ fetch: handler, hostname: host }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refusedBy(error, host, port)));
    server.listen(port, host, resolve);
  });
  const { port: taken, address } = server.address() as AddressInfo;
  const anywhere = address === '0.0.0.0' || address === '::';
  const name = anywhere ? 'localhost' : host;
  return {
    url: `http://${name.includes(':') ? `[${name}]` : name}:${taken}`,
    port: taken,
    close: (seconds = GRACE) =>
      new Promise((resolve) => {
        // Clients keep connections open for their next requests.
        const idle = setInterval(() => server.closeIdleConnections(), 20);
        const last = setTimeout(() => server.closeAllConnections(), seconds * 1000);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(last);
          resolve();
        });
      }),
  };
}

function refusedBy(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const why: Record<string, string> = {
    EADDRINUSE: `port ${port} of ${host} is taken, expected a free one. Choose another with --port; 0 is any free port.`,
    EACCES: `port ${port} may not be opened by this user, expected one from 1024 on. Choose another with --port.`,
    EADDRNOTAVAIL: `${host} is no address of this machine, expected one of its own. Choose one with --host, or 127.0.0.1.`,
    ENOTFOUND: `the host ${host} is unknown, expected an address of this machine. Choose one with --host, or 127.0.0.1.`,
  };
  return new UsageError('serve', `${why[error.code ?? ''] ?? error.message}`, { cause: error });
}
