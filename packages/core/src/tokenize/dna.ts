/**
 * One token a base: A C G T, and N for what was not read.
 *
 *   dnaTokenizer().encode('acgtuRN');  // [0, 1, 2, 3, 3, 4, 4]
 *
 * Lower case (a soft mask) is read as upper case, U (RNA) as T, and the ambiguity codes of IUPAC
 * (Cornish-Bowden 1985) as N. White space is passed over, so that wrapped lines may be given.
 */
import { UsageError } from '../errors.ts';
import { checkId } from './ids.ts';
import type { Tokenizer } from './tokenizer.ts';

export const DNA_TYPE = 'mamba-ts/dna';

export interface DnaOptions {
  /** Whether there is an N; without it a base that is not known is refused. True if not given. */
  unknown?: boolean;
}

const BASES = 'ACGTN';
const AMBIGUOUS = 'NRYSWKMBDHV';
const UNKNOWN = BASES.indexOf('N');
const SPACE = -2;

/** The id of each ASCII character, −1 where it is not of DNA, SPACE where it is passed over. */
const ID_OF = Int8Array.from({ length: 128 }, (_, code) => {
  const letter = String.fromCharCode(code).toUpperCase();
  if (' \t\r\n'.includes(letter)) return SPACE;
  if (AMBIGUOUS.includes(letter)) return UNKNOWN;
  return BASES.indexOf(letter === 'U' ? 'T' : letter);
});

/** The DNA tokenizer: a vocabulary of 5, or of 4 without N. */
export function dnaTokenizer({ unknown = true }: DnaOptions = {}): Tokenizer {
  const vocabSize = unknown ? BASES.length : BASES.length - 1;
  const bytes = new TextEncoder().encode(BASES);
  const decodeBytes = (ids: readonly number[]) => {
    for (const id of ids) checkId(id, vocabSize, 'dnaTokenizer.decode');
    return Uint8Array.from(ids, (id) => bytes[id]);
  };
  return {
    kind: 'dna',
    vocabSize,
    encode: (text) => encode(text, unknown),
    decode: (ids) => new TextDecoder().decode(decodeBytes(ids)),
    decodeBytes,
    toJSON: () => (unknown ? { type: DNA_TYPE } : { type: DNA_TYPE, unknown }),
  };
}

function encode(text: string, unknown: boolean): number[] {
  const ids: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const id = ID_OF[text.charCodeAt(i)] ?? -1;
    if (id === SPACE) continue;
    if (id === -1 || (id === UNKNOWN && !unknown)) throw notABase(text, i, id);
    ids.push(id);
  }
  return ids;
}

function notABase(text: string, at: number, id: number): Error {
  const character = JSON.stringify(String.fromCodePoint(text.codePointAt(at) as number));
  const where = `dnaTokenizer.encode: ${character} at position ${at}`;
  if (id === UNKNOWN)
    return new UsageError('', `${where} is not one known base, expected A, C, G or T. Use dnaTokenizer().`);
  return new UsageError(
    '',
    `${where} is not a base, expected A, C, G, T, U, N or an IUPAC code (R, Y, S …). ` +
      'Remove it; proteins and other text need byteTokenizer() or charTokenizer.',
  );
}

/** The other strand, read in its own direction: ids backwards, A ↔ T, C ↔ G, and N as it is. */
export function reverseComplement<Ids extends Int32Array | Uint16Array | number[]>(ids: Ids): Ids {
  const other = ids.slice() as Ids;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[ids.length - 1 - i];
    checkId(id, BASES.length, 'reverseComplement');
    other[i] = id === UNKNOWN ? UNKNOWN : UNKNOWN - 1 - id;
  }
  return other;
}
