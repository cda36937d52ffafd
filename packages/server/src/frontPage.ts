/** GET /: the routes, each with a command that tries it. */
import type { Route } from './route.ts';

/** The text of the front page. */
export function frontPage(routes: readonly Route[], url: string): string {
  const width = Math.max(...routes.map(({ method, path }) => method.length + path.length + 1));
  const lines = routes.map(({ method, path, about }) => `${`${method} ${path}`.padEnd(width)}   ${about}`);
  const tries = routes.filter(({ example }) => example !== undefined).map((route) => curlLine(route, url));
  return [...lines, '', ...tries, ''].join('\n');
}

/** A curl command that sends the example of a route. */
export function curlLine({ path, example }: Pick<Route, 'path' | 'example'>, url: string): string {
  return `curl ${new URL(path, url)} -H 'Content-Type: application/json' -d '${JSON.stringify(example)}'`;
}
