/** Lines for people: the columns of a table, its steps, and what was done to its series. */
import { HOUR } from '@mamba-ts/core/math';
import type { TimeAxis } from './axis.ts';
import { frequencyName, isSubDaily, sameFrequency } from './frequency.ts';
import type { TableSeries, TimeTable } from './timeTableTypes.ts';
import { timeOfDay, two, weekday } from './wallClock.ts';

const quoted = (names: readonly string[]): string => {
  const shown = names.slice(0, 4).map((name) => JSON.stringify(name));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
};
const several = (n: number, one: string, more = `${one}s`): string => `${n} ${n === 1 ? one : more}`;

/**
 * The columns of a table in a line.
 *
 * @example
 * layoutLine(table);    // 'sales.csv: times in "date" (dates); values in "sales"; a series for each "store"'
 */
export function layoutLine({ layout }: TimeTable): string {
  const { name, time, timeFormat, ids, values, known, past, ignored, isNamed, preamble } = layout;
  const parts = isNamed
    ? [
        time === undefined ? 'no times, rows are a step apart' : `times in ${quoted([time])} (${timeFormat})`,
        `values in ${quoted(values)}`,
        ...(ids.length > 0 ? [`a series for each ${ids.map((id) => JSON.stringify(id)).join(' and ')}`] : []),
      ]
    : [
        time === undefined ? 'no times, rows are a step apart' : `times (${timeFormat}) in ${time}`,
        `values in ${values.join(', ')}`,
        ...(ids.length > 0 ? [`a series for each ${ids.join(' and ')}`] : []),
      ];
  if (known.length > 0) parts.push(`known ahead: ${quoted(known)}`);
  if (past.length > 0) parts.push(`known in the past: ${quoted(past)}`);
  if (ignored.length > 0) parts.push(`not read: ${quoted(ignored)}`);
  if (preamble > 0) parts.push(`${several(preamble, 'line')} above the names of the columns left out`);
  return `${name}: ${parts.join('; ')}`;
}

/**
 * The frequency and the seasons of a series in a line.
 *
 * @param seasons in steps; 1 is none, and an empty list those that the values show. Default: those of the calendar.
 * @example
 * stepsLine(series);    // 'daily, seasons of 7 and 365 steps'
 */
export function stepsLine(series: TableSeries, seasons: readonly number[] = series.seasons): string {
  const used = seasons.filter((steps) => steps > 1);
  const words =
    used.length > 0
      ? `${used.length > 1 ? 'seasons' : 'season'} of ${used.join(' and ')} steps`
      : seasons.length > 0
        ? 'no season'
        : 'seasons found in the values';
  return `${frequencyName(series.axis.frequency)}, ${words}`;
}

/**
 * What was done to all series of a table, a line for each kind: missing steps, rows out of order, hours of a local clock.
 *
 * @example
 * const notes = new TableNotes(table);
 * for await (const series of table.series()) notes.add(series);
 * console.log(notes.lines().join('\n'));
 */
export class TableNotes {
  /** The number of series. */
  count = 0;
  #values = 0;
  #missing = { steps: 0, series: 0, longest: 0, where: '' };
  #unsorted = 0;
  #combined = 0;
  readonly #closed = new Set<string>();
  readonly #partial = new Set<string>();
  #doubled = 0;
  #skippedHours = 0;
  #future = 0;
  #other: { count: number; example: string } = { count: 0, example: '' };
  readonly #table: TimeTable;

  constructor(table: TimeTable) {
    this.#table = table;
  }

