/**
 * Forecasts over HTTP: one handler on Web standards, on Hono.
 *
 *   const handler = createHandler({ forecaster });
 *   const response = await handler(new Request('http://localhost/v1/forecast', { method: 'POST', … }));
 *
 * It runs wherever Request and Response exist: in Node (see node.ts), Deno, Bun, service workers and tests.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { SeriesForecaster } from '@mamba-ts/forecast/types';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { anomaliesRoute } from './anomaliesRoute.ts';
import { backtestRoute } from './backtestRoute.ts';
import { forecastRoute } from './forecastRoute.ts';
import { frontPage } from './frontPage.ts';
import { type Limits, limitsOf, tooLarge, tooMany } from './limits.ts';
import { ForecastQueue } from './queue.ts';
import { Refusal } from './refusal.ts';
import type { Route } from './route.ts';

/** The options of a handler. */
export interface HandlerOptions {
  /** If it has a stream, anomalies are found value by value. */
  forecaster: SeriesForecaster;
  /** Limits in place of the defaults. */
  limits?: Partial<Limits>;
  /** Origins whose pages may send requests: '*', one, or several. Default: none. */
  cors?: string | readonly string[];
  /** What /health reports with the name of the model. */
  about?: { version?: string; backend?: string };
  /** Called with errors that are no mistake of the request. The client is told only that the server failed. */
  onError?: (error: unknown) => void;
}

/** Answers a request. It never rejects: errors are answers, too. */
export type Handler = (request: Request) => Promise<Response>;

/** The client has aborted the request; this status is not read. */
const ABORTED = 499;

/**
 * A handler for all routes.
 *
 * @throws UsageError limits that are unknown or too small, or an origin that is none
 */
export function createHandler({ forecaster, limits: given, cors: origin, about, onError }: HandlerOptions): Handler {
  const limits = limitsOf(given);
  const queue = new ForecastQueue(forecaster);
  const begun = Date.now();
  let atWork = 0;

  const health: Route = {
    method: 'GET',
    path: '/health',
    about: 'the model, and how long the server has run',
    answer: async () => ({
      status: 'ok',
      model: forecaster.name,
      ...about,
      uptimeSeconds: Math.round((Date.now() - begun) / 1000),
    }),
  };
  const front: Route = {
    method: 'GET',
    path: '/',
    about: 'this page',
    answer: async (_, { url }) => new Response(frontPage(routes, url), { headers: { 'Content-Type': TEXT } }),
  };
  const routes = [forecastRoute, anomaliesRoute, backtestRoute, health, front];

  const app = new Hono();
  if (origin !== undefined) {
    const allowed = checkOrigins(origin);
    app.use(cors({ origin: allowed, allowMethods: ['GET', 'POST'], allowHeaders: ['Content-Type'], maxAge: 86_400 }));
  }
  for (const route of routes) {
    const answer = async (context: Context): Promise<Response> => {
      const { signal, url } = context.req.raw;
      const body = route.method === 'POST' ? await jsonOf(context) : undefined;
      const given = await route.answer(body, { forecaster: queue.forRequest(signal), limits, signal, url });
      return given instanceof Response ? given : context.json(given);
    };
    if (route.method === 'GET') app.get(route.path, answer);
    else {
      app.post(
        route.path,
        async (context, next) => {
          requireJson(context);
          if (atWork >= limits.waiting) throw tooMany(limits);
          atWork++;
          try {
            await next();
          } finally {
            atWork--;
          }
        },
        bodyLimit({ maxSize: limits.body, onError: (context) => refusal(context, tooLarge(limits)) }),
        answer,
      );
    }
  }
  app.notFound((context) => refusal(context, notFound(routes, context.req.method, context.req.path)));
  app.onError((error, context) => {
    if (context.req.raw.signal.aborted) return new Response(null, { status: ABORTED });
    if (error instanceof Refusal) return refusal(context, error);
    if (error instanceof UsageError) return refusal(context, new Refusal(422, error.message));
    onError?.(error);
    return refusal(context, new Refusal(500, 'the server failed at this request. Its log has the reason.'));
  });
  return async (request) => app.fetch(request);
}

/** Refuses an origin that no browser sends: it would match no page, without an error. */
function checkOrigins(origin: string | readonly string[]): string | string[] {
  if (origin === '*') return origin;
  const all = [origin].flat();
  const wrong = all.find((one) => !URL.canParse(one) || new URL(one).origin !== one);
  if (wrong === undefined) return all;
  throw new UsageError('serve', `cors has '${wrong}', expected '*' or an origin such as https://your.site.`);
}

const TEXT = 'text/plain; charset=utf-8';

function refusal(context: Context, { status, message, path, headers }: Refusal): Response {
  return context.json(
    { error: { message, ...(path !== undefined && { path }) } },
    status as ContentfulStatusCode,
    headers,
  );
}

/** Also keeps out pages of other origins: CORS does not apply to texts and forms, but to JSON. */
function requireJson(context: Context): void {
  const type = context.req.header('Content-Type');
  if (type !== undefined && /^application\/json *(;|$)/i.test(type)) return;
  throw new Refusal(
    415,
    `the content type is ${type === undefined ? 'missing' : JSON.stringify(type.slice(0, 80))}, expected application/json. ` +
      "With curl, add -H 'Content-Type: application/json'.",
  );
}

const EXAMPLE = '{ "series": [1, null, 3], "horizon": 2 }';

async function jsonOf(context: Context): Promise<unknown> {
  const text = await context.req.text();
  if (text.trim() === '') throw new Refusal(400, `the body is empty, expected an object such as ${EXAMPLE}.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = (error as Error).message;
    const advice = /\bNaN\b|\bInfinity\b/.test(text) ? ' A missing value is null.' : '';
    throw new Refusal(400, `the body is not JSON (${why}), expected an object such as ${EXAMPLE}.${advice}`);
  }
}

function notFound(routes: readonly Route[], method: string, path: string): Refusal {
  const methods = routes.filter((route) => route.path === path).map((route) => route.method);
  const known = routes.map((route) => `${route.method} ${route.path}`).join(', ');
  if (methods.length === 0) return new Refusal(404, `there is no ${path.slice(0, 80)}, expected one of ${known}.`);
  const allowed = methods.join(', ');
  return new Refusal(
    405,
    `${path} was requested with ${method}, expected ${allowed}. The routes are ${known}.`,
    undefined,
    {
      Allow: allowed,
    },
  );
}
