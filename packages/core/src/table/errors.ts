/** Errors that say where in a table they are. */
import { UsageError } from '../errors.ts';

/** Where a cell is, or a row. */
export interface CellPlace {
  /** What messages call the table: its path, or the name that the caller gave. */
  readonly table: string;
  /** The line of the file on which the row ends. The first is 1. */
  readonly line: number;
  /** The name of the column. Absent where the whole row is meant. */
  readonly column?: string;
}

/** How a sentence names places. */
export interface PlaceWords {
  /** The place that the sentence is about. */
  cell(place: CellPlace): string;
  /** Another row that the sentence mentions. */
  line(line: number): string;
}

/** A problem that mentions other rows: `line(17)` is how the sentence names line 17. */
export type Problem = string | ((line: PlaceWords['line']) => string);

const tableWords: PlaceWords = {
  cell: ({ table, line, column }) =>
    `${table}, line ${line}${column === undefined ? '' : `, column ${JSON.stringify(column)}`}`,
  line: (line) => `line ${line}`,
};

/**
 * A cell or a row that cannot be used.
 *
 *   data: sales.csv, line 17, column "y" has "abc", expected a number. Fix it, or leave it empty.
 *         └──────────── place ─────────────┘ └────── problem ──────┘   └────────── advice ─────────┘
 *
 * The parts are properties, so that a caller whose rows are no lines of a file can word the sentence differently:
 *
 * @example
 * const words = { cell: ({ line }) => `times[${line}]`, line: (line) => `[${line}]` };
 * if (error instanceof CellError) answer(`${error.sentence(words)}. Fix the times.`);
 */
export class CellError extends UsageError implements CellPlace {
  override readonly name: string = 'CellError';
  readonly table: string;
  readonly line: number;
  readonly column: string | undefined;
  /** What to do, as one or more whole sentences. */
  readonly advice: string;
  readonly #problem: Problem;

  /** `problem` follows the place: 'has "abc", expected a number', without a full stop. */
  constructor(place: CellPlace, problem: Problem, advice: string) {
    super('data', `${worded(place, problem, tableWords)}. ${advice}`);
    this.table = place.table;
    this.line = place.line;
    this.column = place.column;
    this.advice = advice;
    this.#problem = problem;
  }

  /** Place and problem, without the advice and the full stop. Default words: those of a table. */
  sentence(words: PlaceWords = tableWords): string {
    return worded(this, this.#problem, words);
  }
}

function worded(place: CellPlace, problem: Problem, words: PlaceWords): string {
  return `${words.cell(place)} ${typeof problem === 'string' ? problem : problem(words.line)}`;
}
