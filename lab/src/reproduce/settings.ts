/** The settings of an experiment, with those that a user sets otherwise: --set longest=65536 --set seeds=1,2. */
import { UsageError } from '@mamba-ts/core/errors';
import { nearestName } from '@mamba-ts/core/layers';
import type { Setting, Settings } from './experiment.ts';

/** `assignments`: name=value, each of the kind that the setting has. Throws for strangers and other kinds. */
export function changed(settings: Settings, assignments: readonly string[]): Settings {
  const result: Record<string, Setting> = { ...settings };
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const name = at < 0 ? assignment : assignment.slice(0, at);
    if (!Object.hasOwn(settings, name)) {
      const names = Object.keys(settings);
      throw new UsageError(
        'reproduce',
        `there is no setting '${name}'. Did you mean '${nearestName(name, names)}'? There are ${names.join(', ')}.`,
      );
    }
    result[name] = readValue(name, at < 0 ? '' : assignment.slice(at + 1), settings[name]);
  }
  return result;
}

function readValue(name: string, text: string, before: Setting): Setting {
  const fail = (expected: string) =>
    new UsageError(
      'reproduce',
      `the setting ${name} is '${text}', expected ${expected}, such as --set ${name}=${before}.`,
    );
  const number = (one: string) => {
    const value = one.trim() === '' ? Number.NaN : Number(one);
    if (!Number.isFinite(value)) throw fail(typeof before === 'number' ? 'a number' : 'numbers separated by commas');
    return value;
  };
  if (typeof before === 'number') {
    const value = number(text);
    if (counts(name, before) && !(Number.isSafeInteger(value) && value >= 1)) throw fail('a whole number ≥ 1');
    return value;
  }
  if (typeof before === 'boolean') {
    if (text !== 'true' && text !== 'false') throw fail('true or false');
    return text === 'true';
  }
  if (typeof before === 'string') {
    if (text === '') throw fail('a text');
    return text;
  }
  const items = text === '' ? [] : text.split(',');
  const list = typeof before[0] === 'number' ? items.map(number) : items.map((one) => one.trim());
  if (name === 'seeds' && !list.every((seed) => Number.isSafeInteger(seed) && (seed as number) >= 0)) {
    throw fail('whole numbers ≥ 0, separated by commas');
  }
  return list as Setting;
}

/** Whether a setting is how many there are of something, as all whole ones are but a seed. */
const counts = (name: string, before: number) => name !== 'seed' && Number.isInteger(before) && before >= 1;
