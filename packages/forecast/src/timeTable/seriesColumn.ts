/** A column of a table of series. */
import type { Column } from '@mamba-ts/core/table';

export interface SeriesColumn extends Column<'time'> {
  /** The codes of the texts, where the column is a covariate of text. */
  readonly categories?: Categories;
}

/** Codes of texts: 0, 1, 2 … in the order in which they are met. */
export class Categories {
  readonly names: string[] = [];
  readonly #codes = new Map<string, number>();

  codeOf(name: string): number {
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    this.#codes.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}
