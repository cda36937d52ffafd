/**
 * Examples for classification and regression: a sequence of any length, and its label or targets.
 *
 *   const clips = await clipExamples('digits/', { pattern: /(?<label>\d)_(?<group>[a-z]+)_/ });
 *   const { train, validation } = splitExamples(clips, { fraction: 0.25 });  // no speaker in both
 */
import { UsageError } from '../errors.ts';
import { Random } from '../random.ts';

export interface Example {
  /** (L, features) values, or L token ids. */
  readonly sequence: Float32Array | Int32Array;
  /** The index of its class. */
  readonly label?: number;
  /** The class of each step, −1 where none is asked for. */
  readonly labels?: Int32Array;
  /** What a regression should give, as many for every example of a store; NaN is missing. */
  readonly targets?: Float32Array;
}

export interface ExampleStore {
  /** What messages call it. */
  readonly name: string;
  readonly length: number;
  /** Values of one step; tokens have 1. */
  readonly features: number;
  /** The names of the labels. */
  readonly classes?: readonly string[];
  /** Whether targets belong to the whole sequence ('sequence' if not given) or to each of its steps. */
  readonly output?: 'sequence' | 'step';
  /** What messages and tables call an example: its index if not given. */
  title?(index: number): string;
  /** What must not be both in training and in validation, e.g. the speaker; undefined: by itself. */
  group(index: number): string | undefined;
  read(index: number): Example | Promise<Example>;
}

/** A store over examples in memory, all of one kind. */
export function memoryExamples(
  examples: readonly Example[],
  about: {
    name: string;
    features?: number;
    classes?: readonly string[];
    groups?: readonly (string | undefined)[];
    titles?: readonly string[];
    output?: 'sequence' | 'step';
  },
): ExampleStore {
  const { name, features = 1, classes, groups, titles, output } = about;
  examples.forEach((example, i) => {
    checkExample(example, `${name}, example ${i}`, features, classes);
  });
  if (groups && groups.length !== examples.length) {
    throw new UsageError(
      'data',
      `${name} has ${groups.length} groups, expected ${examples.length}, one for each example.`,
    );
  }
  return {
    name,
    length: examples.length,
    features,
    ...(classes && { classes }),
    ...(output && { output }),
    ...(titles && { title: (index: number) => titles[index] }),
    group: (index) => groups?.[index],
    read: (index) => examples[index],
  };
}

/** Refuses an example that no batch can hold. */
export function checkExample(
  { sequence, label, labels }: Example,
  where: string,
  features: number,
  classes?: readonly string[],
): void {
  if (sequence.length === 0 || sequence.length % features !== 0) {
    throw new UsageError(
      'data',
      `${where} has ${sequence.length} values, expected a multiple of ${features} (features), at least one step. ` +
        'Leave it out, or mend it.',
    );
  }
  const most = classes?.length ?? Number.MAX_SAFE_INTEGER;
  const expected = classes ? `0 to ${most - 1}, one of the classes` : 'an integer ≥ 0';
  if (label !== undefined && !(Number.isInteger(label) && label >= 0 && label < most)) {
    throw new UsageError('data', `${where} has label ${label}, expected ${expected}.`);
  }
  if (labels && labels.length !== sequence.length / features) {
    throw new UsageError(
      'data',
      `${where} has ${labels.length} labels, expected ${sequence.length / features}, one for each step.`,
    );
  }
  const wrong = labels?.find((one) => one < -1 || one >= most);
  if (wrong !== undefined) {
    throw new UsageError('data', `${where} has label ${wrong}, expected ${expected}, or −1 where there is none.`);
  }
}

/** Which of the classes of a model one is. */
export function classIndex(classes: readonly string[], name: string | undefined, where: string): number {
  const at = name === undefined ? -1 : classes.indexOf(name);
  if (at >= 0) return at;
  const got = name ? `the class ${JSON.stringify(name)}` : 'no class';
  const known = classes.slice(0, 12).map((one) => JSON.stringify(one));
  const expected = known.length === classes.length ? known.join(' or ') : `${known.join(', ')} …`;
  throw new UsageError('data', `${where} has ${got}, expected ${expected}. Mend it, or leave it out.`);
}

