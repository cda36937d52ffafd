/**
 * Where each token of a batch stands: which document it belongs to, and where each row ends.
 *
 * Recurrent operations read it in two small tables: `age`, the steps since a token's document began
 * (0 resets the state; a convolution reaches back `age` steps at most), and `lengths`, beyond which a
 * row holds padding that touches neither its state nor its gradients.
 */
import { UsageError } from '../errors.ts';
import type { Backend } from '../tensor/backend.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireShape } from './check.ts';

export interface Positions {
  /** i32 (B, L), or undefined: one document. */
  readonly age?: Tensor;
  /** i32 (B), or undefined: every row is full. */
  readonly lengths?: Tensor;
}

/** Where a row stood when it was last read. */
export interface RowEnd {
  /** Index of the document that the row's last token belongs to. */
  document: number;
  /** Steps since that document began. */
  age: number;
}

/** A reach that nothing has: an age counts only up to here. */
const OLD = 2 ** 30;

/**
 * Ages from running document indices (seqIdx). A change of index begins a document; so does the start
 * of a row, unless `before` says where it stood.
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
    // What pads a row belongs to no document.
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

/** Refuses tables that a kernel would read past. */
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
      throw new UsageError(operation, `positions live on another backend. Make them with positionsOn(backend, …).`);
    }
  }
}

/** The tables on a backend. */
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
