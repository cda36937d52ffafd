/**
 * FASTA (Pearson & Lipman 1988): named sequences, read as a stream.
 *
 *   >NC_001807 Homo sapiens mitochondrion
 *   GATCACAGGTCTATCACCC…
 *
 * A record begins with '>' and its name; the following lines are its sequence, wrapped or not. Lines that begin with
 * ';' are comments. Lines are read in parts, so a whole chromosome may be one line.
 */
import { UsageError } from '../errors.ts';

export interface FastaRecord {
  /** The first word of the header. */
  readonly name: string;
  /** The rest of the header. */
  readonly description: string;
  /** The line number of the header, from 1. */
  readonly line: number;
  /** Read it before the next record is requested; unread parts are skipped. */
  readonly sequence: AsyncIterable<string>;
}

/** `dna`: bases, converted to A C G T N. `any`: letters, '*' and '-' unchanged, as in proteins. */
export type FastaAlphabet = 'dna' | 'any';

/** A header, or a part of a sequence. */
type Piece = { header: string; line: number } | { sequence: string };

/**
 * The records of a FASTA text. Throws UsageError, with line and column, for text before the first header and for
 * characters outside of the alphabet. `file` names the text in errors.
 *
 * @example
 * for await (const { name, sequence } of fastaRecords(text, 'genome.fa')) {
 *   for await (const bases of sequence) console.log(name, bases.length);
 * }
 */
export async function* fastaRecords(
  text: AsyncIterable<string>,
  file: string,
  alphabet: FastaAlphabet = 'dna',
): AsyncGenerator<FastaRecord> {
  const pieces = piecesIn(text, file, alphabet);
  try {
    let next = await pieces.next();
    while (!next.done) {
      // Pieces begin with a header: piecesIn refuses anything else.
      const { header, line } = next.value as { header: string; line: number };
      const [name] = header.split(/\s/, 1);
      const sequence = (async function* () {
        for (next = await pieces.next(); !next.done && 'sequence' in next.value; next = await pieces.next()) {
          yield next.value.sequence;
        }
      })();
      yield { name, description: header.slice(name.length).trim(), line, sequence };
      for await (const _ of sequence);
      // If the caller left the sequence early, its remaining pieces come before the next header.
      while (!next.done && !('header' in next.value && next.value.line !== line)) next = await pieces.next();
    }
  } finally {
    await pieces.return(undefined);
  }
}

/** Whole headers, and sequences in the parts in which they arrive. */
async function* piecesIn(text: AsyncIterable<string>, file: string, alphabet: FastaAlphabet): AsyncGenerator<Piece> {
  let line = 1;
  let column = 0;
  let begun = false;
  let kind: 'header' | 'comment' | 'sequence' = 'sequence';
  let header = '';
  for await (const chunk of text) {
    for (let at = 0; at < chunk.length; ) {
      if (column === 0) kind = chunk[at] === '>' ? 'header' : chunk[at] === ';' ? 'comment' : 'sequence';
      const lineEnd = chunk.indexOf('\n', at);
      const part = chunk.slice(at, lineEnd < 0 ? undefined : lineEnd);
      if (kind === 'header') header += part;
      if (kind === 'sequence') {
        if (!begun && part.trim() !== '') throw noHeader(file, line, part.trim()[0]);
        const sequence = clean(part, alphabet, { file, line, column });
        if (sequence !== '') yield { sequence };
      }
      at += part.length;
      column += part.length;
      if (lineEnd < 0) break;
      if (kind === 'header') {
        yield { header: header.slice(1).trim(), line };
        begun = true;
        header = '';
      }
      at++;
      line++;
      column = 0;
    }
  }
  if (header !== '') yield { header: header.slice(1).trim(), line };
}

const SPACES = /[ \t\r]+/g;
const NOT_ALLOWED = { dna: /[^ACGTUNRYSWKMBDHV]/i, any: /[^A-Z*-]/i };

function clean(part: string, alphabet: FastaAlphabet, place: { file: string; line: number; column: number }): string {
  const sequence = part.replace(SPACES, '');
  const [unknown] = NOT_ALLOWED[alphabet].exec(sequence) ?? [];
  if (unknown !== undefined) {
    throw unknownCharacter(unknown, alphabet, { ...place, column: place.column + part.indexOf(unknown) });
  }
  if (alphabet === 'any') return sequence;
  return sequence
    .toUpperCase()
    .replaceAll('U', 'T')
    .replace(/[^ACGT]/g, 'N');
}

function noHeader(file: string, line: number, character: string): Error {
  return new UsageError(
    'data',
    `${file}, line ${line} has ${JSON.stringify(character)} before any record, expected '>' and a name first. ` +
      "Add a line such as '>chr1' above it, or rename the file to .txt if it is not FASTA.",
  );
}

function unknownCharacter(
  character: string,
  alphabet: FastaAlphabet,
  { file, line, column }: { file: string; line: number; column: number },
): Error {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  const found = `${file}, line ${line}, column ${column + 1} has ${JSON.stringify(character)} (U+${code})`;
  if (alphabet === 'any') {
    return new UsageError('data', `${found}, expected letters, '*' or '-'. Fix or remove the line.`);
  }
  const isGap = character === '-' || character === '.';
  return new UsageError(
    'data',
    `${found}, expected a base: A, C, G, T, U, N or an IUPAC code. ` +
      (isGap
        ? 'It is an alignment gap: remove gaps first, or write N.'
        : 'Fix or remove the line; proteins need the byte or char tokenizer.'),
  );
}
