/** A character tokenizer from a source of any size. */
import { charTokenizer } from '../tokenize/char.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { emptySource } from './encode.ts';
import { piecesOf } from './pieces.ts';
import type { TextSource } from './source.ts';

/** The tokenizer of every character that the documents of `source` have. Reads it once. */
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
