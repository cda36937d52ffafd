/** examples.json of a run: how the examples were read. Checked before any data is read by it. */
import type { ExampleOptions } from '../data/exampleSource.ts';
import type { Scaling } from '../data/scaling.ts';
import { UsageError } from '../errors.ts';
import { isPlainObject, shown } from '../schema/index.ts';

/** What a model needs to know of its data to read more of it. */
export interface ExampleFacts {
  options: Omit<ExampleOptions, 'tokenizer' | 'classes' | 'open'>;
  /** Classification: the names of the classes. */
  classes?: readonly string[];
  /** Regression: the names of the values. */
  values?: readonly string[];
  scaling: Scaling;
}

const isListOf = (type: string, value: unknown) => Array.isArray(value) && value.every((item) => typeof item === type);

/** Columns as scaling.ts measures them: a deviation for each mean. */
const isColumns = (value: unknown) =>
  value === undefined ||
  (isPlainObject(value) &&
    isListOf('number', value.mean) &&
    isListOf('number', value.deviation) &&
    (value.mean as number[]).length === (value.deviation as number[]).length);

/** The content of an examples.json. Throws UsageError if a run did not write it so. `path` names it in errors. */
export function exampleFactsIn(value: unknown, path: string): ExampleFacts {
  const { options, scaling, classes, values }: Record<string, unknown> = isPlainObject(value) ? value : {};
  const reading = isPlainObject(options) ? options : {};
  const { inputs, targets, longest }: Record<string, unknown> = isPlainObject(scaling) ? scaling : {};
  const isClassifier = reading.task === 'classify';
  const checks: [name: string, found: unknown, isRight: boolean, expected: string][] = [
    ['options', options, isPlainObject(options), 'how the data was read'],
    ['options.task', reading.task, isClassifier || reading.task === 'regress', "'classify' or 'regress'"],
    ['options.output', reading.output, ['sequence', 'step'].includes(String(reading.output)), "'sequence' or 'step'"],
    ['options.blockSize', reading.blockSize, Number.isSafeInteger(reading.blockSize), 'a whole number'],
    ['scaling', scaling, isPlainObject(scaling), 'the scale of the data'],
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
    `${name} is ${found === undefined ? 'missing' : shown(found)}, expected ${expected}. ` +
      'The file was changed after its run: restore it, or train again.',
  );
}
