/** Examples from a path that are refused, and how: what is wrong, where, and what is expected. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ExampleOptions, openExamples } from '../../src/data/index.ts';
import { byteTokenizer, dnaTokenizer } from '../../src/tokenize/index.ts';
import { folderOf } from './folder.ts';

const plain: ExampleOptions = { task: 'classify', output: 'sequence', tokenizer: byteTokenizer(), blockSize: 4 };
const open = (path: string, more: Partial<ExampleOptions> = {}) => openExamples(path, { ...plain, ...more });

it.each([
  [{ 't.csv': 'a,b\n1,x\n' }, 't.csv', { label: 'c' }, 'has no column "c", expected one of "a", "b".'],
  [{ 't.csv': 'a,b,c\n1,x,1\n' }, 't.csv', { label: 'a' }, 'line 2, column "b" has "x", expected a number.'],
  [{ 't.csv': 'a,b,c\nx,1,NA\n' }, 't.csv', { label: 'a' }, 'line 2, column "c" has "NA", a missing value, expected'],
  [{ 't.csv': 'a,b\nx,1\n,2\n' }, 't.csv', { label: 'a' }, 'line 3 has no class, expected "x".'],
  [{ 't.csv': 'a,b\n,1\n,2\n' }, 't.csv', { label: 'a' }, 'has nothing in the column "a", expected classes.'],
  [
    { 't.csv': 'i,a,b\n7,x,1\n8,y,1\n7,,1\n7,y,2\n' },
    't.csv',
    { label: 'a', sequence: 'i' },
    'line 5, column "a" has "y", expected "x", as line 2 of the same sequence has.',
  ],
  [
    { 't.csv': 'i,a,b\n7,4,1\n7,5,2\n' },
    't.csv',
    { task: 'regress', targets: ['a'], sequence: 'i' },
    'line 3, column "a" has "5", expected "4", as line 2 of the same sequence has.',
  ],
  [{ 't.csv': 'a,b,b\nx,1,1\n' }, 't.csv', { label: 'a' }, 'has several columns "b", expected names that differ.'],
  [{ 't.csv': 'b,b\n1,1\n2,2\n' }, 't.csv', { task: 'regress', output: 'step' }, 'has several columns "b", expected'],
  [
    { 't.csv': 'i,a,b\n,x,1\n' },
    't.csv',
    { label: 'a', sequence: 'i' },
    'line 2 has nothing in "i", expected the sequence that it belongs to.',
  ],
  [
    { 't.csv': 'a,b,c\nx,1,1e39\n' },
    't.csv',
    { label: 'a' },
    'column "c" has "1e39", expected a number up to ±3.4e38.',
  ],
  [{ 't.csv': 'a,b\n1\n' }, 't.csv', { label: 'a' }, 'line 2 has 1 fields, expected 2, as the first row has.'],
  [{ 't.csv': 'a,b\n' }, 't.csv', { label: 'a' }, 'has no rows below its first'],
  [{ 't.csv': 'a\n1\n' }, 't.csv', { label: 'a' }, 'has no columns left to read'],
  [
    { 't.csv': 'a,b\nnew,1\n' },
    't.csv',
    { label: 'a', classes: ['neg', 'pos'] },
    't.csv, line 2 has the class "new", expected "neg" or "pos".',
  ],
  [
    { 't.csv': 'i,a,b\n7,neg,1\n7,new,1\n' },
    't.csv',
    { label: 'a', classes: ['neg', 'pos'], sequence: 'i', output: 'step' },
    'line 3 has the class "new", expected "neg" or "pos".',
  ],
  [
    { 'new/a.txt': 'so', 'pos/a.txt': 'so' },
    '',
    { classes: ['neg', 'pos'] },
    'a.txt has the class "new", expected "neg" or "pos".',
  ],
  [
    { 'a.jsonl': '{"text":"so","label":"new"}\n' },
    'a.jsonl',
    { classes: ['neg', 'pos'] },
    'a.jsonl, line 1 has the class "new", expected "neg" or "pos".',
  ],
  [
    { 't.csv': 'a\n1\n' },
    't.csv',
    { kind: 'text' },
    't.csv is read as CSV, but the model was trained on text, expected .txt',
  ],
  [
    { 'a.txt': 'so' },
    'a.txt',
    { kind: 'clips' },
    'a.txt is read as text, but the model was trained on WAV, expected .wav',
  ],
  [
    { 'a.xyz': 'so' },
    'a.xyz',
    { kind: 'table' },
    'a.xyz is read as text, but the model was trained on CSV, expected .csv',
  ],
  [
    { 'x/a.txt': 'ACGTE' },
    '',
    { tokenizer: dnaTokenizer() },
    'a.txt: dnaTokenizer.encode: "E" at position 4 is not a base',
  ],
  [
    { 't.csv': 'a,b\nx,ACGTE\n' },
    't.csv',
    { label: 'a', tokenizer: dnaTokenizer() },
    't.csv, line 2: dnaTokenizer.encode: "E" at position 4 is not a base',
  ],
  [{ 'a.txt': 'so' }, 'a.txt', {}, 'has no label, expected a folder of each class, or JSONL'],
  [{ 'g.fa': '>a\nAC\n' }, 'g.fa', {}, "has no label, expected the class as the first word after the record's name."],
  [{ 'a.xyz': '' }, '', {}, 'has no files to read, expected .wav'],
])('refuses %j', async (files, path, options, message) => {
  const folder = await folderOf(files as unknown as Record<string, string>);
  await expect(open(join(folder, path), options as Partial<ExampleOptions>)).rejects.toThrow(message);
});
