/** Texts in memory as a store of tokens. */
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { collect, encodeDocuments } from './encode.ts';
import { chunksOfText } from './pieces.ts';
import { memoryStore, type TokenStore } from './store.ts';

/**
 * The tokens of one text, or of several, each a document.
 *
 * @param name what messages call the text
 * @throws UsageError where there is no text
 * @example
 * const store = await textData('to be or not to be', byteTokenizer());
 */
export async function textData(
  text: string | readonly string[],
  tokenizer: Tokenizer,
  name = 'the text',
): Promise<TokenStore> {
  const texts = typeof text === 'string' ? [text] : text;
  const source = {
    name,
    async *documents() {
      for (const [i, document] of texts.entries()) {
        yield {
          name: texts.length === 1 ? name : `${name}, document ${i}`,
          text: chunksOfText(document),
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
