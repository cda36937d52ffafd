/** How covariates can be used; see forecast.ts. */
import { field } from '@mamba-ts/core/schema';

/** All ways to use covariates. */
export const COVARIATE_MODES = ['regress-first', 'forecast-first', 'product'] as const;
/** A way to use covariates. */
export type CovariateMode = (typeof COVARIATE_MODES)[number];

/** The option `mode`. */
export const modeField = field.optional(
  field.choice(COVARIATE_MODES, {
    help: `how covariates are used: ${COVARIATE_MODES.join(', ')}. Default: the best on the last windows.`,
  }),
);
