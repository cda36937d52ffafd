/** Training and validation from one store of tokens, by position: the last part is held out. */
import { UsageError } from '../errors.ts';
import { documentAt } from './documents.ts';
import { checkRange, type TokenStore } from './store.ts';

export interface Split {
  readonly train: TokenStore;
  readonly validation: TokenStore;
}

/**
 * Holds out the last part of the tokens. Both parts are views of `store`, which stays open: close it, not them.
 *
 * @param fraction the part of the tokens for validation, between 0 and 1
 * @param blockSize the tokens of a row of a batch; each part has at least one more than that
 * @throws UsageError where a part is shorter
 * @example
 * const { train, validation } = data.splitTokens(store, 0.1, 256);    // the first 90 %, the last 10 %
 */
export function splitTokens(store: TokenStore, fraction = 0.1, blockSize = 1): Split {
  if (!(fraction > 0 && fraction < 1)) {
    throw new UsageError(
      'splitTokens',
      `fraction is ${fraction}, expected between 0 and 1, the part for validation, e.g. 0.1.`,
    );
  }
  const border = store.length - Math.round(store.length * fraction);
  const smaller = Math.min(border, store.length - border);
  if (smaller < blockSize + 1) {
    throw new UsageError(
      'splitTokens',
      `${store.name} has ${store.length} tokens, so ${border} for training and ` +
        `${store.length - border} for validation; expected at least blockSize + 1 = ` +
        `${blockSize + 1} in each. Give more data, another fraction or a blockSize of at most ` +
        `${Math.max(smaller - 1, 0)}.`,
    );
  }
  return {
    train: view(store, 0, border, 'training part'),
    validation: view(store, border, store.length, 'validation part'),
  };
}

function view(store: TokenStore, from: number, to: number, part: string): TokenStore {
  const name = `${store.name} (${part})`;
  const length = to - from;
  const documents = store.documents && documentsWithin(store.documents, from, to);
  return {
    name,
    length,
    vocabSize: store.vocabSize,
    ...(documents && { documents }),
    read(begin, end) {
      checkRange(begin, end, length, name);
      return store.read(from + begin, from + end);
    },
    close: async () => {},
  };
}

/** A document that the border cuts starts again in the second part. */
function documentsWithin(documents: Float64Array, from: number, to: number): Float64Array {
  const first = documentAt(documents, from);
  const last = documentAt(documents, to - 1);
  return documents.slice(first, last + 1).map((start) => Math.max(start - from, 0));
}
