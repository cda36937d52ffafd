/**
 * One token per character (Unicode code point) that occurs in a given text: the smallest vocabulary, for small
 * models of one text.
 *
 *   const tokenizer = charTokenizer.fromText('hello');  // e h l o
 *   tokenizer.encode('hole');                           // [1, 3, 2, 0]
 */
import { UsageError } from '../errors.ts';
import { checkId } from './ids.ts';
import type { Tokenizer } from './tokenizer.ts';

export const CHAR_TYPE = 'mamba-ts/char';

/** A tokenizer in which id i is `characters[i]`. Throws UsageError for an empty list, a duplicate or a longer string. */
export function charTokenizer(characters: readonly string[]): Tokenizer {
  const idOf = new Map(characters.map((character, id) => [character, id]));
  checkCharacters(characters, idOf);
  const vocabSize = characters.length;
  return {
    kind: 'char',
    vocabSize,
    encode: (text) => encode(text, idOf),
    decode(ids) {
      for (const id of ids) checkId(id, vocabSize, 'charTokenizer.decode');
      return ids.map((id) => characters[id]).join('');
    },
    toJSON: () => ({ type: CHAR_TYPE, characters: [...characters] }),
  };
}

/** The tokenizer of the characters that occur in `text`, ordered by code point. Throws UsageError for an empty text. */
charTokenizer.fromText = (text: string): Tokenizer => {
  if (text === '') {
    throw new UsageError('charTokenizer.fromText', 'the text is empty, expected at least one character.');
  }
  const codePoints = Array.from(new Set(text), (character) => character.codePointAt(0) as number);
  return charTokenizer(codePoints.sort((a, b) => a - b).map((c) => String.fromCodePoint(c)));
};

function checkCharacters(characters: readonly string[], idOf: ReadonlyMap<string, number>): void {
  if (characters.length === 0) {
    throw new UsageError('charTokenizer', 'got no characters, expected at least one.');
  }
  characters.forEach((character, id) => {
    if ([...character].length !== 1) {
      throw new UsageError(
        'charTokenizer',
        `characters[${id}] is ${JSON.stringify(character)}, ` +
          'expected exactly one character (one Unicode code point). Split it.',
      );
    }
    if (idOf.get(character) !== id) {
      throw new UsageError(
        'charTokenizer',
        `${JSON.stringify(character)} occurs twice, at ` +
          `${characters.indexOf(character)} and at ${idOf.get(character)}. Remove one.`,
      );
    }
  });
}

function encode(text: string, idOf: ReadonlyMap<string, number>): number[] {
  const ids: number[] = [];
  let position = 0;
  for (const character of text) {
    const id = idOf.get(character);
    if (id === undefined) throw unknownCharacter(character, position, idOf.size);
    ids.push(id);
    position += character.length;
  }
  return ids;
}

function unknownCharacter(character: string, position: number, known: number): Error {
  const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
  return new UsageError(
    'charTokenizer.encode',
    `${JSON.stringify(character)} (U+${code}) at position ${position} ` +
      `is not one of the ${known} known characters. Remove it, build the tokenizer from a text ` +
      'that has it, or use byteTokenizer(), which knows every character.',
  );
}
