/**
 * One token per base: A C G T, and N for an unknown base.
 *
 *   dnaTokenizer().encode('acgtuRN');  // [0, 1, 2, 3, 3, 4, 4]
 *
 * Lower case (soft masking) is read as upper case, U (RNA) as T, and the ambiguity codes of IUPAC
 * (Cornish-Bowden 1985) as N. White space is skipped, so wrapped lines can be given as they are.
 */
import { UsageError } from '../errors.ts';
import { checkId } from './ids.ts';
import type { Tokenizer } from './tokenizer.ts';

export const DNA_TYPE = 'mamba-ts/dna';

export interface DnaOptions {
  /** Whether the vocabulary has N. Without it, unknown bases are refused. Default: true. */
  unknown?: boolean;
}

const BASES = 'ACGTN';
const AMBIGUOUS = 'NRYSWKMBDHV';
const UNKNOWN = BASES.indexOf('N');
const SPACE = -2;

/** The id of each ASCII character; −1: not a base; SPACE: skipped. */
const ID_OF = Int8Array.from({ length: 128 }, (_, code) => {
  const letter = String.fromCharCode(code).toUpperCase();
  if (' \t\r\n'.includes(letter)) return SPACE;
  if (AMBIGUOUS.includes(letter)) return UNKNOWN;
  return BASES.indexOf(letter === 'U' ? 'T' : letter);
});

/** The DNA tokenizer: a vocabulary of 5, or of 4 without N. Its `encode` throws UsageError for other characters. */
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
  const found = `${character} at position ${at}`;
  if (id === UNKNOWN) {
    return new UsageError(
      'dnaTokenizer.encode',
      `${found} is an unknown base, expected A, C, G or T. Use dnaTokenizer(), which has N.`,
    );
  }
  return new UsageError(
    'dnaTokenizer.encode',
    `${found} is not a base, expected A, C, G, T, U, N or an IUPAC code (R, Y, S …). ` +
      'Remove it. For proteins and other text, use byteTokenizer() or charTokenizer.',
  );
}

/** The opposite strand in its own reading direction: ids reversed, A ↔ T and C ↔ G exchanged, N unchanged. */
export function reverseComplement<Ids extends Int32Array | Uint16Array | number[]>(ids: Ids): Ids {
  const other = ids.slice() as Ids;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[ids.length - 1 - i];
    checkId(id, BASES.length, 'reverseComplement');
    other[i] = id === UNKNOWN ? UNKNOWN : UNKNOWN - 1 - id;
  }
  return other;
}
