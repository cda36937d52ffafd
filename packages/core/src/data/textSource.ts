/**
 * Sources of text: files, folders, JSONL, FASTA, the standard input. The text of a document arrives in chunks, so that
 * no file is held whole. Files may be gzip.
 */
import { UsageError } from '../errors.ts';
import { type FastaAlphabet, fastaRecords } from '../formats/fasta.ts';
import { gunzipped } from '../formats/gzip.ts';
import { decodeUtf8, linesOf } from '../input/decodeUtf8.ts';
import { chunksOf, type FileFacts, factsOf, filesBelow } from '../input/files.ts';
import { nameOf, STANDARD_INPUT, standardInput } from '../input/standardInput.ts';
import { chunksOfText } from './pieces.ts';

/** A text, in chunks. */
export interface TextDocument {
  /** What messages call it: the file, with the line of a JSONL file or the record of a FASTA file. */
  readonly name: string;
  readonly text: AsyncIterable<string>;
  /** The path of the file, where there is one. */
  readonly path?: string;
  /** Other facts than its text: the JSONL record, or the `name` and `description` of a FASTA record. */
  readonly about?: Readonly<Record<string, unknown>>;
}

/** Documents to read, one after another. */
export interface TextSource {
  /** What messages call it. */
  readonly name: string;
  /** The documents, in the same order each time. */
  documents(): AsyncIterable<TextDocument>;
  /** Changes whenever the texts may have changed; undefined where that is unknown. */
  fingerprint(): Promise<string | undefined>;
}

/** How text is read. */
export interface SourceOptions {
  /** The key of a JSONL record that holds its text. Default: 'text'. */
  field?: string;
  /** The endings of the names that are read from a folder; `.gz` may follow. Default: those of text, JSONL and FASTA. */
  extensions?: readonly string[];
  /** Whether the standard input is JSONL. Default: false. */
  jsonl?: boolean;
  /** The letters of a FASTA file. 'dna' is checked and converted to A C G T N. Default: 'any'. */
  alphabet?: FastaAlphabet;
}

export const JSONL = ['.jsonl', '.ndjson'];
export const TEXT = ['.txt', '.text', '.md', '.markdown', '.rst'];
export const FASTA = ['.fasta', '.fa', '.fna', '.ffn', '.fas'];
const GZIP = '.gz';

/**
 * The documents of one path or of several (Node). A path is a file, a folder or '-', the standard input.
 *
 * @throws UsageError where there are no paths; while reading, where a file is missing or no text
 * @example
 * data.textSource('books/');                                        // .txt, .md, .jsonl … below, in a fixed order
 * data.textSource('genome.fasta.gz');                               // each record is a document
 * data.textSource(['a.txt', 'b.jsonl'], { field: 'content' });
 * data.textSource('-');                                             // the standard input
 */
export function textSource(paths: string | readonly string[], options: SourceOptions = {}): TextSource {
  const list = typeof paths === 'string' ? [paths] : paths;
  if (list.length === 0) {
    throw new UsageError('data', "got no paths, expected at least one file, folder or '-'.");
  }
  const extensions = (options.extensions ?? [...TEXT, ...JSONL, ...FASTA]).map((e) => e.toLowerCase());
  const { field = 'text', alphabet = 'any' } = options;
  return {
    name: list.length === 1 ? nameOf(list[0]) : `${list[0]} and ${list.length - 1} more`,
    async *documents() {
      for (const { path } of await expand(list, extensions)) {
        const name = nameOf(path);
        const chunks = path === STANDARD_INPUT ? standardInput() : chunksOf(path);
        const text = decodeUtf8(gunzipped(chunks, name), name);
        const jsonl = path === STANDARD_INPUT ? options.jsonl : endsIn(path, JSONL);
        const documents = jsonl
          ? recordsOf(text, name, field)
          : endsIn(path, FASTA)
            ? sequencesOf(text, name, alphabet)
            : alphabet === 'dna'
              ? basesOf(text, name)
              : [{ name, text }];
        for await (const document of documents) yield { ...document, path };
      }
    },
    async fingerprint() {
      if (list.includes(STANDARD_INPUT)) return undefined;
      const files = await expand(list, extensions);
      return JSON.stringify([field, alphabet, files.map(({ path, size, modified }) => [path, size, modified])]);
    },
  };
}

export function endsIn(path: string, extensions: readonly string[]): boolean {
  return withGzip(extensions).some((extension) => path.toLowerCase().endsWith(extension));
}

function withGzip(extensions: readonly string[]): string[] {
  return extensions.flatMap((extension) => [extension, extension + GZIP]);
}

type SourceFile = { path: string } & Partial<FileFacts>;

/** Folders become the files below them. */
async function expand(paths: readonly string[], extensions: readonly string[]): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const path of paths) {
    if (path === STANDARD_INPUT) {
      files.push({ path });
      continue;
    }
    const facts = await factsOf(path);
    if (!facts.isFolder) {
      files.push({ path, ...facts });
      continue;
    }
    const found = await filesBelow(path, withGzip(extensions));
    if (found.length === 0) {
      throw new UsageError(
        'data',
        `folder ${path} has no files to read, expected ${extensions.join(', ')}. ` +
          'Name the files themselves, or other extensions.',
      );
    }
    for (const file of found) files.push({ path: file, ...(await factsOf(file)) });
  }
  return files;
}

async function* sequencesOf(
  chunks: AsyncIterable<string>,
  name: string,
  alphabet: FastaAlphabet,
): AsyncGenerator<TextDocument> {
  for await (const record of fastaRecords(chunks, name, alphabet)) {
    const { name: called, description, sequence } = record;
    yield { name: `${name}, record ${called}`, text: sequence, about: { name: called, description } };
  }
}

/** Bases from a source without a telling name: FASTA if they begin with '>' or ';', else one document. */
async function* basesOf(chunks: AsyncIterable<string>, name: string): AsyncGenerator<TextDocument> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  const text = (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })();
  if (/^[>;]/.test(first.value)) yield* sequencesOf(text, name, 'dna');
  else yield { name, text };
}

async function* recordsOf(chunks: AsyncIterable<string>, name: string, field: string): AsyncGenerator<TextDocument> {
  for await (const { line, number } of linesOf(chunks)) {
    if (line.trim() === '') continue;
    const { text, record } = textIn(line, field, `${name}, line ${number}`);
    yield { name: `${name}, line ${number}`, text: chunksOfText(text), about: record };
  }
}

function textIn(line: string, field: string, where: string): { text: string; record: Record<string, unknown> } {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (error) {
    const start = JSON.stringify(line.slice(0, 40));
    throw new UsageError(
      'data',
      `${where} is not JSON: it starts ${start}, expected one object a line, ` +
        `e.g. {"${field}": "…"}. Fix the line, or name the file .txt if it is plain text.`,
      { cause: error },
    );
  }
  const fields: Record<string, unknown> = typeof record === 'object' && record !== null ? { ...record } : {};
  const text: unknown = Object.entries(fields).find(([key]) => key === field)?.[1];
  if (typeof text === 'string') return { text, record: fields };
  const got = text === undefined ? 'is missing' : `is ${JSON.stringify(text).slice(0, 40)}`;
  throw new UsageError(
    'data',
    `${where}: field "${field}" ${got}, expected a string. The record has ` +
      `${JSON.stringify(Object.keys(fields).slice(0, 12))}; name the key with the field option.`,
  );
}