export const titleOf = (store: ExampleStore, index: number): string => store.title?.(index) ?? String(index);

/** Some of the examples of a store, in the order of `indices`. */
export function subset(store: ExampleStore, indices: readonly number[], part: string): ExampleStore {
  return {
    name: `${store.name} (${part})`,
    length: indices.length,
    features: store.features,
    ...(store.classes && { classes: store.classes }),
    ...(store.output && { output: store.output }),
    title: (index) => titleOf(store, indices[index]),
    group: (index) => store.group(indices[index]),
    read: (index) => store.read(indices[index]),
  };
}

/** The examples that have something to learn or to measure: a label or a target. */
export async function withAnswers(store: ExampleStore): Promise<ExampleStore> {
  const indices: number[] = [];
  for (let i = 0; i < store.length; i++) {
    const { label, labels, targets } = await store.read(i);
    const isAnswered =
      label !== undefined || labels?.some((one) => one >= 0) || targets?.some((one) => !Number.isNaN(one));
    if (isAnswered) indices.push(i);
  }
  if (indices.length === store.length) return store;
  if (indices.length > 0) return subset(store, indices, 'with labels or targets');
  throw new UsageError('data', `${store.name} has no labels or targets that count, expected some. Fill them in.`);
}

export interface SplitOptions {
  /** The part for validation, at least: 0.1 if not given. Whole groups are drawn until it is reached. */
  fraction?: number;
  seed?: number;
  /** The groups for validation, instead of drawing them. */
  groups?: readonly string[];
}

/** Training and validation, without a group in both. The same for the same seed. */
export function splitExamples(
  store: ExampleStore,
  options: SplitOptions = {},
): { train: ExampleStore; validation: ExampleStore } {
  const { fraction = 0.1, seed = 1337 } = options;
  if (!(fraction > 0 && fraction < 1)) {
    throw new UsageError('splitExamples', `fraction is ${fraction}, expected between 0 and 1, e.g. 0.1.`);
  }
  const members = new Map<string | number, number[]>();
  for (let i = 0; i < store.length; i++) {
    const group = store.group(i) ?? i;
    members.set(group, [...(members.get(group) ?? []), i]);
  }
  const chosen = options.groups
    ? namedGroups(store, options.groups, members)
    : drawnGroups(members, store.length * fraction, seed);
  const inValidation = new Set([...chosen].flatMap((group) => members.get(group) ?? []));
  const indices = Array.from({ length: store.length }, (_, i) => i);
  const train = indices.filter((i) => !inValidation.has(i));
  if (train.length === 0 || inValidation.size === 0) {
    throw new UsageError(
      'splitExamples',
      `${store.name} has ${store.length} examples in ${members.size} groups, which leaves ` +
        `${train.length} for training and ${inValidation.size} for validation; expected some in each. ` +
        'Give more groups, or another fraction.',
    );
  }
  return {
    train: subset(store, train, 'training part'),
    validation: subset(
      store,
      indices.filter((i) => inValidation.has(i)),
      'validation part',
    ),
  };
}

function namedGroups(
  store: ExampleStore,
  groups: readonly string[],
  members: ReadonlyMap<string | number, number[]>,
): ReadonlySet<string | number> {
  const stranger = groups.find((group) => !members.has(group));
  if (stranger === undefined) return new Set(groups);
  const known = [...members.keys()].slice(0, 12).map((group) => JSON.stringify(group));
  throw new UsageError(
    'splitExamples',
    `${store.name} has no group ${JSON.stringify(stranger)}, expected some of ${known.join(', ')}.`,
  );
}

function drawnGroups(
  members: ReadonlyMap<string | number, number[]>,
  wanted: number,
  seed: number,
): ReadonlySet<string | number> {
  const groups = shuffled([...members.keys()], new Random(seed).fork('split'));
  const chosen = new Set<string | number>();
  let count = 0;
  for (const group of groups) {
    if (count >= wanted) break;
    chosen.add(group);
    count += members.get(group)?.length ?? 0;
  }
  return chosen;
}

/** A new order, all equally likely (Fisher & Yates 1938). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
