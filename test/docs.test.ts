/** The examples of docs/data.md do what the page says, on data small enough to check. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openTable } from '../packages/core/src/table/index.ts';
import { folderOf } from '../packages/core/test/data/folder.ts';
import * as mamba from '../packages/mamba-ts/src/index.ts';
import { uniforms } from './support/random.ts';

const page = await readFile(new URL('../docs/data.md', import.meta.url), 'utf8');
const [training, table] = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);

/** Runs code as the body of an asynchronous function, with these names. */
const run = (code: string, names: Record<string, unknown>): Promise<void> =>
  new Function(...Object.keys(names), `return (async () => { ${code} })();`)(...Object.values(names));

it('trains, predicts and reads on in the units of the data', async () => {
  const random = uniforms(5);
  const draw = (length: number) => Float32Array.from({ length }, () => 500 + 100 * random());
  const meanOf = (values: Float32Array) => values.reduce((a, b) => a + b) / values.length;
  const examples = Array.from({ length: 64 }, () => {
    const level = 200 * random();
    const sequence = draw(8).map((value) => value + level);
    return { sequence, targets: Float32Array.of(3 * meanOf(sequence)) };
  });
  const train = mamba.data.memoryExamples(examples, { name: 'means' });
  const [samples, moreSamples] = [draw(4), draw(4)];
  const print = vi.fn();
  // Fewer steps learn this.
  const code = training.replaceAll('500', '60').replace('maxIters: 60', 'maxIters: 60, learningRate: 0.01');
  await run(code, { ...mamba, train, samples, moreSamples, console: { log: print } });
  const [first, later] = print.mock.calls[0].map(([value]: Float32Array) => value);
  expect(Math.abs(first - 3 * meanOf(samples))).toBeLessThan(100);
  expect(Math.abs(later - 3 * meanOf(Float32Array.from([...samples, ...moreSamples])))).toBeLessThan(100);
});

it('reads the cells of a table', async () => {
  const path = join(await folderOf({ 'sales.csv': 'date;units\n2024-01-01;1,5\n2024-01-02;NA\n' }), 'sales.csv');
  const print = vi.fn();
  const code = table.replace(/import .*\n/, '').replace("'sales.csv'", JSON.stringify(path));
  await run(code, { openTable, console: { log: print } });
  expect(print.mock.calls).toEqual([
    [2, 1.5],
    [3, Number.NaN],
  ]);
});
