/** A character tokenizer from a source of any size. */
import { charTokenizer } from '../tokenize/char.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { emptySource } from './encode.ts';
import { piecesOf } from './pieces.ts';
import type { TextSource } from './textSource.ts';

/**
 * The tokenizer of all characters that the documents of `source` have. The source is read once.
 *
 * @throws UsageError where the source has no text
 * @example
 * const tokenizer = await data.charTokenizerOf(data.textSource('books/'));
 */
export async function charTokenizerOf(source: TextSource): Promise<Tokenizer> {
  const characters = new Set<string>();
  for await (const document of source.documents()) {
    for await (const piece of piecesOf(document.text)) {
      for (const character of piece) characters.add(character);
    }
  }
  if (characters.size === 0) {
    throw emptySource(source.name);
  }
  return charTokenizer.fromText([...characters].join(''));
}
