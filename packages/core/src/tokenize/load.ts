/** One `tokenizer.json` for all tokenizers: chooses the tokenizer that the file describes. */
import { UsageError } from '../errors.ts';
import { BYTE_TYPE, byteTokenizer } from './byte.ts';
import { CHAR_TYPE, charTokenizer } from './char.ts';
import { DNA_TYPE, dnaTokenizer } from './dna.ts';
import { type HuggingfaceOptions, huggingfaceTokenizer } from './huggingface.ts';
import { MU_LAW_TYPE, muLawTokenizer } from './muLaw.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * The tokenizer that a parsed `tokenizer.json` describes: one of this project, or one of Hugging Face.
 * Throws UsageError if the JSON describes neither.
 *
 * @example
 * const tokenizer = await loadTokenizer(JSON.parse(await readFile('runs/play/tokenizer.json', 'utf8')));
 */
export async function loadTokenizer(json: unknown, options: HuggingfaceOptions = {}): Promise<Tokenizer> {
  if (typeof json !== 'object' || json === null) {
    throw new UsageError(
      'loadTokenizer',
      `got ${json === null ? 'null' : typeof json}, expected the parsed object of a tokenizer.json.`,
    );
  }
  const type: unknown = 'type' in json ? json.type : undefined;
  if (type === BYTE_TYPE) return byteTokenizer();
  if (type === CHAR_TYPE) return charTokenizer(charactersIn(json));
  if (type === DNA_TYPE) return dnaTokenizer({ unknown: !('unknown' in json && json.unknown === false) });
  if (type === MU_LAW_TYPE) return muLawTokenizer('sampleRate' in json ? { sampleRate: Number(json.sampleRate) } : {});
  if ('model' in json) return huggingfaceTokenizer(json, options);
  throw new UsageError(
    'loadTokenizer',
    `type is ${JSON.stringify(type)} and there is no "model", expected ` +
      `"${BYTE_TYPE}", "${CHAR_TYPE}", "${DNA_TYPE}", "${MU_LAW_TYPE}" or a Hugging Face tokenizer.json. ` +
      'A vocab.json or a sentencepiece .model must first be saved as tokenizer.json.',
  );
}

function charactersIn(json: object): string[] {
  const characters: unknown = 'characters' in json ? json.characters : undefined;
  if (Array.isArray(characters) && characters.every((c) => typeof c === 'string')) {
    return characters;
  }
  throw new UsageError(
    'loadTokenizer',
    'characters is not a list of strings, expected e.g. ["a", "b"], as charTokenizer(…).toJSON() writes it.',
  );
}
