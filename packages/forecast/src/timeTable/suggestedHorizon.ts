import { defaultHorizon } from './frequency.ts';
import type { TimeTable } from './types.ts';

/** Steps ahead, where nobody says: as far as rows without a value or known columns go, else by the frequency. */
export const suggestedHorizon = ({ first, frequency }: TimeTable): number =>
  first.ahead || first.facts.future || defaultHorizon(frequency);
