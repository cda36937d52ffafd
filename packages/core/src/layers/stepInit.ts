/** First values of the step sizes Δ: log-uniform in [dtMin, dtMax], in the form that the parameters hold. */
import type { Init } from '../tensor/parameters.ts';

/** The range of the first step sizes Δ. */
export interface StepRange {
  dtMin: number;
  dtMax: number;
}

/** log Δ, as S4 and S4D have it. Official: SSMKernel.init_dt. */
export const logSteps =
  ({ dtMin, dtMax }: StepRange): Init =>
  (values, random) => {
    const low = Math.log(dtMin);
    for (let i = 0; i < values.length; i++) values[i] = low + random.uniform() * (Math.log(dtMax) - low);
  };

/** The inverse softplus of Δ, a bias, as Mamba 1 to 3 have it; Δ is at least dtInitFloor. Official: Mamba.__init__. */
export const stepBias =
  ({ dtMin, dtMax, dtInitFloor }: StepRange & { dtInitFloor: number }): Init =>
  (values, random) => {
    const low = Math.log(dtMin);
    for (let i = 0; i < values.length; i++) {
      const dt = Math.max(dtInitFloor, Math.exp(low + random.uniform() * (Math.log(dtMax) - low)));
      values[i] = dt + Math.log(-Math.expm1(-dt));
    }
  };
