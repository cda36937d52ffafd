/** What training and evaluation of a sequence model refuse, and what they do without. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { train } from '../../src/train/run.ts';
import { small, workFolder } from './runs.ts';

const waveTable = `y\n${Array.from({ length: 60 }, (_, i) => Math.sin(i / 3)).join('\n')}\n`;

it('reads no series in both directions: the answers are behind each step', async () => {
  const folder = await workFolder({ 's.csv': waveTable });
  const options = { ...small, task: 'regress', data: join(folder, 's.csv'), out: join(folder, 'run') };
  await expect(train({ layers: [{ ...options, bidirectional: 'add' }] })).rejects.toThrow(
    `train: bidirectional is "add", expected 'none' for a series: the next rows are to be forecast`,
  );
  // A row a sequence: its target is in no other step.
  const rows = await workFolder({ 't.csv': `a,b,sum\n${'1,2,3\n4,5,9\n7,1,8\n'.repeat(8)}` });
  const more = { data: join(rows, 't.csv'), output: 'sequence', targets: 'sum', bidirectional: 'add', maxIters: 1 };
  const { model } = await train({ layers: [{ ...options, ...more }] });
  model.backend.dispose();
});
