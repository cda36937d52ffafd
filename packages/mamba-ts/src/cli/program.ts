/** A command line program: the form of its help, its exit codes, and a reader that closes the pipe. */
import { Command, type Option } from 'commander';
import { MISTAKE } from './terminal.ts';

/** A program to which commands are added. `call`: what a user types to run it, such as 'mamba-ts'. */
export function createProgram(call: string, about: string): Command {
  process.stdout.on('error', endOnClosedPipe);
  return (
    new Command(call)
      .description(about)
      .showHelpAfterError(`(${call} --help lists the commands; ${call} COMMAND --help lists their options)`)
      .configureHelp({ optionDescription })
      // Commander's own code for an unknown flag is 1, which is the code of a defect here.
      .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : MISTAKE))
  );
}

/** The help of a flag, with its choices and its default: 'how dates are read: dmy or mdy. Default: dmy.' */
function optionDescription({ description, argChoices, defaultValue }: Option): string {
  const [text, ownDefault] = description.split(/\. (?=Default: )/);
  const choices = argChoices ? `: ${listed(argChoices)}` : '';
  const isSwitch = defaultValue === undefined || defaultValue === false;
  const value = /^\S+$/.test(String(defaultValue)) ? defaultValue : JSON.stringify(defaultValue);
  const shown = ownDefault ?? (isSwitch ? undefined : `Default: ${value}.`);
  return text + choices + (shown === undefined ? '' : `. ${shown}`);
}

/** 'mean, sum or last'; marks are quoted. */
function listed(choices: readonly string[]): string {
  const texts = choices.every((choice) => /^\w+$/.test(choice)) ? choices : choices.map((choice) => `'${choice}'`);
  return `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

/** `mamba-ts … | head` closes the pipe before the output ends: that is no error. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
