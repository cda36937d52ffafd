/**
 * Examples from a path, whatever lies there: WAV, text, FASTA, JSONL, a CSV table, numeric series.
 *
 *   const { split } = await openExamples('digits/', { task: 'classify', output: 'sequence', tokenizer });
 *   const { train, validation } = split(0.1, 1337);
 */
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { clipExamples, WAV } from './audio.ts';
import { type Example, type ExampleStore, splitExamples } from './examples.ts';
import { factsOf, filesBelow } from './files.ts';
import { isPattern, partsOf, textExamples } from './labelledText.ts';
import { readSeries, type Series } from './series.ts';
import { endsIn, FASTA, JSONL, TEXT } from './source.ts';
import { splitSeries, stepExamples } from './stepWindows.ts';
import { tableExamples } from './table.ts';

/** How examples are read; what of it the model has to know is kept with it. */
export interface ExampleOptions {
  task: 'classify' | 'regress';
  output: 'sequence' | 'step';
  tokenizer: Tokenizer;
  textField?: string;
  /** Hz; 0: as the files have it. */
  sampleRate?: number;
  label?: string;
  group?: string;
  sequence?: string;
  columns?: readonly string[];
  targets?: readonly string[];
  horizon?: number;
  cutTo?: number;
  /** Series: the steps of a window. */
  blockSize: number;
  /** The classes of a model that is there already. */
  classes?: readonly string[];
  /** Labels and targets are not read: for predictions. */
  open?: boolean;
}

export interface OpenedExamples {
  readonly all: ExampleStore;
  /** Sequences of which the last rows are what a forecast starts from. */
  readonly series?: readonly Series[];
  split(fraction: number, seed: number): { train: ExampleStore; validation: ExampleStore };
}

const TABLE = ['.csv', '.tsv'];

export async function openExamples(path: string, options: ExampleOptions): Promise<OpenedExamples> {
  const kind = await kindOf(path);
  const ofTables = (['group', 'sequence', 'columns', 'targets'] as const).find((key) => options[key] !== undefined);
  if (kind !== 'table' && ofTables) {
    throw new Error(
      `data: ${ofTables} is ${JSON.stringify(options[ofTables])}, but ${path} has no columns, expected CSV. Leave ${ofTables} out.`,
    );
  }
  if (kind === 'table' && options.task === 'regress' && options.output === 'step' && !options.sequence) {
    return openSeries(path, options);
  }
  if (kind !== 'table' && options.task === 'regress') {
    throw new Error(`data: ${path} has no numbers to give for a sequence, expected CSV for --task regress.`);
  }
  if (kind !== 'table' && options.output === 'step') {
    throw new Error(`data: ${path} has one label a sequence, expected CSV (--sequence) for outputs by step.`);
  }
  if (kind === 'table' && options.task === 'classify' && !options.label) {
    throw new Error(`data: ${path} is a table, expected the column of the class by --label NAME.`);
  }
  const all = await storeOf(path, kind, options);
  const kept = options.cutTo ? cut(all, options.cutTo) : all;
  return { all: kept, split: (fraction, seed) => splitExamples(kept, { fraction, seed }) };
}

async function storeOf(path: string, kind: Kind, options: ExampleOptions): Promise<ExampleStore> {
  const { tokenizer, label, classes, open, textField: field } = options;
  if (kind === 'table') return tableExamples(path, options);
  if (kind === 'text') return textExamples(path, { tokenizer, label, field, classes, open });
  const store = await clipExamples(path, {
    pattern: await clipPattern(path, label),
    sampleRate: options.sampleRate || undefined,
    tokens: tokenizer.kind === 'muLaw',
    classes,
    open,
  });
  const groups = new Set(Array.from({ length: store.length }, (_, i) => store.group(i)));
  // One speaker alone cannot be kept apart from itself.
  return groups.size > 1 ? store : { ...store, group: () => undefined };
}

async function openSeries(path: string, options: ExampleOptions): Promise<OpenedExamples> {
  const { blockSize: length, horizon, targets, columns } = options;
  const files = (await factsOf(path)).isFolder ? await filesBelow(path, TABLE) : [path];
  const series: Series[] = [];
  for (const file of files) series.push(await readSeries(file, { columns }));
  const windows = { length, horizon, targets };
  return {
    all: stepExamples(series, { ...windows, stride: length }),
    series,
    split(fraction) {
      const { train, validation } = splitSeries(series, fraction);
      return {
        train: stepExamples(train, windows),
        validation: stepExamples(validation, { ...windows, stride: length }),
      };
    },
  };
}

type Kind = 'clips' | 'text' | 'table';

async function kindOf(path: string): Promise<Kind> {
  const kinds: [Kind, readonly string[]][] = [
    ['clips', WAV],
    ['table', TABLE],
    ['text', [...TEXT, ...JSONL, ...FASTA]],
  ];
  if (!(await factsOf(path)).isFolder) return kinds.find(([, extensions]) => endsIn(path, extensions))?.[0] ?? 'text';
  for (const [kind, extensions] of kinds) {
    const gzipped = extensions.map((extension) => `${extension}.gz`);
    if ((await filesBelow(path, [...extensions, ...gzipped])).length > 0) return kind;
  }
  const known = kinds.flatMap(([, extensions]) => extensions).join(', ');
  throw new Error(`data: folder ${path} has no files to read, expected ${known}. Name the files themselves.`);
}

const FOLDER = /^[/\\]?(?<label>[^/\\]+)[/\\]/;
const NAME = /(?<label>[^/\\_]+)(?:_(?<group>[^/\\_]+)(?=_))?[^/\\]*$/;

/** Class folders where there are folders, else the beginning of the name: LABEL_GROUP_…, or LABEL_…. */
async function clipPattern(path: string, label: string | undefined): Promise<RegExp> {
  if (label) {
    partsOf('', label);
    if (isPattern(label)) return new RegExp(label);
    throw new Error(`data: label is ${JSON.stringify(label)}, expected a pattern for WAV files, e.g. (?<label>\\d)_.`);
  }
  if (!(await factsOf(path)).isFolder) return NAME;
  const files = await filesBelow(path, WAV);
  return files.every((file) => FOLDER.test(file.slice(path.length).replace(/^[/\\]/, ''))) ? FOLDER : NAME;
}

/** Every example cut to at most `most` steps. */
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
