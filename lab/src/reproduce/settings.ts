/** The settings of an experiment, with those that a user changes: --set longest=65536 --set seeds=1,2. */
import { complete, type Field, field, requireNames } from '@mamba-ts/core/schema';
import type { Experiment, Settings } from './experiment.ts';

/** A number that counts something: a whole number ≥ 1. */
export const countField = (count: number, min = 1): Field<number> => field.whole({ min, default: count });

export const rateField = (rate: number): Field<number> => field.number({ min: 0, open: true, default: rate });

export const seedsField = (seeds: readonly number[]): Field<readonly number[]> =>
  field.list(field.whole({ min: 0 }), { default: seeds });

/** A list of names of a table. Default: all of them. */
export function namesField<N extends string>(
  table: Readonly<Record<N, unknown>>,
  names?: readonly NoInfer<N>[],
): Field<readonly N[]> {
  const known = Object.keys(table) as N[];
  return field.list(field.choice(known), { default: names ?? known });
}

/** `assignments`: name=value. Throws UsageError for unknown names and for values that the fields refuse. */
export function changed(
  { name: where, fields }: Pick<Experiment, 'name' | 'fields'>,
  settings: Settings,
  assignments: readonly string[],
): Settings {
  const given: Record<string, unknown> = { ...settings };
  for (const assignment of assignments) {
    const [name, ...rest] = assignment.split('=');
    requireNames(where, { [name]: rest }, Object.keys(fields), 'setting');
    given[name] = valueIn(fields[name], rest.join('='));
  }
  return complete(where, fields, given);
}

/** What is no number stays text, so that an error shows it as it was written. */
function valueIn({ parse }: Field, text: string): unknown {
  const value = parse ? parse(text) : text;
  return Number.isNaN(value) ? text : value;
}
