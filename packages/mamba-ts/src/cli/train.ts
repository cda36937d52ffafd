/** mamba-ts train: trains a model on any data. */
import { UsageError } from '@mamba-ts/core/errors';
import { commonFields, familyOf, fieldsOf, modelNames } from '@mamba-ts/core/families';
import { readJsonFile } from '@mamba-ts/core/formats';
import { sequenceFields } from '@mamba-ts/core/models';
import { fromData, presets, type RunResult, train, trainFields } from '@mamba-ts/core/train';
import { type Command, Option } from 'commander';
import { headline } from './figures.ts';
import { announceCompilation } from './load.ts';
import { clock, guard, onInterrupt, say } from './terminal.ts';
import { trainReporter } from './trainReport.ts';

/** What a flag follows from. */
interface FlagField {
  default?: unknown;
  accepts(value: unknown): boolean;
  expected: string;
  help?: string;
  placeholder?: string;
}

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  command
    .option('--config <file>', 'a JSON file with these options in camelCase')
    .option('--preset <name>', `named settings: ${Object.keys(presets).join(', ')}`)
    .option('--resume', 'continue the run in --out')
    .option('--stop-at <n>', 'stop after this many updates, without changing the schedule', Number);
  for (const [name, field] of Object.entries(trainFields)) addField(command, name, field);
  const modelFields: Record<string, FlagField> = {
    ...Object.assign({}, ...modelNames.map((model) => fieldsOf(familyOf(model)))),
    // A family may have another default for a common field: the help shows the usual one.
    ...commonFields,
    ...sequenceFields,
  };
  for (const [name, field] of Object.entries(modelFields)) {
    if (Object.hasOwn(trainFields, name) || fromData.includes(name)) continue;
    addField(command, name, { ...field, help: `model: ${field.expected}` });
  }
  command.action((flags: Record<string, unknown>) => guard(() => runTrain(flags)));
}

/** A flag in kebab-case, whose text is read as the value that the field accepts. */
function addField(command: Command, name: string, field: FlagField): void {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const value = typeof field.default === 'object' ? JSON.stringify(field.default) : field.default;
  const help = `${field.help}${value === undefined || value === '' ? '' : `. Default: ${value}.`}`;
  const option =
    typeof field.default === 'boolean'
      ? new Option(`--${flag} [boolean]`, help)
          .argParser((text) => (text === 'true' ? true : text === 'false' ? false : text))
          .preset(true)
      : new Option(`--${flag} ${field.placeholder ?? '<value>'}`, help).argParser((text) => parse(text, field));
  command.addOption(option);
}

/** The flag was given as null. Commander itself uses null for a flag without a value. */
const NULL = Symbol('null');

/** The first of these that the field accepts: the text itself, a number, JSON, a list of texts, a list of numbers. */
function parse(text: string, field: FlagField): unknown {
  const numberOf = (item: string) => (item.trim() === '' ? Number.NaN : Number(item));
  const number = numberOf(text);
  const items = text.split(',').map((item) => item.trim());
  const values = [text, number, json(text), items, items.map(numberOf)];
  const found = values.findIndex((value) => field.accepts(value));
  if (found >= 0) return values[found] ?? NULL;
  return Number.isNaN(number) ? text : number;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function runTrain(flags: Record<string, unknown>): Promise<void> {
  const { config, ...values } = flags;
  const given = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === NULL ? null : value]),
  );
  const file = config === undefined ? {} : await readConfigFile(String(config));
  const abort = new AbortController();
  const release = onInterrupt(() => {
    say('\nStopping after this update and saving. Press Ctrl-C again to quit immediately.');
    abort.abort();
  });
  const { preset, resume, stopAt, ...layers } = { ...file, ...given };
  const reporter = trainReporter(Number(layers.logEvery ?? trainFields.logEvery.default));
  try {
    await announceCompilation(layers.backend as string | undefined);
    const result = await train({
      layers: [layers],
      preset: preset as string | undefined,
      resume: resume as boolean | undefined,
      stopAt: stopAt as number | undefined,
      signal: abort.signal,
      reporter,
    });
    reporter.end();
    const { evaluation, iter, out, seconds, stopped } = result;
    say(
      `${stopped ? 'stopped' : 'done'}     iteration ${iter} after ${clock(seconds)}: validation loss ${evaluation.loss.toFixed(4)}, ${headline(evaluation)}`,
    );
    say(`saved    ${out}`);
    say(`next     ${nextCommand(result)}${stopped ? `, or mamba-ts train --out ${out} --resume` : ''}`);
    result.model.backend.dispose();
  } finally {
    reporter.end();
    release();
  }
}

function nextCommand(result: RunResult): string {
  if (result.task !== 'language') return `mamba-ts predict --model ${result.out} --data FILE`;
  const { kind } = result.tokenizer;
  if (kind === 'muLaw') return `mamba-ts eval --model ${result.out} --data FILE`;
  return `mamba-ts generate --model ${result.out} --prompt "${kind === 'dna' ? 'ATG' : 'ROMEO:'}"`;
}

async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  const advice = 'Give the path of a JSON file with options in camelCase.';
  const config = await readJsonFile(path, advice);
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config as Record<string, unknown>;
  throw new UsageError('train', `the config file ${path} is not an object, expected e.g. {"dModel": 64}. ${advice}`);
}
