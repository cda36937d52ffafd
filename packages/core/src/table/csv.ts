/**
 * CSV text to rows (RFC 4180), in a stream: quotes, line ends of every kind, a byte order mark.
 *
 *   a,b          →   line 1: a | b
 *   "x, y", 1        line 2: x, y | 1
 *
 * The text is cut into blocks of whole rows. A block is split at its line ends and separators, unless a quoted field of
 * it has one of those or a quote: such a block is parsed by `csv-parse`, which is loaded when the first one is met.
 */
import { CellError, type CellPlace } from './errors.ts';
import type { RowSource, Separator, TableRow } from './rowSource.ts';

const SEPARATORS: readonly Separator[] = [',', ';', '\t', '|'];
/** The first line that spreadsheets write to name their separator: sep=; */
const NAMED_SEPARATOR = /^"?sep=([,;\t|])"?(?:\r\n|\n|\r|$)/i;
/** Characters of one row. A longer one is no table, and would fill the memory. */
const LONGEST_ROW = 2 ** 24;

/**
 * Reads up to the end of the first row.
 *
 * @param name what messages call the text
 * @param separator Default: the one that the first line names (sep=;) or has most of, outside quotes.
 */
export async function openCsv(
  text: AsyncIterable<string>,
  name: string,
  separator?: Separator,
): Promise<Pick<RowSource, 'separator' | 'batches'>> {
  // Lines of the blocks that have been read.
  let line = 0;
  const blocks = blocksOf(text, () => ({ table: name, line: line + 1 }));
  let { value: first = '' } = await blocks.next();
  const naming = NAMED_SEPARATOR.exec(first);
  let delimiter = separator ?? (naming?.[1] as Separator | undefined) ?? mostCommon(first);
  while (delimiter === undefined) {
    const { value, done } = await blocks.next();
    if (done) break;
    first += value;
    delimiter = mostCommon(first);
  }
  const mark = delimiter ?? ',';
  async function* batches() {
    try {
      line = naming ? 1 : 0;
      let block = first.slice(naming?.[0].length ?? 0);
      for (;;) {
        const lines = linesOf(block);
        yield split(lines, mark, line) ?? (await parsed(block, mark, line, name));
        line += lines.length;
        const next = await blocks.next();
        if (next.done) return;
        block = next.value;
      }
    } finally {
      await blocks.return(undefined);
    }
  }
  return { separator: mark, batches: batches() };
}

/** The text in blocks that end where a row ends. A line end within quotes ends none: the count of quotes is odd there. */
async function* blocksOf(text: AsyncIterable<string>, place: () => CellPlace): AsyncGenerator<string> {
  let isFirst = true;
  let isQuoted = false;
  let row: string[] = [];
  let length = 0;
  let held = '';
  for await (const piece of text) {
    let chunk = held + (isFirst ? piece.replace(/^\ufeff/, '') : piece);
    if (piece !== '') isFirst = false;
    // The carriage return of \r\n stays with its line feed.
    held = chunk.endsWith('\r') ? '\r' : '';
    if (held !== '') chunk = chunk.slice(0, -1);
    const found = lastRowEnd(chunk, isQuoted);
    isQuoted = found.isQuoted;
    if (found.end > 0) {
      yield row.join('') + chunk.slice(0, found.end);
      row = [];
      length = 0;
    }
    row.push(chunk.slice(found.end));
    length += chunk.length - found.end;
    if (length > LONGEST_ROW) {
      throw new CellError(
        place(),
        `begins a row of more than ${LONGEST_ROW} characters, expected line ends and closed quotes`,
        'Check that it is a table.',
      );
    }
  }
  const rest = row.join('') + held;
  if (rest !== '') yield rest;
}

const [QUOTE, LINE_FEED, CARRIAGE_RETURN] = [0x22, 0x0a, 0x0d];

/** Where the last whole row of a chunk ends: 0 where none does. `isQuoted`: whether the chunk begins within quotes. */
function lastRowEnd(chunk: string, isQuoted: boolean): { end: number; isQuoted: boolean } {
  if (!isQuoted && !chunk.includes('"')) {
    return { end: Math.max(chunk.lastIndexOf('\n'), chunk.lastIndexOf('\r')) + 1, isQuoted };
  }
  let end = 0;
  for (let i = 0; i < chunk.length; i++) {
    const code = chunk.charCodeAt(i);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (!isQuoted && (code === LINE_FEED || code === CARRIAGE_RETURN)) end = i + 1;
  }
  return { end, isQuoted };
}

/** The lines of a block, without their ends. */
function linesOf(block: string): string[] {
  const text = block.includes('\r') ? block.replaceAll('\r\n', '\n').replaceAll('\r', '\n') : block;
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

/** The rows of lines; undefined where a quote is not around a whole field, or a quoted field has a separator. */
function split(lines: readonly string[], separator: Separator, before: number): TableRow[] | undefined {
  const rows: TableRow[] = [];
  for (const line of lines) {
    const fields = line.split(separator);
    for (let k = 0; k < fields.length; k++) fields[k] = fields[k].trim();
    if (line.includes('"') && !unquote(fields)) return undefined;
    rows.push({ line: before + rows.length + 1, fields });
  }
  return rows;
}

/** Takes off the quotes around fields. Returns false where quotes stand elsewhere. */
function unquote(fields: string[]): boolean {
  for (let k = 0; k < fields.length; k++) {
    const field = fields[k];
    const first = field.indexOf('"');
    if (first < 0) continue;
    if (first > 0 || field.length < 2 || field.indexOf('"', 1) !== field.length - 1) return false;
    fields[k] = field.slice(1, -1);
  }
  return true;
}

async function parsed(block: string, separator: Separator, before: number, name: string): Promise<TableRow[]> {
  // The build for browsers runs in Node, too: one parser everywhere.
  const { parse } = await import('csv-parse/browser/esm/sync');
  const rows: TableRow[] = [];
  try {
    parse(block, {
      delimiter: separator,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      trim: true,
      on_record: (fields: string[], { lines }) => {
        rows.push({ line: before + lines, fields });
        return null;
      },
    });
  } catch (error) {
    const { code, lines } = error as { code?: string; lines?: number };
    const problem = code === undefined ? undefined : QUOTES[code];
    if (problem === undefined || lines === undefined) throw error;
    throw new CellError(
      { table: name, line: before + lines },
      `is not CSV: ${problem}`,
      'Fix the quotes: a field that has a quote is quoted, and the quote in it doubled.',
    );
  }
  return rows;
}

/** The errors of `csv-parse` that a text can cause. */
const QUOTES: Readonly<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE: 'a quoted field has text after its closing quote',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: 'a quoted field has text after its closing quote',
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
  INVALID_OPENING_QUOTE: 'a field has a quote, but does not begin with one',
};

/**
 * The separator that the first line with any has most of, outside quotes: a title above the table may have none.
 * Undefined where more lines are needed to tell.
 */
function mostCommon(text: string): Separator | undefined {
  const lines = text.replaceAll(/"[^"]*"/g, '').split(/\r\n|\n|\r/);
  for (const [i, line] of lines.slice(0, LINES_LOOKED_AT).entries()) {
    const count = (separator: Separator) => line.split(separator).length;
    const best = SEPARATORS.reduce((most, one) => (count(one) > count(most) ? one : most));
    // Below a title stand the names of columns; numbers below one name are a single column.
    if (count(best) > 1) return i === 0 || !/^\s*[\d.+-]/.test(line) ? best : ',';
  }
  return lines.length > LINES_LOOKED_AT ? ',' : undefined;
}

const LINES_LOOKED_AT = 20;
