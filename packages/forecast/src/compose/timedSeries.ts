/**
 * From values with times to values one step apart.
 *
 *   times 12:00 13:00 15:00, values 1 2 4   →   values 1 2 NaN 4, and 16:00 17:00 … ahead
 *
 * Times are read like those of tables (timeTable/): they are sorted, gaps become NaN, and the frequency is detected.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { type Path, pathText, shown } from '@mamba-ts/core/schema';
import { CellError } from '@mamba-ts/core/table';
import type { CovariateValues } from '../covariates/columns.ts';
import type { Covariates } from '../task.ts';
import {
  type Frequency,
  formatOf,
  type Grid,
  gridOf,
  onSteps,
  Rows,
  seasonsOf,
  type TimeAxis,
} from '../timeTable/index.ts';

/** Values with their times, in any order. */
export interface SeriesWithTimes {
  readonly values: Float64Array;
  /** One for each value. */
  readonly times: readonly string[];
  /** As long as the values. */
  readonly past?: Covariates;
  /** As long as the values, and one for each step ahead. */
  readonly known?: Covariates;
}

/** Values one step apart, with the axis of their times. */
export interface TimedSeries {
  readonly values: Float64Array;
  readonly axis: TimeAxis;
  readonly past?: Covariates;
  readonly known?: Covariates;
  /** Steps of the seasons that the calendar suggests; empty: none. */
  readonly seasons: readonly number[];
}

/** A time that cannot be used. `path` leads to it, or to all times. */
export class TimesError extends UsageError {
  override readonly name: string = 'TimesError';

  constructor(
    where: string,
    readonly path: Path,
    what: string,
  ) {
    super(where, what);
  }
}

/**
 * Puts each value in the step of its time. Several values of one step are averaged.
 *
 * @param path the place of the times in errors: ['times'], or ['series', 3, 'times']
 * @param frequency Default: detected
 * @throws TimesError for a text that is no time, a repeated time, uneven steps, or a frequency that cannot be detected
 */
export function onTimes(
  { values, times, past, known }: SeriesWithTimes,
  path: Path,
  frequency?: Frequency,
  where = 'forecast',
): TimedSeries {
  const grid = gridFor(times, path, frequency, where);
  const placed = (covariates: Covariates | undefined) =>
    covariates &&
    Object.fromEntries(Object.entries(covariates).map(([name, column]) => [name, placedOn(grid, column)]));
  return {
    values: onSteps(grid, values, 'mean'),
    axis: grid.axis,
    past: placed(past),
    known: placed(known),
    seasons: seasonsOf(grid.axis.frequency, grid.length),
  };
}

/** Entries of the past in the steps of their times, followed by the entries ahead, one for each step. */
function placedOn({ steps, order, length }: Grid, column: CovariateValues): CovariateValues {
  const found = new Array<CovariateValues[number]>(length).fill(null);
  steps.forEach((step, i) => {
    found[step] = column[order ? order[i] : i];
  });
  return found.concat(Array.from(column).slice(steps.length));
}

const EXAMPLE = 'a time such as "2026-03-01" or "2026-03-01T12:00:00Z"';
const ADVICE = 'Fix the times, or leave them out.';

function gridFor(times: readonly string[], path: Path, frequency: Frequency | undefined, where: string): Grid {
  const name = pathText(path);
  const unread = (i: number, expected: string) =>
    new TimesError(where, [...path, i], `${name}[${i}] is ${shown(times[i])}, expected ${expected}.`);
  try {
    const format = formatOf(times, { anyDigits: true, where: name, advice: ADVICE });
    if (!format) throw unread(0, EXAMPLE);
    const rows = new Rows('', 0);
    for (const [i, text] of times.entries()) {
      const moment = format.read(text);
      if (!moment) throw unread(i, `${EXAMPLE}, as the others are`);
      rows.push(i, moment.time, moment.offset ?? Number.NaN, []);
    }
    return gridOf(rows, { name, format, frequency });
  } catch (error) {
    if (error instanceof CellError) {
      const words = { cell: ({ line }: { line: number }) => `${name}[${line}]`, line: (line: number) => `[${line}]` };
      throw new TimesError(where, path, `${error.sentence(words)}. ${ADVICE}`);
    }
    if (error instanceof TimesError || !(error instanceof UsageError)) throw error;
    throw new TimesError(where, path, error.what);
  }
}
