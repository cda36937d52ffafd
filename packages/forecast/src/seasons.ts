/**
 * What is known about the seasons of a series before its values are read, in steps.
 *
 *   season: 24      season: [24, 168]       they exist
 *   season: 1                               there is none
 *   season: { likely: [7, 365] }            used if the values show them, as the seasons of a calendar are
 *
 * Without it, seasons are found in the values (model/seasons.ts).
 */
import { completeField, type Fault, type Field, faultOf, field, isPlainObject } from '@mamba-ts/core/schema';
import { rising } from './levels.ts';

/**
 * The one form that is used inside. `known`: these seasons exist; []: there is none. `likely`: used if the values show
 * them; []: nothing is known.
 */
export type SeasonHint = { readonly known: readonly number[] } | { readonly likely: readonly number[] };

/** The forms that a caller may write. */
export type SeasonOption = number | readonly number[] | SeasonHint;

/** Nothing is known: seasons are found in the values. */
export const UNKNOWN_SEASONS: SeasonHint = { likely: [] };

const steps = field.whole({
  min: 1,
  expected: 'a whole number of steps such as 24, several as [24, 168], or 1 for none',
  advice: 'Leave it out to have it found in the values.',
});
const list = field.list(steps);

/** The option `season`. */
export const seasonField: Field<SeasonOption, SeasonHint> = {
  default: UNKNOWN_SEASONS,
  accepts: (value) => seasonFault(value) === undefined,
  fault: seasonFault,
  expected: steps.expected,
  normalize: hintOf,
  help: 'steps of a season, or of several; 1: none',
  placeholder: '<steps>',
  parse: list.parse,
};

function seasonFault(value: unknown): Fault | undefined {
  if (typeof value === 'number') return faultOf(steps, value);
  if (!isPlainObject(value)) return faultOf(Array.isArray(value) && value.length > 0 ? list : steps, value);
  const [[name, seasons], ...others] = [...Object.entries(value), ['']];
  if (others.length !== 1 || (name !== 'known' && name !== 'likely') || !Array.isArray(seasons)) {
    return faultOf(steps, value);
  }
  const fault = seasons.length > 0 ? faultOf(list, seasons) : undefined;
  return fault && { ...fault, path: [name, ...fault.path] };
}

function hintOf(season: SeasonOption): SeasonHint {
  const sorted = (seasons: readonly number[]) => rising(seasons).filter((one) => one > 1);
  if (typeof season === 'number') return { known: sorted([season]) };
  if ('known' in season) return { known: sorted(season.known) };
  if ('likely' in season) return { likely: sorted(season.likely) };
  return { known: sorted(season) };
}

/** The hint in an option, checked. Throws FieldError. */
export const seasonHint = (season: SeasonOption | undefined, where = 'forecast'): SeasonHint =>
  completeField(where, 'season', seasonField, season);

/** The steps of a hint, shortest first, whether they are known or likely. */
export const stepsOfSeasons = (hint: SeasonHint): readonly number[] => ('known' in hint ? hint.known : hint.likely);

/** The seasons of a calendar as an option; undefined where there are none. */
export const calendarSeasons = (steps: readonly number[]): SeasonOption | undefined =>
  steps.length > 0 ? { likely: steps } : undefined;
