/** What there is to know about the forecasts of a table, in lines: what was done to its series, what covariates did. */
import type { SeriesForecast } from '@mamba-ts/forecast/forecaster';
import { TableNotes, type TimeTable } from '@mamba-ts/forecast/timeTable';
import type { Forecast } from '@mamba-ts/forecast/types';

/** Collects notes, series by series. */
export class ForecastNotes {
  private readonly table: TableNotes;
  private readonly covariates = new CovariateNotes();

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
  }

  lines(): string[] {
    return [...this.table.lines(), ...this.covariates.lines()];
  }
}

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
      if (this.series === 1) return `${name} ${n > 0 ? 'used' : 'dropped'}`;
      return `${name} used in ${n} of ${this.series} series`;
    });
    const gain = Math.round((100 * this.gain) / this.series);
    const worth = gain > 0 ? `: on the last windows of the past the error is ${gain} % lower with them` : '';
    return [`covariates: ${parts.join(', ')}${worth}`];
  }
}
