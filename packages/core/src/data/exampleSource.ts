/** Examples from a path of any kind: WAV, text, FASTA, JSONL, a CSV table, numeric series. */
import { UsageError } from '../errors.ts';
import { factsOf, filesBelow } from '../input/files.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { clipExamples, commonRate, WAV } from './audio.ts';
import { type Example, type ExampleStore, splitExamples, withAnswers } from './examples.ts';
import { isPattern, partsOf, textExamples } from './labelledText.ts';
import { readSeries, type Series } from './series.ts';
import { requireHorizon, splitSeries } from './splitSeries.ts';
import { tableExamples } from './tableExamples.ts';
import { endsIn, FASTA, JSONL, TEXT } from './textSource.ts';
import { stepExamples } from './windows.ts';

type Kind = 'clips' | 'text' | 'table';

/** How examples are read. A run keeps those that new data for its model has to agree with. */
export interface ExampleOptions {
  /** The kind of data. Default: by the endings of the names. */
  kind?: Kind;
  /** Whether an example has a class or values. */
  task: 'classify' | 'regress';
  /** Whether a sequence has one class or set of values, or each of its steps has. */
  output: 'sequence' | 'step';
  /** For text and FASTA; 'muLaw' makes tokens of clips. */
  tokenizer: Tokenizer;
  /** JSONL: the key of the text. Default: 'text'. */
  textField?: string;
  /** Clips: the rate in Hz to which they are converted. Default: the one that all have; so is 0. */
  sampleRate?: number;
  /** The column, the JSONL key or the pattern of the class. Default: by folders and names; tables need it. */
  label?: string;
  /** Tables: the column that validation keeps together. */
  group?: string;
  /** Tables: the column that tells sequences apart. Default: each row is a sequence. */
  sequence?: string;
  /** Tables: the columns to read. Default: all that are left. */
  columns?: readonly string[];
  /** Tables: whether the column is text. Default: whether its first fields are. */
  text?: boolean;
  /** Tables: the columns of a regression. Default: for a series, all of them. */
  targets?: readonly string[];
  /** Series: the number of rows ahead that are targets. Default: 1. */
  horizon?: number;
  /** The most steps of an example; the rest is cut off. Default: no limit. */
  cutTo?: number;
  /** Series: the steps of a window. */
  blockSize: number;
  /** The classes of an existing model. Default: those that are found. */
  classes?: readonly string[];
  /** Whether labels and targets are left out, for predictions. Default: false. */
  open?: boolean;
}

/** What was found in the data, with which new data for the same model has to agree. */
export type FoundOptions = Pick<ExampleOptions, 'kind' | 'sampleRate' | 'columns' | 'text' | 'targets'>;

/** The examples of a path. */
export interface OpenedExamples {
  readonly found: FoundOptions;
  readonly all: ExampleStore;
  /** The series themselves, where the examples are windows of series: a forecast starts from their last rows. */
  readonly series?: readonly Series[];
  /** Training and validation: `fraction` between 0 and 1 is held out. The same seed gives the same parts. */
  split(fraction: number, seed: number): { train: ExampleStore; validation: ExampleStore };
}

const TABLE = ['.csv', '.tsv'];

/**
 * The examples of a file or a folder (Node).
 *
 * @throws UsageError where there is nothing to read, or the data and the options do not go together
 * @throws CellError for a cell of a table that cannot be used
 * @example
 * const options = { task: 'classify', output: 'sequence', tokenizer: byteTokenizer(), blockSize: 256 };
 * const { split } = await data.openExamples('digits/', options);
 * const { train, validation } = split(0.1, 1337);
 */
export async function openExamples(path: string, options: ExampleOptions): Promise<OpenedExamples> {
  const kind = await kindOf(path, options.kind);
  const ofTables = (['group', 'sequence', 'columns', 'targets'] as const).find((key) => options[key] !== undefined);
  if (kind !== 'table' && ofTables) {
    throw new UsageError(
      'data',
      `${ofTables} is ${JSON.stringify(options[ofTables])}, but ${path} has no columns, expected CSV. Leave ${ofTables} out.`,
    );
  }
  if (kind === 'table' && options.task === 'regress' && options.output === 'step' && !options.sequence) {
    return openSeries(path, options);
  }
  if (kind !== 'table' && options.task === 'regress') {
    throw new UsageError('data', `${path} has no numbers to give for a sequence, expected CSV for --task regress.`);
  }
  if (kind !== 'table' && options.output === 'step') {
    throw new UsageError('data', `${path} has one label a sequence, expected CSV (--sequence) for outputs by step.`);
  }
  if (kind === 'table' && options.task === 'classify' && !options.label) {
    throw new UsageError('data', `${path} is a table, expected the column of the class by --label NAME.`);
  }
  const { store, ...found } = await storeOf(path, kind, options);
  const kept = options.cutTo ? cut(store, options.cutTo) : store;
  // Rows of a table may have no label and no target.
  const useful = kind === 'table' && !options.open ? await withAnswers(kept) : kept;
  return { found: { kind, ...found }, all: kept, split: (fraction, seed) => splitExamples(useful, { fraction, seed }) };
}

