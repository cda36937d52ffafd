/** CSV rows out of a stream, through `csv-parse`: quotes, line ends of every kind, a byte order mark. */

export type Separator = ',' | ';' | '\t' | '|';

import { UsageError } from '../errors.ts';
export interface CsvRow {
  /** Where the row ends, from 1. */
  readonly line: number;
  /** Without the spaces around them. */
  readonly fields: readonly string[];
}

const SEPARATORS: readonly Separator[] = [',', ';', '\t', '|'];
/** The first line that spreadsheets write to say their separator. */
const SAID = /^\ufeff?"?sep=([,;\t|])"?[\r\n]/i;

/** The rows; empty lines are passed over. `name` is what an error calls the text; a separator that is found is told. */
export async function* csvRows(
  text: AsyncIterable<string>,
  name: string,
  separator?: Separator,
  onSeparator?: (found: Separator) => void,
): AsyncGenerator<CsvRow> {
  // The build for browsers runs in Node, too: one parser everywhere.
  const { parse } = await import('csv-parse/browser/esm');
  let rows: CsvRow[] = [];
  let parser: ReturnType<typeof parse> | undefined;
  let failure: unknown;
  const open = (begin: string) => {
    const said = SAID.exec(begin)?.[1] as Separator | undefined;
    const delimiter = separator ?? said ?? guess(begin);
    onSeparator?.(delimiter);
    return parse({
      delimiter,
      from_line: said ? 2 : 1,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      bom: true,
      trim: true,
      // Rows are taken here and not from the stream, which then never waits for a reader.
      on_record: (fields: string[], { lines }) => {
        rows.push({ line: lines, fields });
        return null;
      },
    }).on('error', (error) => {
      failure = error;
    });
  };
  const taken = () => {
    const ready = rows;
    rows = [];
    return ready;
  };
  let begin = '';
  for await (const chunk of text) {
    begin += chunk;
    // The separator shows in the first line, and a byte order mark before it.
    if (!parser && !/[\r\n]/.test(begin)) continue;
    parser ??= open(begin);
    await settled(
      (done) => parser?.write(begin, done),
      name,
      () => failure,
    );
    begin = '';
    yield* taken();
  }
  if (!parser && begin === '') return;
  parser ??= open(begin);
  if (begin !== '')
    await settled(
      (done) => parser?.write(begin, done),
      name,
      () => failure,
    );
  await settled(
    (done) => parser?.on('error', done).end(done),
    name,
    () => failure,
  );
  yield* taken();
}

/** The separator that the first line has most of. */
function guess(text: string): Separator {
  const [line] = text.split(/[\r\n]/, 1);
  const count = (separator: Separator) => line.split(separator).length;
  return SEPARATORS.reduce((best, one) => (count(one) > count(best) ? one : best));
}

async function settled(
  action: (done: (error?: Error | null) => void) => unknown,
  name: string,
  failure: () => unknown,
): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      action((error) => (error ? reject(error) : resolve()));
    });
    if (failure() !== undefined) throw failure();
  } catch (error) {
    const { lines, message } = error as { lines?: number; message: string };
    const where = lines === undefined ? '' : `, line ${lines}`;
    throw new UsageError(
      'data',
      `${name}${where} is not CSV: ${message}. Mend the quotes: a field that has a quote is quoted, ` +
        'and the quote in it doubled.',
      { cause: error },
    );
  }
}
