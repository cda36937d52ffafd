/**
 * What a request is refused with: a status, a message and the place in the body.
 *
 *   400 { "error": { "message": "series[3].values[17] is \"abc\", expected a number or null.", "path": "series[3].values[17]" } }
 */
import { FieldError, type Path, pathText } from '@mamba-ts/core/schema';

export type { Path };

/** The refusal of a request. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly path?: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'Refusal';
  }

  /** The refusal of a part of the body: `what` follows its path. */
  static at(path: Path, what: string): Refusal {
    const place = pathText(path);
    return new Refusal(400, `${place} ${what}`, place);
  }
}

/** The refusal of a field. Unknown ones are called fields, as in JSON. */
export function refusalOf(error: FieldError): Refusal {
  const { what } = error.known ? new FieldError('', error, 'field') : error;
  return new Refusal(400, what, pathText(error.path));
}
