import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lab, labOk as ok, labRefused as refused, start } from '../../../packages/mamba-ts/test/cli/command.ts';
import { experiments } from '../../src/reproduce/catalogue.ts';

const folder = await mkdtemp(join(tmpdir(), 'mamba-ts-reproduce-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A few seconds of the spring: four runs. */
const SMALL = ['models=s4d', 'seeds=1', 'updates=150', 'trajectories=50'].flatMap((one) => ['--set', one]);
const spring = (out: string) => [
  'reproduce',
  'spring',
  '--quick',
  ...SMALL,
  '--threads',
  '1',
  '--out',
  join(folder, out),
];

/** The results of the runs, without their seconds. */
async function given(out: string): Promise<unknown> {
  const text = await readFile(join(folder, out, 'results.json'), 'utf8');
  return JSON.parse(text, (key, value) => (key === 'seconds' ? undefined : value)).runs;
}

describe('npm run lab -- reproduce', () => {
  it('lists the experiments', async () => {
    const { stdout } = await ok(['reproduce']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(experiments.map(({ name }) => name));
  });

  it('resumes after a kill and after Ctrl-C, with the results of an uninterrupted run', async () => {
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const { child, done, said } = start(process.execPath, [lab, ...spring('killed')]);
      await said(signal === 'SIGKILL' ? /run 1 of 4: / : 'resumed');
      child.kill(signal);
      const { stderr, code } = await done;
      if (signal === 'SIGINT') expect([code, stderr]).toEqual([0, expect.stringContaining('the same command resumes')]);
    }
    const { stdout, stderr } = await ok(spring('killed'));
    expect(stderr).toMatch(/resumed {2}[1-3] of 4 runs are done/);
    expect(stdout).toContain('goal');
    await ok(spring('whole'));
    expect(await given('killed')).toEqual(await given('whole'));
    expect(await readFile(join(folder, 'whole', 'figure.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(await readFile(join(folder, 'whole', 'report.md'), 'utf8')).toContain('| goal |');
    // A finished one is shown again and not run again.
    expect((await ok(spring('whole'))).stderr).toContain('4 of 4 runs are done');
  });

  it('refuses what is wrong before it begins', async () => {
    const out = ['--out', join(folder, 'none')];
    await refused(['reproduce', 'partiy', ...out], "reproduce: 'partiy' is not an experiment, expected one of");
    await refused(
      ['reproduce', 'parity', '--quick', '--figure', join(folder, 'no', 'figure.svg'), ...out],
      `figure.svg cannot be written (ENOENT). Give another file by --figure`,
    );
    await refused(['reproduce', 'parity', '--quick', '--figure', folder, ...out], 'cannot be written (EISDIR)');
    await refused(
      ['reproduce', 'parity', '--quick', '--set', 'seed=1', ...out],
      "parity: unknown setting 'seed', expected",
    );
    await refused(
      ['reproduce', 'scaling', '--set', `longest=${2 ** 40}`, ...out],
      /reproduce: scaling with these settings needs about .*iB, (?:this machine has|WebAssembly addresses)/,
    );
  });
});
