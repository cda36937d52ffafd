/** examples.json as it is read back: what is not as a run writes it is refused before any data is read. */
import { UsageError } from '../errors.ts';
import type { ExampleFacts } from './sequenceRun.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (type: string, value: unknown) => Array.isArray(value) && value.every((one) => typeof one === type);

/** Columns as scaling.ts measures them: a deviation for each mean. */
const isColumns = (value: unknown) =>
  value === undefined ||
  (isObject(value) &&
    isListOf('number', value.mean) &&
    isListOf('number', value.deviation) &&
    (value.mean as number[]).length === (value.deviation as number[]).length);

/** The value of an examples.json, checked. `path` is what messages call it. */
export function exampleFacts(value: unknown, path: string): ExampleFacts {
  const { options, scaling, classes, values }: Record<string, unknown> = isObject(value) ? value : {};
  const reading: Record<string, unknown> = isObject(options) ? options : {};
  const { inputs, targets, longest }: Record<string, unknown> = isObject(scaling) ? scaling : {};
  const isClassifier = reading.task === 'classify';
  const checks: [name: string, found: unknown, isRight: boolean, expected: string][] = [
    ['options', options, isObject(options), 'how the data was read'],
    ['options.task', reading.task, isClassifier || reading.task === 'regress', "'classify' or 'regress'"],
    ['options.output', reading.output, ['sequence', 'step'].includes(String(reading.output)), "'sequence' or 'step'"],
    ['options.blockSize', reading.blockSize, Number.isSafeInteger(reading.blockSize), 'a whole number'],
    ['scaling', scaling, isObject(scaling), 'the scale of the data'],
    ['scaling.longest', longest, typeof longest === 'number', 'a number'],
    ['scaling.inputs', inputs, isColumns(inputs), 'as many deviations as means'],
    ['scaling.targets', targets, isColumns(targets), 'as many deviations as means'],
    isClassifier
      ? ['classes', classes, isListOf('string', classes), 'a list of names']
      : ['values', values, isListOf('string', values), 'a list of names'],
  ];
  const wrong = checks.find(([, , isRight]) => !isRight);
  if (!wrong) return value as ExampleFacts;
  const [name, found, , expected] = wrong;
  throw new UsageError(
    path,
    `${name} is ${JSON.stringify(found) ?? 'missing'}, expected ${expected}. ` +
      'It was changed since its run: put it back, or train again.',
  );
}
