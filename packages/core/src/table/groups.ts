/**
 * Rows by group: those that agree in some columns.
 *
 *   shop,y           a   1 2
 *   a,1         →    b   7
 *   a,2
 *   b,7
 */
import type { Column } from './columns.ts';
import { CellError } from './errors.ts';
import type { TableRow } from './rowSource.ts';

/** What groups are, and what is made of their rows. */
export interface GroupOptions<G> {
  /** The columns that tell groups apart. None: all rows are one group. */
  readonly columns: readonly Pick<Column, 'at' | 'name'>[];
  /** What messages call the table. */
  readonly table: string;
  /** What messages call a group: 'series', 'sequence'. */
  readonly what: string;
  /** Whether rows of a group may stand apart. All groups are then held until the last row. */
  readonly isInterleaved: boolean;
  /** What to do about a row without a group, and about a group that comes back, e.g. 'Sort the table.' */
  readonly advice: { readonly unnamed: string; readonly scattered: string };
  /** Begins a group. `id`: the fields of its columns, joined by '/'. `key`: equal for equal fields alone. */
  open(id: string, key: string): G;
  add(group: G, row: TableRow): void;
}

/** Stands between the fields of a key: NUL, which text files do not have. */
const BETWEEN = '\0';

/** The key of the group of a row. */
export function keyOf({ fields }: TableRow, columns: readonly Pick<Column, 'at'>[]): string {
  if (columns.length === 1) return fields[columns[0].at];
  return columns.map(({ at }) => fields[at]).join(BETWEEN);
}

/**
 * Groups in the order in which they begin. A group whose rows stand together is given when the next one begins, so
 * that a table of any length needs the memory of its longest group.
 *
 * @throws CellError for a row without a group, and for a group that comes back where `isInterleaved` is false
 * @example
 * const groups = groupsOf<{ id: string; sum: number }>(table.rows(), {
 *   columns: table.named(['shop']),
 *   table: table.name,
 *   what: 'shop',
 *   isInterleaved: true,
 *   advice: { unnamed: 'Fill it in.', scattered: '' },
 *   open: (id) => ({ id, sum: 0 }),
 *   add: (group, row) => { group.sum += table.numberAt(row, y); },
 * });
 * for await (const { id, sum } of groups) console.log(id, sum);
 */
export async function* groupsOf<G>(
  batches: AsyncIterable<readonly TableRow[]>,
  { columns, table, what, isInterleaved, advice, open, add }: GroupOptions<G>,
): AsyncGenerator<G> {
  const groups = new Map<string, G>();
  const ended = new Set<string>();
  let key: string | undefined;
  let group: G | undefined;
  for await (const rows of batches) {
    for (const row of rows) {
      const next = keyOf(row, columns);
      if (group === undefined || next !== key) {
        if (group !== undefined && key !== undefined && !isInterleaved) {
          yield group;
          groups.clear();
          ended.add(key);
        }
        const id = columns.length === 1 ? next : next.replaceAll(BETWEEN, '/');
        const unnamed = columns.find(({ at }) => row.fields[at] === '');
        if (unnamed) {
          throw new CellError(
            { table, line: row.line },
            `has nothing in ${JSON.stringify(unnamed.name)}, expected the ${what} that it belongs to`,
            advice.unnamed,
          );
        }
        if (ended.has(next)) {
          throw new CellError(
            { table, line: row.line },
            `has the ${what} ${JSON.stringify(id)} again, after another one`,
            advice.scattered,
          );
        }
        group = groups.get(next);
        key = group === undefined ? ownCopy(next) : next;
        group ??= begun(groups, key, open(id, key));
      }
      add(group, row);
    }
  }
  yield* groups.values();
}

function begun<G>(groups: Map<string, G>, key: string, group: G): G {
  groups.set(key, group);
  return group;
}

/**
 * Whether rows of different groups alternate: groups come back, or change with each row.
 *
 * @example
 * const isInterleaved = alternates(table.sample, table.named(['shop']));
 */
export function alternates(rows: readonly TableRow[], columns: readonly Pick<Column, 'at'>[]): boolean {
  if (columns.length === 0) return false;
  const keys = rows.map((row) => keyOf(row, columns));
  const blocks = keys.filter((key, i) => key !== keys[i - 1]).length;
  return blocks > new Set(keys).size || (blocks === keys.length && blocks > 1);
}

/** A field is a part of its block of text, which a field that is kept would keep, too. */
const ownCopy = (text: string): string => ` ${text}`.slice(1);
