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
      // The list of verbs has names only: the flags of a verb are known where it is loaded.
      .configureHelp({ optionDescription, subcommandTerm: (verb) => verb.name() })
      // Commander's own code for an unknown flag is 1, which is the code of a defect here.
      .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : MISTAKE))
  );
}

/** The help of a flag, with the default that Commander knows: '0 is greedy. Default: 0.8.' */
function optionDescription({ description, defaultValue }: Option): string {
  // A switch is off unless it is given.
  if (defaultValue === undefined || defaultValue === false) return description;
  const isWord = /^\S+$/.test(String(defaultValue));
  return `${description}. Default: ${isWord ? defaultValue : JSON.stringify(defaultValue)}.`;
}

/** `mamba-ts … | head` closes the pipe before the output ends: that is no error. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
