/** Rows of tokens as callers give them → one flat table. Shorter rows are padded at the end. */
import { UsageError } from '../errors.ts';

/** Rows of token ids, of any lengths, or a flat (B, L) table. */
export type TokenInput =
  | readonly (readonly number[])[]
  | { readonly tokens: Int32Array; readonly B: number; readonly L: number };

/** Rows of tokens as one flat table. */
export interface TokenRows {
  /** (B, L) */
  tokens: Int32Array;
  B: number;
  L: number;
  /** The length of each row, where rows differ. */
  lengths?: Int32Array;
}

/** Throws UsageError for what is not a table of whole numbers. */
export function tokenRows(input: TokenInput): TokenRows {
  if (!Array.isArray(input)) {
    const { tokens, B, L } = input as Exclude<TokenInput, readonly (readonly number[])[]>;
    if (tokens?.length !== B * L || B < 1 || L < 1) {
      throw new UsageError('forward', `${tokens?.length} tokens, expected B × L = ${B} × ${L}, each at least 1.`);
    }
    return { tokens, B, L };
  }
  const rows = input as readonly (readonly number[])[];
  const B = rows.length;
  if (B === 0 || !rows.every((row) => Array.isArray(row) || ArrayBuffer.isView(row))) {
    throw new UsageError('forward', 'tokens are not a list of rows, expected at least one row, e.g. [[1, 2, 3]].');
  }
  const empty = rows.findIndex((row) => row.length === 0);
  if (empty >= 0)
    throw new UsageError('forward', `row ${empty} has no tokens, expected at least 1. Leave the row out.`);
  const L = Math.max(...rows.map((row) => row.length));
  const tokens = new Int32Array(B * L);
  rows.forEach((row, b) => {
    for (let t = 0; t < row.length; t++) {
      if (!isInt32(row[t]))
        throw new UsageError(
          'forward',
          `token ${row[t]} at row ${b}, position ${t}, expected a whole number below 2³¹.`,
        );
      tokens[b * L + t] = row[t];
    }
  });
  const ragged = rows.some((row) => row.length !== L);
  return { tokens, B, L, lengths: ragged ? Int32Array.from(rows, (row) => row.length) : undefined };
}

const isInt32 = (value: number) => (value | 0) === value;

/** Throws UsageError for a token outside of the vocabulary. */
export function checkTokens({ tokens, L }: TokenRows, vocab: number): void {
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] < 0 || tokens[i] >= vocab) {
      throw new UsageError(
        'forward',
        `token ${tokens[i]} at row ${Math.floor(i / L)}, position ${i % L}, expected 0 to ${vocab - 1}. Use the tokenizer the model was trained with.`,
      );
    }
  }
}

/** Targets as a flat (B, L) table like that of their tokens. Padding is −1, which the loss ignores. */
export function flattenTargets(
  targets: readonly (readonly number[])[] | Int32Array,
  { B, L, lengths }: TokenRows,
): Int32Array {
  if (targets instanceof Int32Array) {
    if (targets.length !== B * L)
      throw new UsageError('loss', `${targets.length} targets, expected ${B * L}, one for each token.`);
    return targets;
  }
  if (targets.length !== B)
    throw new UsageError('loss', `${targets.length} rows of targets, expected ${B}, one for each row of tokens.`);
  const flat = new Int32Array(B * L).fill(-1);
  targets.forEach((row, b) => {
    const length = lengths?.[b] ?? L;
    if (row.length !== length)
      throw new UsageError('loss', `row ${b} has ${row.length} targets, expected ${length}, one for each token.`);
    const at = row.findIndex((target) => !isInt32(target));
    if (at >= 0)
      throw new UsageError('loss', `target ${row[at]} at row ${b}, position ${at}, expected a whole number.`);
    flat.set(row, b * L);
  });
  return flat;
}
