/** Asks a handler, without a socket. */
import type { Handler } from '../src/index.ts';

export interface Asked {
  status: number;
  headers: Headers;
  json: { error: { message: string; path?: string } } & Record<string, unknown>;
}

export async function post(handler: Handler, path: string, body: unknown, init: RequestInit = {}): Promise<Asked> {
  const response = await handler(
    new Request(`http://localhost${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
    }),
  );
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === '' ? {} : JSON.parse(text) };
}
