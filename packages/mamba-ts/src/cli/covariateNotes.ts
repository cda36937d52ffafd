/** Which covariates the forecasts of a table rest on, in a line. */
import type { CovariateForecast } from '@mamba-ts/forecast/covariates';
import type { Forecast } from '@mamba-ts/forecast/types';

export class CovariateNotes {
  #series = 0;
  #gain = 0;
  readonly #used = new Map<string, number>();

  add(forecast: Forecast | CovariateForecast): void {
    if (!('covariates' in forecast)) return;
    const { used, dropped, gain = 0 } = forecast.covariates;
    this.#series++;
    this.#gain += gain;
    for (const name of used) this.#used.set(name, (this.#used.get(name) ?? 0) + 1);
    for (const name of dropped) this.#used.set(name, this.#used.get(name) ?? 0);
  }

  lines(): string[] {
    if (this.#series === 0) return [];
    const one = this.#series === 1;
    const parts = [...this.#used].map(([name, n]) => {
      if (one) return `${name} ${n > 0 ? 'used' : 'dropped'}`;
      return `${name} used in ${n} of ${this.#series} series`;
    });
    const gain = Math.round((100 * this.#gain) / this.#series);
    const worth = gain > 0 ? `: on the last windows of the past the error is ${gain} % lower with them` : '';
    return [`covariates: ${parts.join(', ')}${worth}`];
  }
}
