/** Sequences and their targets as callers give them → flat tables. Shorter rows are padded at the end. */
import { UsageError } from '../errors.ts';
import type { SequenceConfig } from './sequenceConfig.ts';
import { checkTokens, tokenRows } from './tokens.ts';

/** Rows, each L · dInput numbers or L token ids, of any lengths, or a flat table with the lengths of its rows. */
export type SequenceInput =
  | readonly ArrayLike<number>[]
  | {
      readonly inputs: Float32Array | Int32Array;
      readonly B: number;
      readonly L: number;
      readonly lengths?: Int32Array;
    };

/** Sequences as one flat table. */
export interface SequenceRows {
  /** (B, L, dInput) values, or (B, L) token ids. */
  readonly inputs: Float32Array | Int32Array;
  readonly B: number;
  readonly L: number;
  readonly lengths?: Int32Array;
}

/** One class or nTargets values for each row, or for each step, flat or by rows. */
export type SequenceTargets = readonly ArrayLike<number>[] | ArrayLike<number>;

/** Throws UsageError for what is not a table of finite numbers or of tokens. */
export function sequenceRows(given: SequenceInput, { dInput, vocabSize }: SequenceConfig): SequenceRows {
  const width = dInput || 1;
  if (!Array.isArray(given) && (given as SequenceRows | undefined)?.inputs === undefined) {
    throw new UsageError(
      'forward',
      `the input is ${kindOf(given)}, expected a list of rows, e.g. [${dInput > 0 ? '[0.1, 0.2]' : '[1, 2, 3]'}], or { inputs, B, L }.`,
    );
  }
  const rows = Array.isArray(given) ? tableOf(given as readonly ArrayLike<number>[], dInput) : (given as SequenceRows);
  const { inputs, B, L, lengths } = rows;
  const kind = dInput > 0 ? Float32Array : Int32Array;
  if (!(inputs instanceof kind) || !(B >= 1) || !(L >= 1) || inputs.length !== B * L * width) {
    throw new UsageError(
      'forward',
      `inputs are ${inputs?.length ?? 'no'} values of ${inputs?.constructor?.name ?? typeof inputs}, expected ` +
        `B × L × ${width} = ${B} × ${L} × ${width} in a ${kind.name}: ${dInput > 0 ? 'real numbers' : 'token ids'}.`,
    );
  }
  const short = lengths?.findIndex((length) => length < 1 || length > L) ?? -1;
  if (short >= 0 || (lengths && lengths.length !== B)) {
    throw new UsageError(
      'forward',
      `lengths are ${lengths?.join(', ')}, expected ${B} of 1 to ${L}, one for each row.`,
    );
  }
  if (inputs instanceof Int32Array) checkTokens({ tokens: inputs, B, L }, vocabSize);
  else checkFinite(inputs, L * width, width);
  return rows;
}

/** How an error names what was given instead of rows. */
const kindOf = (given: unknown) =>
  typeof given === 'object' && given !== null ? `of the type ${given.constructor?.name}` : String(given);

function tableOf(rows: readonly ArrayLike<number>[], dInput: number): SequenceRows {
  if (dInput === 0) {
    const { tokens, ...rest } = tokenRows(rows as readonly (readonly number[])[]);
    return { inputs: tokens, ...rest };
  }
  if (rows.length === 0)
    throw new UsageError('forward', 'there are no rows, expected at least one, e.g. [[0.1, 0.2]].');
  rows.forEach((row, b) => {
    if (!(row?.length > 0) || row.length % dInput !== 0) {
      throw new UsageError(
        'forward',
        `row ${b} has ${row?.length ?? 'no'} numbers, expected a multiple of dInput ${dInput}, at least one step.`,
      );
    }
  });
  const lengths = Int32Array.from(rows, (row) => row.length / dInput);
  const [B, L] = [rows.length, Math.max(...lengths)];
  const inputs = new Float32Array(B * L * dInput);
  rows.forEach((row, b) => {
    inputs.set(row, b * L * dInput);
  });
  return { inputs, B, L, ...(lengths.some((length) => length !== L) && { lengths }) };
}

/** NaN would spread over the whole row, and in training over every weight. */
function checkFinite(inputs: Float32Array, row: number, width: number): void {
  let at = 0;
  while (at < inputs.length && Number.isFinite(inputs[at])) at++;
  if (at === inputs.length) return;
  throw new UsageError(
    'forward',
    `the input is ${inputs[at]} at row ${Math.floor(at / row)}, step ${Math.floor((at % row) / width)}, expected a finite number. ` +
      'Fill in missing values, or leave the row out.',
  );
}

/** Targets as a flat table: `width` values for each row, or for each step. Padding is `missing`. */
export function flatTargets(
  targets: SequenceTargets,
  { B, L, lengths }: SequenceRows,
  { width, output, missing }: { width: number; output: SequenceConfig['output']; missing: number },
): Float64Array {
  const steps = output === 'step' ? L : 1;
  const flat = new Float64Array(B * steps * width).fill(missing);
  const per = output === 'step' ? `${width} for each step` : `${width} for each row`;
  if (typeof targets?.length !== 'number') {
    throw new UsageError('loss', `targets are ${kindOf(targets)}, expected a list, ${per}.`);
  }
  if (isRows(targets)) {
    if (targets.length !== B) throw new UsageError('loss', `${targets.length} rows of targets, expected ${B}.`);
    targets.forEach((row, b) => {
      const count = (output === 'step' ? (lengths?.[b] ?? L) : 1) * width;
      if (row?.length !== count) {
        throw new UsageError('loss', `row ${b} has ${row?.length ?? 'no'} targets, expected ${count}, ${per}.`);
      }
      flat.set(row, b * steps * width);
    });
    return flat;
  }
  if (targets.length !== flat.length) {
    throw new UsageError('loss', `${targets.length} targets, expected ${flat.length}, ${per}.`);
  }
  for (let b = 0; b < B; b++) {
    const count = (output === 'step' ? (lengths?.[b] ?? L) : 1) * width;
    for (let i = b * steps * width, end = i + count; i < end; i++) flat[i] = targets[i];
  }
  return flat;
}

const isRows = (targets: SequenceTargets): targets is readonly ArrayLike<number>[] =>
  Array.isArray(targets) && typeof targets[0] === 'object';