async function storeOf(
  path: string,
  kind: Kind,
  options: ExampleOptions,
): Promise<FoundOptions & { store: ExampleStore }> {
  const { tokenizer, label, classes, open, textField: field } = options;
  if (kind === 'table') return tableExamples(path, options);
  if (kind === 'text') return { store: await textExamples(path, { tokenizer, label, field, classes, open }) };
  const sampleRate = options.sampleRate || (await commonRate(path));
  const store = await clipExamples(path, {
    pattern: await clipPattern(path, label),
    sampleRate,
    tokens: tokenizer.kind === 'muLaw',
    classes,
    open,
  });
  const groups = new Set(Array.from({ length: store.length }, (_, i) => store.group(i)));
  // A single speaker has to be in both training and validation.
  return { sampleRate, store: groups.size > 1 ? store : { ...store, group: () => undefined } };
}

async function openSeries(path: string, options: ExampleOptions): Promise<OpenedExamples> {
  const { blockSize: length, horizon, targets, columns } = options;
  const files = (await factsOf(path)).isFolder ? await filesBelow(path, TABLE) : [path];
  const series: Series[] = [];
  for (const file of files) series.push(await readSeries(file, { columns: columns ?? series[0]?.columns }));
  const [{ columns: read }] = series;
  const windows = { length, horizon, targets };
  return {
    found: { kind: 'table', columns: read, targets: targets ?? read },
    // Made when they are needed: a forecast needs no row after the last one.
    get all() {
      return stepExamples(series, { ...windows, stride: length });
    },
    series,
    split(fraction) {
      const { train, validation } = splitSeries(series, fraction);
      for (const part of [train, validation]) requireHorizon(part, windows);
      return {
        train: stepExamples(train, windows),
        validation: stepExamples(validation, { ...windows, stride: length }),
      };
    },
  };
}

const KINDS: Readonly<Record<Kind, { name: string; extensions: readonly string[] }>> = {
  clips: { name: 'WAV', extensions: WAV },
  table: { name: 'CSV', extensions: TABLE },
  text: { name: 'text', extensions: [...TEXT, ...JSONL, ...FASTA] },
};

/** The kind of data at a path. A folder may hold several kinds: `wanted` is then the one that is read. */
async function kindOf(path: string, wanted?: Kind): Promise<Kind> {
  if (path === '-') {
    throw new UsageError(
      'data',
      "'-' is the standard input, which has no name to say what it holds, expected a file or a folder of examples. " +
        'Save it first, under a name such as data.csv.',
    );
  }
  const kinds = Object.keys(KINDS) as Kind[];
  const { isFolder } = await factsOf(path);
  const isThere = async (kind: Kind) => {
    const { extensions } = KINDS[kind];
    if (!isFolder) return endsIn(path, extensions);
    return (await filesBelow(path, [...extensions, ...extensions.map((ending) => `${ending}.gz`)])).length > 0;
  };
  for (const kind of wanted ? [wanted, ...kinds] : kinds) {
    if (!(await isThere(kind))) continue;
    if (wanted && kind !== wanted) throw otherKind(path, kind, wanted);
    return kind;
  }
  if (isFolder) {
    const known = kinds.flatMap((kind) => KINDS[kind].extensions).join(', ');
    throw new UsageError('data', `folder ${path} has no files to read, expected ${known}. Name the files themselves.`);
  }
  // A file of any other name is text.
  if (wanted && wanted !== 'text') throw otherKind(path, 'text', wanted);
  return 'text';
}

function otherKind(path: string, kind: Kind, wanted: Kind): Error {
  const { name, extensions } = KINDS[wanted];
  return new UsageError(
    'data',
    `${path} is read as ${KINDS[kind].name}, but the model was trained on ${name}, ` +
      `expected ${extensions.join(', ')}. Give such data, or another model.`,
  );
}

const FOLDER = /^[/\\]?(?<label>[^/\\]+)[/\\]/;
const NAME = /(?<label>[^/\\_]+)(?:_(?<group>[^/\\_]+)(?=_))?[^/\\]*$/;

/** The class is the first folder, where there are folders; else the beginning of the name: LABEL_GROUP_…, or LABEL_…. */
async function clipPattern(path: string, label: string | undefined): Promise<RegExp> {
  if (label) {
    partsOf('', label);
    if (isPattern(label)) return new RegExp(label);
    throw new UsageError(
      'data',
      `label is ${JSON.stringify(label)}, expected a pattern for WAV files, e.g. (?<label>\\d)_.`,
    );
  }
  if (!(await factsOf(path)).isFolder) return NAME;
  const files = await filesBelow(path, WAV);
  return files.every((file) => FOLDER.test(file.slice(path.length).replace(/^[/\\]/, ''))) ? FOLDER : NAME;
}

/** The same examples, each cut to at most `most` steps. */
function cut(store: ExampleStore, most: number): ExampleStore {
  return {
    ...store,
    async read(index): Promise<Example> {
      const { sequence, label, labels, targets } = await store.read(index);
      const steps = sequence.length / store.features;
      const end = Math.min(most, steps);
      const width = targets && (store.output === 'step' ? (targets.length / steps) * end : targets.length);
      return {
        sequence: sequence.subarray(0, end * store.features),
        ...(label !== undefined && { label }),
        ...(labels && { labels: labels.subarray(0, end) }),
        ...(targets && { targets: targets.subarray(0, width) }),
      };
    },
  };
}
