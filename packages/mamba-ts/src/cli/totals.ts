/** Totals over the horizon, with their intervals: sums of sample paths, not sums of quantiles. */
import { mean } from '@mamba-ts/core/math';
import type { SeriesForecast } from '@mamba-ts/forecast/forecaster';

/** Sample paths that the interval of a total is made from. */
export const PATHS = 1000;
/** Series whose totals are shown. */
const MAX_SHOWN = 20;

/** Collects the totals of forecasts that have sample paths. */
export class Totals {
  private readonly shown: string[] = [];
  private count = 0;

  /** `level`: that of the interval, per cent. */
  constructor(private readonly level: number) {}

  add({ series, forecast }: SeriesForecast): void {
    const { samples } = forecast;
    if (!samples) return;
    this.count++;
    if (this.shown.length >= MAX_SHOWN) return;
    const sums = samples.map((path) => path.reduce((sum, x) => sum + x, 0)).sort((a, b) => a - b);
    const at = (p: number) => sums[Math.min(sums.length - 1, Math.floor(p * sums.length))];
    const outside = (1 - this.level / 100) / 2;
    const [low, high, middle] = [at(outside), at(1 - outside), mean(sums)].map(rounded);
    const { length } = forecast.median;
    this.shown.push(
      `total of ${JSON.stringify(series.id)} over ${length} steps: ${middle}, and with ${this.level} % between ${low} and ${high}`,
    );
  }

  lines(): string[] {
    const more = this.count - this.shown.length;
    return more > 0 ? [...this.shown, `and the totals of ${more} more series`] : this.shown;
  }
}

const rounded = (x: number): string =>
  Number(x.toPrecision(5)).toLocaleString('en-US', { maximumSignificantDigits: 5, useGrouping: Math.abs(x) >= 1e4 });
