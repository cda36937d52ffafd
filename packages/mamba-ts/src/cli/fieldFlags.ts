/**
 * Flags from declared fields: their names, help and checks are those of the options.
 *
 *   addFieldFlags(command, forecastFields)      --horizon <steps>, --level <percents>, --lower <value> …
 *   optionsIn(flags, forecastFields)            { horizon: 24, levels: [80, 95] }
 */
import { type Field, faultOf, type InputsOf, pathText } from '@mamba-ts/core/schema';
import { type Command, InvalidArgumentError, Option } from 'commander';

type Fields = Readonly<Record<string, Field>>;

/** A flag for each field that has one. */
export function addFieldFlags(command: Command, fields: Fields): Command {
  for (const [name, field] of Object.entries(fields)) {
    const flag = flagOf(name, field);
    if (flag === undefined) continue;
    const option = new Option(`--${flag}${field.placeholder ? ` ${field.placeholder}` : ''}`, field.help);
    command.addOption(field.placeholder ? option.argParser((text) => read(field, text)) : option);
  }
  return command;
}

/** The options that were given as flags, by the names of their fields. Each was checked as its flag was read. */
export function optionsIn<F extends Fields>(flags: object, fields: F): InputsOf<F> {
  const found: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const flag = flagOf(name, field);
    const value = flag && (flags as Record<string, unknown>)[camelCase(flag)];
    if (value !== undefined) found[name] = value;
  }
  return found as InputsOf<F>;
}

const flagOf = (name: string, { flag, help }: Field): string | undefined =>
  flag === false || help === undefined ? undefined : (flag ?? kebabCase(name));

const kebabCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
/** As commander names the value of a flag. */
const camelCase = (flag: string): string => flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The value of the text of a flag. It is checked before anything is read. */
function read(field: Field, text: string): unknown {
  const value = field.parse ? field.parse(text) : text;
  const fault = faultOf(field, value);
  if (!fault) return value;
  const begin = fault.path.length > 0 ? `Part ${pathText(fault.path)}: expected` : 'Expected';
  throw new InvalidArgumentError(`${begin} ${fault.expected}.${fault.advice ? ` ${fault.advice}` : ''}`);
}
