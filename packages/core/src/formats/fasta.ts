/**
 * FASTA (Pearson & Lipman 1988): named sequences, in a stream.
 *
 *   >NC_001807 Homo sapiens mitochondrion
 *   GATCACAGGTCTATCACCC…
 *
 * A record begins with '>' and its name; the lines after it are its sequence, however they are
 * wrapped. Lines that begin with ';' are remarks. No line is held whole, so that a chromosome may
 * be one line.
 */
import { UsageError } from '../errors.ts';

export interface FastaRecord {
  /** The first word of the header. */
  readonly name: string;
  /** What follows it. */
  readonly description: string;
  /** The line of the header, from 1. */
  readonly line: number;
  /** Read it before the next record is asked for; what was not read is passed over. */
  readonly sequence: AsyncIterable<string>;
}

/** `dna`: bases, made A C G T N. `any`: letters, '*' and '-' as they are, as proteins have them. */
export type FastaAlphabet = 'dna' | 'any';

/** A piece of a header or of a sequence. */
type Piece = { header: string; line: number } | { sequence: string };

/** The records of a FASTA text. `file` is what an error calls it. */
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
      // A sequence that was left in the middle is closed; its pieces still stand before the next header.
      while (!next.done && !('header' in next.value && next.value.line !== line)) next = await pieces.next();
    }
  } finally {
    await pieces.return(undefined);
  }
}

/** Headers whole, and sequences as they arrive. */
async function* piecesIn(text: AsyncIterable<string>, file: string, alphabet: FastaAlphabet): AsyncGenerator<Piece> {
  let line = 1;
  let column = 0;
  let begun = false;
  let kind: 'header' | 'remark' | 'sequence' = 'sequence';
  let header = '';
  for await (const chunk of text) {
    for (let at = 0; at < chunk.length; ) {
      if (column === 0) kind = chunk[at] === '>' ? 'header' : chunk[at] === ';' ? 'remark' : 'sequence';
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
const STRANGE = { dna: /[^ACGTUNRYSWKMBDHV]/i, any: /[^A-Z*-]/i };

function clean(part: string, alphabet: FastaAlphabet, place: { file: string; line: number; column: number }): string {
  const sequence = part.replace(SPACES, '');
  const strange = STRANGE[alphabet].exec(sequence);
  if (strange)
    throw strangeCharacter(strange[0], alphabet, { ...place, column: place.column + part.indexOf(strange[0]) });
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
      "Put a line such as '>chr1' above it, or name the file .txt if it is not FASTA.",
  );
}

function strangeCharacter(
  character: string,
  alphabet: FastaAlphabet,
  { file, line, column }: { file: string; line: number; column: number },
): Error {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  const where = `data: ${file}, line ${line}, column ${column + 1} has ${JSON.stringify(character)} (U+${code})`;
  if (alphabet === 'any') return new UsageError('', `${where}, expected letters, '*' or '-'. Mend or remove the line.`);
  const gap = character === '-' || character === '.';
  return new UsageError(
    '',
    `${where}, expected a base: A, C, G, T, U, N or an IUPAC code. ` +
      (gap
        ? 'It is the gap of an alignment: remove gaps first, or write N.'
        : 'Mend or remove the line; proteins need the byte or char tokenizer.'),
  );
}
