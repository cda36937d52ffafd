/**
 * The handler on a port of this machine, by Hono's adapter for Node.
 *
 *   const { url, close } = await listen(createHandler({ forecaster }), { port: 8080 });
 *
 * The adapter is loaded here and not at the top: the handler runs elsewhere, too.
 */

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '@mamba-ts/core/errors';
import type { Handler } from './handler.ts';

export interface ListenOptions {
  /** 0 or not given: any that is free. */
  port?: number;
  /** Not given: 127.0.0.1, this machine alone. */
  host?: string;
}

export interface Listening {
  url: string;
  port: number;
  /** Takes no more requests, answers those that have begun within `seconds`, then drops the rest. */
  close(seconds?: number): Promise<void>;
}

const PATIENCE = 10;

export async function listen(
  handler: Handler,
  { port = 0, host = '127.0.0.1' }: ListenOptions = {},
): Promise<Listening> {
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new UsageError(
      'serve',
      `the port is ${port}, expected a whole number from 0 to 65535; 0 is any that is free.`,
    );
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
    close: (seconds = PATIENCE) =>
      new Promise((resolve) => {
        // Clients keep connections open for what they might ask next.
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
    EADDRINUSE: `port ${port} of ${host} is taken, expected a free one. Give another by --port; 0 is any that is free.`,
    EACCES: `port ${port} may not be opened by this user, expected one from 1024. Give another by --port.`,
    EADDRNOTAVAIL: `${host} is no address of this machine. Give one that is by --host, or 127.0.0.1.`,
    ENOTFOUND: `the host ${host} is not known. Give an address of this machine by --host, or 127.0.0.1.`,
  };
  return new UsageError('serve', `${why[error.code ?? ''] ?? error.message}`, { cause: error });
}
