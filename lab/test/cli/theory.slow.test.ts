import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { labOk as ok, labRefused as refused } from '../../../packages/mamba-ts/test/cli/command.ts';
import { demos } from '../../src/theory/index.ts';

const folder = await mkdtemp(join(tmpdir(), 'mamba-ts-theory-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run lab -- theory', () => {
  it('lists its steps in the order of the story', async () => {
    const { stdout } = await ok(['theory']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(demos.map(({ name }) => name));
    const story = await readFile(new URL('../../../docs/theory.md', import.meta.url), 'utf8');
    const told = [...story.matchAll(/\(figures\/(\w+)\.svg\)/g)].map(([, name]) => name);
    expect(told).toEqual(demos.map(({ name }) => name));
  });

  it.each(demos.map(({ name }) => name))('%s prints its numbers and draws its figure', async (name) => {
    const out = join(folder, `${name}.svg`);
    const { stdout } = await ok(['theory', name, '--out', out, '--backend', 'wasm', '--threads', '1']);
    expect(stdout.split('\n').length).toBeGreaterThan(4);
    const svg = await readFile(out, 'utf8');
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('refuses an unknown step, and a figure of none', async () => {
    await refused(['theory', 'sprung'], "theory: 'sprung' is not a step, expected one of spring,");
    await refused(['theory', '--out', 'x.svg'], 'theory: --out needs the name of a step');
  });
});
