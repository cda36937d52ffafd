/** The commands of the README run, in their order, in a folder with the files that they name. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'mamba-ts-readme-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const readme = await readFile(`${root}/README.md`, 'utf8');
const block = /## Command line\n\n```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
const commands = block
  .trimEnd()
  .split('\n')
  .map((line) => line.replace(/ +#.*$/, ''));

/** The server does not end, and a minute of training is a minute. */
const NOT_RUN = /mamba-ts (serve|play)\b/;
const SCRIPTS = {
  'npx mamba-ts': `${root}/packages/mamba-ts/dist/cli/main.js`,
  'npm run lab --': `${root}/lab/dist/main.js`,
};

it('names the commands', () => {
  expect(commands.length).toBeGreaterThan(10);
});

it.each(commands.filter((command) => !NOT_RUN.test(command)))('%s', { timeout: 300_000 }, async (command) => {
  const days = Array.from({ length: 120 }, (_, day) => new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10));
  const rows = days.map((day, i) => `${day},${100 + 10 * (i % 7) + ((i * 37) % 11)}`);
  await writeFile(join(folder, 'sales.csv'), `${['day,sales', ...rows].join('\n')}\n`);
  await writeFile(join(folder, 'play.txt'), 'ROMEO: But soft, what light through yonder window breaks?\n'.repeat(300));
  const [start, script] = Object.entries(SCRIPTS).find(([start]) => command.startsWith(start)) ?? ['', ''];
  expect(script).not.toBe('');
  const args = [...command.slice(start.length).matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain,
  );
  await run(process.execPath, [script, ...args], { cwd: folder });
});
