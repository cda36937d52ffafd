/**
 * Long texts in pieces, cut where a tokenizer would cut anyway, so that they are encoded piece by piece.
 *
 * A cut is between a letter or digit and a line end, or a space and a letter: no byte-level BPE
 * (GPT-2, GPT-NeoX, Llama 3, Qwen) joins those into one word. Without such a place, the cut is at a line end, else
 * anywhere; a tokenizer may then give one or two tokens more there.
 */

/** The most characters (UTF-16 units) of a piece. */
export const PIECE = 2 ** 18;

/** The pieces of a text that arrives in chunks. Joined, they are the text. */
export async function* piecesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let pending = '';
  for await (const chunk of chunks) {
    pending += chunk;
    let begin = 0;
    while (pending.length - begin > PIECE + 1) {
      const end = cutAfter(pending, begin);
      yield pending.slice(begin, end);
      begin = end;
    }
    pending = pending.slice(begin);
  }
  if (pending !== '') yield pending;
}

const WORD = /[\p{L}\p{N}]/u;
const LETTER = /\p{L}/u;

/** The end of the piece that begins at `begin`. */
function cutAfter(text: string, begin: number): number {
  let lineEnd = 0;
  for (let at = begin + PIECE; at > begin; at--) {
    if (lineEnd === 0 && text[at - 1] === '\n') lineEnd = at;
    const after = text[at];
    if (after !== '\n' && after !== '\r' && after !== ' ') continue;
    if (WORD.test(text[at - 1]) && (after !== ' ' || LETTER.test(text[at + 1]))) return at;
  }
  if (lineEnd !== 0) return lineEnd;
  const end = begin + PIECE;
  const splitsPair = text.charCodeAt(end) >> 10 === 0x37; // a low surrogate, 0xDC00 … 0xDFFF
  return splitsPair ? end - 1 : end;
}

/** A text in memory as one chunk. */
export async function* chunksOfText(text: string): AsyncGenerator<string> {
  yield text;
}
