/** Examples for classification and regression: a sequence of any length, and its label or targets. */
import { UsageError } from '../errors.ts';
import { Random } from '../random.ts';

/** A sequence, and what a model should give for it. */
export interface Example {
  /** (L, features) values, or (L) token ids. */
  readonly sequence: Float32Array | Int32Array;
  /** The index of its class. */
  readonly label?: number;
  /** (L): the class of each step, −1 where there is none. */
  readonly labels?: Int32Array;
  /** (targets), or (L, targets) with one set for each step: the values of a regression, NaN where one is missing. */
  readonly targets?: Float32Array;
}

/** Examples by index, in memory or read when they are needed. */
export interface ExampleStore {
  /** What messages call it. */
  readonly name: string;
  /** The number of examples. */
  readonly length: number;
  /** Values of one step; 1 for tokens. */
  readonly features: number;
  /** The names of the classes, by the index that is a label. */
  readonly classes?: readonly string[];
  /** Whether labels and targets belong to the whole sequence or to each of its steps. Default: 'sequence'. */
  readonly output?: 'sequence' | 'step';
  /** What messages and tables call an example. Default: its index. */
  title?(index: number): string;
  /** Examples of one group, e.g. a speaker, are never in both training and validation. undefined: a group of its own. */
  group(index: number): string | undefined;
  read(index: number): Example | Promise<Example>;
}

/**
 * A store over examples in memory.
 *
 * @param about `name`: what messages call the store; `groups` and `titles`: one for each example
 * @throws UsageError for an example without steps, with values that are no whole steps, or with a label of no class
 * @example
 * const examples = [{ sequence: Float32Array.of(1, 2, 3), label: 0 }, { sequence: Float32Array.of(5, 4), label: 1 }];
 * const store = data.memoryExamples(examples, { name: 'slopes', classes: ['up', 'down'] });
 */
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
        'Leave it out, or fix it.',
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

/** The index of a class among those of a model. */
export function classIndex(classes: readonly string[], name: string | undefined, where: string): number {
  const at = name === undefined ? -1 : classes.indexOf(name);
  if (at >= 0) return at;
  const got = name ? `the class ${JSON.stringify(name)}` : 'no class';
  const known = classes.slice(0, 12).map((other) => JSON.stringify(other));
  const expected = known.length === classes.length ? known.join(' or ') : `${known.join(', ')} …`;
  throw new UsageError('data', `${where} has ${got}, expected ${expected}. Fix it, or leave it out.`);
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

/** The examples that have a label or a target to learn from or to measure by. */
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
  /** The least part for validation, between 0 and 1: whole groups are drawn until it is reached. Default: 0.1. */
  fraction?: number;
  /** The seed of the draw. Default: 1337. */
  seed?: number;
  /** The groups for validation. Default: they are drawn. */
  groups?: readonly string[];
}

/**
 * Training and validation, without a group in both. The same seed gives the same parts.
 *
 * @throws UsageError where a part would be empty, or a group of `groups` is unknown
 * @example
 * const { train, validation } = data.splitExamples(clips, { fraction: 0.25 });    // no speaker in both
 */
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
  const unknown = groups.find((group) => !members.has(group));
  if (unknown === undefined) return new Set(groups);
  const known = [...members.keys()].slice(0, 12).map((group) => JSON.stringify(group));
  throw new UsageError(
    'splitExamples',
    `${store.name} has no group ${JSON.stringify(unknown)}, expected some of ${known.join(', ')}.`,
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

/**
 * The items in another order, all orders equally likely (Fisher & Yates 1938).
 *
 * @example
 * data.shuffled(['a', 'b', 'c'], new Random(1337));
 */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
