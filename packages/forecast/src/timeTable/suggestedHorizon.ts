import { defaultHorizon } from './frequency.ts';
import type { TimeTable } from './timeTableTypes.ts';

/** The default horizon of a series in steps: as far as rows without a value or known columns reach, else by the frequency. */
export const suggestedHorizon = ({ first, frequency }: TimeTable): number =>
  first.ahead || first.facts.future || defaultHorizon(frequency);
