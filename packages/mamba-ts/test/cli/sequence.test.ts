/** The verbs of sequence models, as people run them; and bases on the standard input. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { small, workFolder } from '../../../core/test/train/runs.ts';
import { flags, ok, refused } from './command.ts';

/** What runs a model in no time, whatever else the machine does. */
const light = ['--backend', 'wasm', '--threads', '1'];

const table = `kind,a,b,c\n${Array.from({ length: 40 }, (_, i) => (i % 2 ? `"up, up",1,${i},90` : `down,90,${i},1`)).join('\n')}\n`;

it('trains a classifier, evaluates it, predicts with it; generate refuses it', async () => {
  const folder = await workFolder({ 't.csv': table, 'new.csv': 'a,b,c\n1,2,90\n90,7,1\n' });
  const out = join(folder, 'run');
  const options = { ...small, task: 'classify', data: join(folder, 't.csv'), label: 'kind', out, maxIters: 40 };
  const trained = await ok(['train', ...flags({ ...options, learningRate: 0.02, bidirectional: 'add' })]);
  expect(trained.stderr).toMatch(/36 examples to train on, 4 to validate/);
  expect(trained.stderr).toMatch(/done {5}iteration 40 .* accuracy 100\.0 %/);
  expect(trained.stderr).toContain(`next     mamba-ts predict --model ${out} --data FILE`);

  const evaluated = await ok(['eval', '--model', out, '--data', options.data, '--json', ...light]);
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ accuracy: 1, examples: 40, compared: 40 });
  expect((await ok(['eval', '--model', out, '--data', options.data, ...light])).stdout).toContain(
    'accuracy    100.00 %',
  );

  const predict = ['predict', '--model', join(out, 'best'), '--data', join(folder, 'new.csv'), ...light];
  expect((await ok(predict)).stdout).toMatch(
    /^data +class +probability\nline 2 +up, up +0\.\d+\nline 3 +down +0\.\d+\n$/,
  );
  const lines = (await ok([...predict, '--format', 'csv'])).stdout.trimEnd().split('\n');
  expect(lines[0]).toBe('data,class,down,"up, up"');
  expect(lines[1]).toMatch(/^line 2,"up, up",0\.\d+,0\.\d+$/);
  const json = (await ok([...predict, '--format', 'json'])).stdout.trimEnd().split('\n');
  expect(JSON.parse(json[1])).toMatchObject({ title: 'line 3', class: 'down' });
  await refused([...predict, '--format', 'xml'], "predict: --format is 'xml', expected table, csv, json.");

  const info = await ok(['info', '--model', out]);
  expect(info.stdout).toMatch(/nClasses +2\n[\s\S]*state +none: it reads whole sequences/);
  await refused(['generate', '--model', out], 'classifies or regresses sequences, expected a language model.');
  await writeFile(join(folder, 'config.json'), await readFile(join(out, 'config.json')));
  await refused(
    ['predict', '--model', folder, '--data', options.data, ...light],
    'holds neither model.safetensors nor',
  );
});

it('refuses to predict with a language model', async () => {
  const folder = await workFolder();
  const out = join(folder, 'run');
  await ok(['train', ...flags({ ...small, data: join(folder, 'play.txt'), out, maxIters: 1 })]);
  await refused(
    ['predict', '--model', out, '--data', join(folder, 'play.txt'), ...light],
    "there is no 'sequence_model'",
  );
});

it('trains on FASTA from the standard input', async () => {
  const folder = await workFolder();
  const out = join(folder, 'run');
  const input = `>one first\n${'ACGGT'.repeat(60)}\n>two\n${'TTAG\n'.repeat(60)}`;
  await ok(['train', ...flags({ ...small, data: '-', tokenizer: 'dna', out, maxIters: 10 }), '--stop-at', '5'], {
    input,
  });
  const { stderr } = await ok(['train', '--out', out, '--resume']);
  expect(stderr).toContain('486 tokens to train on, 54 to validate');
  const evaluated = await ok(['eval', '--model', out, '--data', '-', '--json', '--block-size', '32', ...light], {
    input,
  });
  expect(JSON.parse(evaluated.stdout).tokens).toBe(512);
});
