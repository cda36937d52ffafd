/**
 * The one error for what a caller got wrong: a value, a file, a folder, a machine that lacks something.
 *
 *   throw new UsageError('selectiveScan', 'B has 3 groups, expected a divisor of D = 8. Use 1, 2, 4 or 8 groups.');
 *
 * Everything else that is thrown is a defect of this project. A server answers a UsageError with a 4xx status and a
 * defect with 500; the command line ends with code 2 and 1. Both decide by the class, never by the text.
 */
export class UsageError extends Error {
  /**
   * @param where the operation, the option or the file that refuses; '' where the sentence names it itself
   * @param what what was got, what is expected, and what to do
   */
  constructor(
    readonly where: string,
    readonly what: string,
    options?: ErrorOptions,
  ) {
    super(where === '' ? what : `${where}: ${what}`, options);
    this.name = 'UsageError';
  }

  /** The same mistake, seen from the place that the user knows. */
  at(where: string): UsageError {
    return new UsageError(where, this.what, { cause: this });
  }
}
