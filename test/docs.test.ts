/** The example of docs/data.md does what it says, on a task small enough to check. */
import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import * as mamba from '../packages/mamba-ts/src/index.ts';
import { uniforms } from './support/random.ts';

const page = await readFile(new URL('../docs/data.md', import.meta.url), 'utf8');
const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';

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
  const given = { ...mamba, train, samples, moreSamples, console: { log: print } };
  // Fewer steps learn this.
  const body = `return (async () => { ${code.replaceAll('500', '60').replace('maxIters: 60', 'maxIters: 60, learningRate: 0.01')} })();`;
  await new Function(...Object.keys(given), body)(...Object.values(given));
  const [first, later] = print.mock.calls[0].map(([value]: Float32Array) => value);
  expect(Math.abs(first - 3 * meanOf(samples))).toBeLessThan(100);
  expect(Math.abs(later - 3 * meanOf(Float32Array.from([...samples, ...moreSamples])))).toBeLessThan(100);
});
