/**
 * Texts in memory as a token store: all that a browser or a test needs.
 *
 *   const store = await textData('to be or not to be', byteTokenizer());
 */
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { collect, encodeDocuments } from './encode.ts';
import { chunksOfText } from './pieces.ts';
import { memoryStore, type TokenStore } from './store.ts';

/** A store over one text, or over several, each a document. */
export async function textData(
  text: string | readonly string[],
  tokenizer: Tokenizer,
  name = 'the text',
): Promise<TokenStore> {
  const texts = typeof text === 'string' ? [text] : text;
  const source = {
    name,
    async *documents() {
      for (const [i, one] of texts.entries()) {
        yield {
          name: texts.length === 1 ? name : `${name}, document ${i}`,
          text: chunksOfText(one),
        };
      }
    },
  };
  const { vocabSize } = tokenizer;
  const starts: number[] = [];
  const runs = encodeDocuments(source, tokenizer, starts);
  const tokens = await collect(runs, { name, vocabSize, limit: Number.POSITIVE_INFINITY });
  return memoryStore(tokens, { name, vocabSize, documents: Float64Array.from(starts) });
}
