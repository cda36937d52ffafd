/**
 * The position of each token of a batch: in which document it is, and where each row ends.
 *
 * Recurrent operations read it from two small tables: `age`, the steps since a token's document began (0 resets the
 * state; a convolution reaches back `age` steps at most), and `lengths`, beyond which a row holds padding that
 * touches neither its state nor its gradients.
 */
import { UsageError } from '../errors.ts';
import type { Backend, Tensor } from '../tensor/tensor.ts';
import { requireShape } from './check.ts';

export interface Positions {
  /** i32 (B, L): steps since the token's document began. Default: every row is one document. */
  readonly age?: Tensor;
  /** i32 (B): steps of each row. Default: L. */
  readonly lengths?: Tensor;
}

/** The end of what was read of a row. */
export interface RowEnd {
  /** Index of the document that the row's last token belongs to. */
  document: number;
  /** Steps since that document began. */
  age: number;
}

/** Ages stop counting here: no filter or window is as long. */
const OLD = 2 ** 30;

/**
 * Ages from document indices, one for each token (seqIdx). A change of index begins a document; so does the start
 * of a row, unless `before` says where its reading ended. Returns the ages, (B, L), and where the reading ends now.
 * Throws a UsageError where the number of indices is not B · L.
 */
export function documentAges(
  documents: Int32Array,
  B: number,
  L: number,
  before?: readonly RowEnd[],
  lengths?: Int32Array,
): { ages: Int32Array; ends: RowEnd[] } {
  if (documents.length !== B * L) {
    throw new UsageError(
      'seqIdx',
      `${documents.length} indices, expected ${B * L}, one for each of the ${B} × ${L} tokens.`,
    );
  }
  const ages = new Int32Array(B * L);
  const ends: RowEnd[] = [];
  for (let b = 0; b < B; b++) {
    let last = before?.[b];
    // The padding of a row belongs to no document.
    for (let t = 0; t < (lengths?.[b] ?? L); t++) {
      const document = documents[b * L + t];
      const age: number = last && last.document === document ? Math.min(last.age + 1, OLD) : 0;
      ages[b * L + t] = age;
      last = { document, age };
    }
    ends.push(last ?? { document: 0, age: 0 });
  }
  return { ages, ends };
}

/** Refuses tables of wrong shapes, which a kernel would read past the end of. */
export function requirePositions(
  operation: string,
  { age, lengths }: Positions = {},
  backend: Backend,
  B: number,
  L: number,
): void {
  if (age) requireShape(operation, 'positions.age', age, [B, L], 'one for each row and step', 'i32');
  if (lengths) requireShape(operation, 'positions.lengths', lengths, [B], 'one for each row', 'i32');
  for (const table of [age, lengths]) {
    if (table && table.backend !== backend) {
      throw new UsageError(operation, `positions are on another backend. Make them with positionsOn(backend, …).`);
    }
  }
}

/**
 * Positions on a backend, for operations.
 *
 *   const { ages } = documentAges(Int32Array.of(0, 0, 1, 1), 1, 4);
 *   ssd({ …, positions: positionsOn(backend, 1, 4, ages) });
 *
 * Throws a UsageError for a negative age, and for a length outside of 0 to L.
 */
export function positionsOn(
  backend: Backend,
  B: number,
  L: number,
  ages?: Int32Array,
  lengths?: Int32Array,
): Positions {
  const long = lengths?.findIndex((length) => length < 0 || length > L) ?? -1;
  if (long >= 0) throw new UsageError('positions', `length ${lengths?.[long]} of row ${long}, expected 0 to ${L}.`);
  const early = ages?.findIndex((age) => age < 0) ?? -1;
  if (early >= 0) throw new UsageError('positions', `age ${ages?.[early]} at ${early}, expected 0 or more.`);
  return {
    age: ages && backend.ints(ages, [B, L]),
    lengths: lengths && backend.ints(lengths, [B]),
  };
}