  add({ id, values, axis, facts }: TableSeries): void {
    this.count++;
    this.#values += values.length;
    const missing = this.#missing;
    const closed = facts.missing > 0 ? closedTimes(values, axis) : undefined;
    if (closed && this.#closed.size < MOST_CLOSED) this.#closed.add(closed);
    missing.steps += facts.missing;
    if (facts.missing > 0) missing.series++;
    if (facts.longestGap > missing.longest) {
      missing.longest = facts.longestGap;
      missing.where = `${facts.longestGapAt}${this.#isOne ? '' : ` in ${JSON.stringify(id)}`}`;
    }
    this.#unsorted += facts.unsorted;
    this.#combined += facts.combined;
    for (const time of facts.partial) this.#partial.add(time);
    this.#doubled += facts.doubledHours;
    this.#skippedHours += facts.skippedHours;
    this.#future += facts.future;
    if (!sameFrequency(axis.frequency, this.#table.frequency)) {
      this.#other.count++;
      this.#other.example ||= `${JSON.stringify(id)} is ${frequencyName(axis.frequency)}`;
    }
  }

  get #isOne(): boolean {
    const { ids, values } = this.#table.layout;
    return ids.length === 0 && values.length === 1;
  }

  /** One line for each kind of finding; none where there is nothing to say. */
  lines(): string[] {
    const { steps, series, longest, where } = this.#missing;
    const { skipped, frequency, totals } = this.#table;
    const lines: string[] = [];
    const encoding = this.#table.encoding();
    if (encoding !== 'UTF-8') lines.push(`read as ${encoding}`);
    if (steps > 0) {
      const among = this.#isOne ? '' : ` in ${series} of ${several(this.count, 'series', 'series')}`;
      const verb = steps === 1 ? 'is' : 'are';
      lines.push(
        `${steps} of ${several(this.#values, 'step')} ${verb} missing${among}, the longest gap ${longest} from ${where}`,
      );
    }
    if (this.#closed.size > 0) {
      lines.push(
        `no values ${[...this.#closed].join(' and ')}: these steps are forecast, too, ` +
          "unless rows are read without their times (time: 'none')",
      );
    }
    if (this.#future > 0) {
      lines.push(`${several(this.#future, 'step')} at the end without a value: the forecast begins before them`);
    }
    if (this.#unsorted > 0) lines.push(`${several(this.#unsorted, 'row')} came after a later one and were sorted`);
    if (this.#combined > 0) lines.push(`${several(this.#combined, 'row')} combined with others of the same step`);
    if (this.#partial.size > 0) {
      const times = [...this.#partial];
      const shown = times.slice(0, 4).join(' and ');
      lines.push(`left out, as rows cover a part of the step only: ${shown}${times.length > 4 ? ' …' : ''}`);
    }
    if (this.#doubled + this.#skippedHours > 0) {
      lines.push(
        `a local clock: ${several(this.#skippedHours, 'hour')} skipped (missing), ` +
          `${several(this.#doubled, 'hour')} shown twice (averaged)`,
      );
    }
    if (this.#other.count > 0) {
      lines.push(
        `${several(this.#other.count, 'series', 'series')} not ${frequencyName(frequency)} as the first: ` +
          `${this.#other.example}; give the frequency to have one for all`,
      );
    }
    if (totals > 0) lines.push(`${several(totals, 'row')} of totals left out`);
    if (skipped.length > 0) lines.push(`left out, as they have no values: ${quoted(skipped)}`);
    return lines;
  }
}

const MOST_CLOSED = 3;
const DAY_NAMES = ['Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays', 'Sundays'];
/** Days, or weeks, that have to be seen for a gap to be a rule. */
const FEWEST_SEEN = 4;

/** The days of the week, or the hours of the day, at which a series never has a value; undefined where there are none. */
function closedTimes(values: Float64Array, axis: TimeAxis): string | undefined {
  const { unit, every } = axis.frequency;
  const isDaily = unit === 'day' && every === 1;
  if (!axis.hasCalendar || (!isDaily && !isSubDaily(axis.frequency))) return undefined;
  const [count, of] = isDaily ? [7, weekday] : [24, (time: number) => Math.floor(timeOfDay(time) / HOUR)];
  const [seen, known] = [new Float64Array(count), new Float64Array(count)];
  values.forEach((value, i) => {
    const k = of(axis.at(i));
    seen[k]++;
    if (!Number.isNaN(value)) known[k]++;
  });
  const closed = Array.from({ length: count }, (_, k) => k).filter((k) => seen[k] >= FEWEST_SEEN && known[k] === 0);
  if (closed.length === 0 || closed.length === count) return undefined;
  if (isDaily) return `on ${closed.map((k) => DAY_NAMES[k]).join(', ')}`;
  // The hours before midnight and those after it are one night.
  const first = closed.find((k) => !closed.includes((k + 23) % 24)) ?? closed[0];
  let last = first;
  while (closed.includes((last + 1) % 24) && (last + 1) % 24 !== first) last = (last + 1) % 24;
  return `from ${two(first)}:00 to ${two((last + 1) % 24)}:00`;
}
