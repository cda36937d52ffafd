/** What there is to know about the forecasts of a table, in lines: what was done to its series, what covariates did. */
import type { SeriesForecast } from '@mamba-ts/forecast/forecaster';
import { TableNotes, type TimeTable } from '@mamba-ts/forecast/timeTable';
import type { Forecast } from '@mamba-ts/forecast/types';

/** Collects notes, series by series. */
export class ForecastNotes {
  private readonly table: TableNotes;
  private readonly covariates = new CovariateNotes();
  private readonly certainty = new CertaintyNotes();
  /** Series that are forecast as intermittent demand. */
  private intermittent = 0;

  constructor(table: TimeTable) {
    this.table = new TableNotes(table);
  }

  /** Series so far. */
  get count(): number {
    return this.table.count;
  }

  add({ series, forecast }: SeriesForecast): void {
    this.table.add(series);
    this.covariates.add(forecast);
    this.certainty.add(series, forecast.median.length);
    if ((forecast.demand ?? 0) > 0) this.intermittent++;
  }

  lines(): string[] {
    const named = this.count === 1 ? 'the series' : `${this.intermittent} of ${this.count} series`;
    const demand = `intermittent demand in ${named}, with many zeros (--no-intermittent forecasts it as any other)`;
    return [
      ...this.table.lines(),
      ...(this.intermittent > 0 ? [demand] : []),
      ...this.certainty.lines(),
      ...this.covariates.lines(),
    ];
  }
}

/** Series of fewer known values are short. */
const FEW = 10;

/** Where a forecast rests on little, and columns that look like flags rather than series. */
class CertaintyNotes {
  private series = 0;
  private readonly constant = new Set<string>();
  private readonly short = new Set<string>();
  private readonly outrun = new Set<string>();
  private readonly flags = new Set<string>();

  add({ id, values }: SeriesForecast['series'], horizon: number): void {
    this.series++;
    const known = values.filter((x) => !Number.isNaN(x));
    const different = new Set(known.subarray(0, FLAG_VALUES));
    if (different.size === 1 && known.every((x) => x === known[0])) this.constant.add(id);
    else if (known.length < FEW) this.short.add(id);
    else if (horizon > known.length) this.outrun.add(id);
    const isFlag = different.size === 2 && different.has(0) && different.has(1) && known.length >= FLAG_VALUES;
    if (isFlag && known.every((x) => x === 0 || x === 1)) this.flags.add(id);
  }

  lines(): string[] {
    const of = (ids: ReadonlySet<string>) => {
      if (this.series === 1) return 'the series';
      const [first] = ids;
      return ids.size === 1 ? JSON.stringify(first) : `${ids.size} series, such as ${JSON.stringify(first)}`;
    };
    const lines: string[] = [];
    const say = (ids: ReadonlySet<string>, text: (names: string) => string) => {
      if (ids.size > 0) lines.push(text(of(ids)));
    };
    say(
      this.constant,
      (names) => `all values are equal in ${names}: nothing tells how far later ones may be from them`,
    );
    say(this.short, (names) => `fewer than ${FEW} values in ${names}: the intervals are a guess`);
    say(this.outrun, (names) => `the horizon is longer than the past in ${names}: its end is a guess`);
    if (this.series > this.flags.size) {
      say(this.flags, (names) => `only 0 and 1 in ${names}: a flag can be a covariate, --known NAME --future PLAN.csv`);
    }
    return lines;
  }
}

/** Values that a column of 0 and 1 has to have to be called a flag. */
const FLAG_VALUES = 16;

/** Which covariates the forecasts use, in a line. */
class CovariateNotes {
  private series = 0;
  private gain = 0;
  private readonly used = new Map<string, number>();

  add({ covariates }: Forecast): void {
    if (!covariates) return;
    const { used, dropped, gain = 0 } = covariates;
    this.series++;
    this.gain += gain;
    for (const name of used) this.used.set(name, (this.used.get(name) ?? 0) + 1);
    for (const name of dropped) this.used.set(name, this.used.get(name) ?? 0);
  }

  lines(): string[] {
    if (this.series === 0) return [];
    const parts = [...this.used].map(([name, n]) => {
      if (this.series === 1) return n > 0 ? `${name} helped` : `${name} did not help and was left out`;
      return `${name} helped in ${n} of ${this.series} series`;
    });
    const gain = Math.round((100 * this.gain) / this.series);
    const worth = gain > 0 ? `: in backtests on the latest data the error is ${gain} % lower with them` : '';
    return [`covariates: ${parts.join(', ')}${worth}`];
  }
}
