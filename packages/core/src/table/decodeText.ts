/**
 * Bytes of a table to text: UTF-8; UTF-16 where it begins with its mark; Windows-1252, as spreadsheets of Windows write it,
 * where a byte is not UTF-8 and none before it was beyond ASCII. Files of other kinds are refused by their name.
 */
import { UsageError } from '../errors.ts';
import { decodeUtf8 } from '../input/decodeUtf8.ts';
import { firstInvalid, incompleteTail, joinBytes } from '../input/utf8.ts';

/** How a table was written. */
export type Encoding = 'UTF-8' | 'UTF-16' | 'Windows-1252';

/** Text, and its encoding as far as it has been read. */
export interface DecodedText {
  readonly text: AsyncIterable<string>;
  encoding(): Encoding;
}

/** What files of other kinds begin with, what they are, and what to do. */
const KINDS: readonly { begin: readonly number[]; what: string; advice: string }[] = [
  {
    begin: [0x50, 0x4b, 0x03, 0x04],
    what: 'an Excel workbook, an OpenDocument sheet or another zip archive',
    advice: 'In a spreadsheet, save the sheet as CSV UTF-8; unpack an archive.',
  },
  {
    begin: [0xd0, 0xcf, 0x11, 0xe0],
    what: 'a workbook of an old Excel (.xls)',
    advice: 'Save the sheet as CSV UTF-8.',
  },
  {
    begin: [0x50, 0x41, 0x52, 0x31],
    what: 'Parquet',
    advice: "Convert it, e.g. duckdb -c \"copy 'file.parquet' to 'file.csv'\".",
  },
  {
    begin: [...'SQLite format 3'].map((letter) => letter.charCodeAt(0)),
    what: 'a SQLite database',
    advice: 'Pipe a query: sqlite3 -csv -header FILE "select …" | mamba-ts forecast -',
  },
  { begin: [0x25, 0x50, 0x44, 0x46], what: 'PDF', advice: 'Save the table as CSV.' },
  { begin: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], what: 'Arrow or Feather', advice: 'Save it as CSV.' },
  { begin: [0x42, 0x5a, 0x68], what: 'packed by bzip2', advice: 'Unpack it, or pack it by gzip.' },
  { begin: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'packed by xz', advice: 'Unpack it, or pack it by gzip.' },
  { begin: [0x28, 0xb5, 0x2f, 0xfd], what: 'packed by Zstandard', advice: 'Unpack it, or pack it by gzip.' },
];

const LONGEST_BEGIN = Math.max(...KINDS.map(({ begin }) => begin.length));

/** @throws UsageError (when it is read) for bytes that are no text. `name`: what messages call them. */
export function decodeText(chunks: AsyncIterable<Uint8Array>, name: string): DecodedText {
  let encoding: Encoding = 'UTF-8';
  async function* text(): AsyncGenerator<string> {
    const iterator = chunks[Symbol.asyncIterator]();
    try {
      let begin: Uint8Array<ArrayBuffer> = new Uint8Array();
      while (begin.length < LONGEST_BEGIN) {
        const { done, value } = await iterator.next();
        if (done) break;
        begin = joinBytes(begin, value) as Uint8Array<ArrayBuffer>;
      }
      refuseOtherKinds(begin, name);
      const mark =
        begin[0] === 0xff && begin[1] === 0xfe
          ? 'utf-16le'
          : begin[0] === 0xfe && begin[1] === 0xff
            ? 'utf-16be'
            : undefined;
      const all = withBegin(begin, iterator);
      if (mark) {
        encoding = 'UTF-16';
        yield* decoded(all, mark);
      } else {
        yield* utf8OrWindows(all, name, () => {
          encoding = 'Windows-1252';
        });
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { text: text(), encoding: () => encoding };
}

function refuseOtherKinds(begin: Uint8Array, name: string): void {
  const kind = KINDS.find((one) => one.begin.every((byte, i) => begin[i] === byte));
  if (!kind) return;
  throw new UsageError('data', `${name} is ${kind.what}, expected CSV or JSON as text. ${kind.advice}`);
}

async function* withBegin(begin: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (begin.length > 0) yield begin;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* decoded(chunks: AsyncIterable<Uint8Array>, label: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(label);
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** UTF-8, or Windows-1252 from the first byte on that is not: before it, both are ASCII. */
async function* utf8OrWindows(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  onWindows: () => void,
): AsyncGenerator<string> {
  const iterator = chunks[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array();
  for (let next = await iterator.next(); ; next = await iterator.next()) {
    const bytes = next.done ? held : joinBytes(held, next.value);
    const cut = next.done ? bytes.length : bytes.length - incompleteTail(bytes);
    const whole = bytes.subarray(0, cut);
    if (isAscii(whole)) {
      // Control characters are those of no text.
      const zero = whole.indexOf(0);
      if (zero >= 0) throw new UsageError('data', `${name} has a byte 0, expected text. Check that it is a table.`);
      if (cut > 0) yield new TextDecoder().decode(whole);
      held = bytes.slice(cut);
      if (next.done) return;
      continue;
    }
    const rest = withBegin(bytes.slice(), next.done ? nothing : iterator);
    if (firstInvalid(whole) === whole.findIndex((byte) => byte >= 0x80)) {
      onWindows();
      yield* decoded(rest, 'windows-1252');
    } else {
      // A byte order mark stands at the beginning only.
      yield* decodeUtf8(rest, name);
    }
    return;
  }
}

const nothing: AsyncIterator<Uint8Array> = { next: async () => ({ done: true, value: undefined }) };

const isAscii = (bytes: Uint8Array): boolean => bytes.every((byte) => byte < 0x80);
