import { expect, it } from 'vitest';
import { main, refused, start } from './command.ts';

it('serves the model of the package until Ctrl-C, with a curl line that works', async () => {
  const { child, done } = start(process.execPath, [
    main,
    'serve',
    '--port',
    '0',
    '--backend',
    'wasm',
    '--threads',
    '1',
  ]);
  let said = '';
  await new Promise<void>((resolve) =>
    child.stdout.on('data', (text: string) => {
      said += text;
      if (said.includes('Ctrl-C')) resolve();
    }),
  );
  const [, url] = /^mamba-ts \(wasm\) answers on (http:\/\/127\.0\.0\.1:\d+)$/m.exec(said) as string[];
  const [, address, body] = /curl (\S+) -H 'Content-Type: application\/json' -d '(.*)'/.exec(said) as string[];
  const response = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  const answer = (await response.json()) as { model: string; forecasts: { median: number[]; intervals: object }[] };
  expect(answer).toMatchObject({
    model: 'mamba-ts',
    forecasts: [{ intervals: { 80: { low: [{}, {}, {}].map(() => expect.any(Number)) } } }],
  });
  expect(answer.forecasts[0].median.every((value) => value > 80 && value < 180)).toBe(true);
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({
    status: 'ok',
    backend: 'wasm',
    version: expect.stringMatching(/^\d/),
  });
  child.kill('SIGINT');
  expect(await done).toMatchObject({ code: 0, signal: null });
});

it.each([
  [['--max-body', 'huge'], 'serve: --max-body is "huge", expected a size up to 256mb such as 8mb or 500kb.'],
  [['--port', '99999'], 'serve: the port is 99999, expected a whole number from 0 to 65535'],
  [['--port', 'web'], 'serve: the port is NaN, expected a whole number'],
  [['--cors', 'your.site'], "serve: cors has 'your.site', expected '*' or an origin such as https://your.site."],
  [['--model', '/nowhere'], '/nowhere'],
])('refuses %j', async (flags, message) => {
  await refused(['serve', '--backend', 'wasm', '--threads', '1', ...flags], message);
});
