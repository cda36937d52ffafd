/** Output of the command line: lines, tables, progress, errors. Results go to stdout, everything else to stderr. */
import { UsageError } from '@mamba-ts/core/errors';
import { SingleBar } from 'cli-progress';

/** A duration: 1:05, 2:03:04 */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** Prints a line to stderr. */
export const say = (line = ''): void => void process.stderr.write(`${line}\n`);

/** Prints rows as aligned columns to stdout. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0].map((_, j) => Math.max(...rows.map((row) => row[j].length)));
  for (const row of rows) {
    const cells = row.map((cell, j) => cell.padEnd(widths[j]));
    console.log(cells.join('   ').trimEnd());
  }
}

/** A progress bar on stderr; nothing where stderr is not a terminal. */
export class Bar {
  private bar?: SingleBar;

  /** `format` as in cli-progress: '{bar} {percentage} % | {count} series'. */
  constructor(format: string) {
    if (!process.stderr.isTTY) return;
    this.bar = new SingleBar({
      format,
      stream: process.stderr,
      hideCursor: true,
      barsize: 24,
      etaBuffer: 50,
      clearOnComplete: true,
    });
  }

  /** `done`: the part that is done, 0 to 1. `values` of the format. */
  update(done: number, values: Record<string, string>): void {
    if (!this.bar) return;
    if (!this.bar.isActive) this.bar.start(1000, 0, values);
    this.bar.update(Math.round(done * 1000), values);
  }

  /** Prints a line above the bar. */
  line(text: string): void {
    if (!this.bar?.isActive) {
      say(text);
      return;
    }
    process.stderr.write(`\r\x1b[K${text}\n`);
    this.bar.render();
  }

  /** Removes the bar. */
  stop(): void {
    this.bar?.stop();
  }
}

/** The exit code for a user's mistake. */
export const MISTAKE = 2;
/** The exit code for a defect of this project. */
const DEFECT = 1;

/**
 * Runs a command. A user's mistake prints one line and sets the exit code to 2. A defect prints its stack trace, too,
 * and sets the exit code to 1. MAMBA_TS_DEBUG=1 prints the trace of mistakes.
 */
export async function guard(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    // Errors of the operating system, such as a folder that cannot be written, are the user's to fix.
    const isMistake = error instanceof UsageError || (error as NodeJS.ErrnoException)?.syscall !== undefined;
    process.stderr.write(`mamba-ts: ${error instanceof Error ? error.message : String(error)}\n`);
    if (!isMistake || process.env.MAMBA_TS_DEBUG) process.stderr.write(`${(error as Error)?.stack ?? ''}\n`);
    process.exitCode = isMistake ? MISTAKE : DEFECT;
  }
}

/**
 * Calls `stop` on the first Ctrl-C or SIGTERM, and exits on the second.
 * @returns a function that removes the handler.
 */
export function onInterrupt(stop: () => void): () => void {
  let isStopping = false;
  const handle = () => {
    if (isStopping) process.exit(130);
    isStopping = true;
    stop();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
  };
}
