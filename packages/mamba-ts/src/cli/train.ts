/** mamba-ts train: a model on one's own data. */
import { UsageError } from '@mamba-ts/core/errors';
import { familyOf, modelNames } from '@mamba-ts/core/families';
import { readJsonFile } from '@mamba-ts/core/formats';
import { commonFields, type Field, fieldsOf } from '@mamba-ts/core/layers';
import { sequenceFields } from '@mamba-ts/core/models';
import { fromData, presets, type RunResult, train, trainFields } from '@mamba-ts/core/train';
import { type Command, Option } from 'commander';
import { headline } from './figures.ts';
import { clock, guard, onInterrupt, say } from './terminal.ts';
import { trainReporter } from './trainReport.ts';

export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train a model on text, sound, bases, tables or series; keep checkpoints, resume')
    .option('--config <file>', 'a JSON file with these options in camelCase')
    .option('--preset <name>', `named settings: ${Object.keys(presets).join(', ')}`)
    .option('--resume', 'go on with the run in --out')
    .option('--stop-at <n>', 'stop after this many updates, without changing the schedule', Number);
  for (const [name, one] of Object.entries(trainFields)) addField(command, name, one, one.help);
  const known = new Set(Object.keys(trainFields));
  for (const [name, one] of Object.entries({
    ...commonFields,
    ...Object.assign({}, ...modelNames.map((model) => fieldsOf(familyOf(model)))),
    // A family may give a common field another default: the flag shows the one that most have.
    ...commonFields,
    ...sequenceFields,
  } as Record<string, Field>)) {
    if (!known.has(name) && !fromData.includes(name)) addField(command, name, one, `model: ${one.expected}`);
  }
  command.action((flags: Record<string, unknown>) => guard(() => runTrain(flags)));
}

/** A flag in kebab-case; its value is read as what the field holds. */
function addField(command: Command, name: string, one: Field, help: string): void {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const value = typeof one.default === 'object' ? JSON.stringify(one.default) : one.default;
  const shown = value === undefined || value === '' ? '' : ` (default: ${value})`;
  const option =
    typeof one.default === 'boolean'
      ? new Option(`--${flag} [boolean]`, help + shown)
          .argParser((value) => (value === 'true' ? true : value === 'false' ? false : value))
          .preset(true)
      : new Option(`--${flag} <value>`, help + shown).argParser((value) => parse(value, one));
  command.addOption(option);
}

/** A flag that says null: commander takes a null itself for a flag without a value. */
const NULL = Symbol('null');

/** The first reading of a flag's text that its field accepts: itself, a number, JSON, a list. */
function parse(value: string, one: Field): unknown {
  const numberOf = (text: string) => (text.trim() === '' ? Number.NaN : Number(text));
  const number = numberOf(value);
  const items = value.split(',').map((item) => item.trim());
  const readings = [value, number, json(value), items, items.map(numberOf)];
  const at = readings.findIndex((reading) => one.accepts(reading));
  if (at >= 0) return readings[at] ?? NULL;
  return Number.isNaN(number) ? value : number;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function runTrain(flags: Record<string, unknown>): Promise<void> {
  const { config, ...read } = flags;
  const given = Object.fromEntries(Object.entries(read).map(([name, one]) => [name, one === NULL ? null : one]));
  const file = config === undefined ? {} : await readConfigFile(String(config));
  const abort = new AbortController();
  const release = onInterrupt(() => {
    say('\nStopping after this update and saving; Ctrl-C again leaves at once.');
    abort.abort();
  });
  const { preset, resume, stopAt, ...layers } = { ...file, ...given };
  const every = Number(layers.logEvery ?? trainFields.logEvery.default);
  const reporter = trainReporter(every);
  try {
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
