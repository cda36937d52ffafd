/** GET /: what can be asked for, and a line to try it with. */
import type { Route } from './route.ts';

export function frontPage(routes: readonly Route[], url: string): string {
  const width = Math.max(...routes.map(({ method, path }) => method.length + path.length + 1));
  const lines = routes.map(({ method, path, about }) => `${`${method} ${path}`.padEnd(width)}   ${about}`);
  const tries = routes.filter(({ example }) => example !== undefined).map((route) => curlLine(route, url));
  return [...lines, '', ...tries, ''].join('\n');
}

/** A command that asks for the route's example. */
export function curlLine({ path, example }: Pick<Route, 'path' | 'example'>, url: string): string {
  return `curl ${new URL(path, url)} -H 'Content-Type: application/json' -d '${JSON.stringify(example)}'`;
}
