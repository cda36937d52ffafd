/** Output of the command line: lines, tables, progress, errors. Results go to stdout, everything else to stderr. */
import { UsageError } from '@mamba-ts/core/errors';

/** A duration: 1:05, 2:03:04 */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** Names of files and series may hold characters that control the terminal: they are shown as U+FFFD. */
const shown = (text: string): string => text.replace(/(?![\n\t])\p{Cc}/gu, '\ufffd');

const OPTIONS =
  'time|value|id|known|past|future|frequency|duplicates|dates|header|separator|decimal|missing|interleaved|season|horizon';
const IN_BRACKETS = new RegExp(`\\((?:(?:${OPTIONS})(?:: [^():]*?)?(?:, )?)+\\)`, 'g');

/** Options of the API, as messages name them, by their flags: (dates: 'dmy' or 'mdy') → (--dates dmy or mdy). */
export const asFlags = (text: string): string =>
  text.replace(IN_BRACKETS, (found) =>
    found
      .replace(
        new RegExp(`(^\\(|, )(${OPTIONS})(: )?`, 'g'),
        (_, before, name, colon) => `${before}--${name}${colon ? ' ' : ''}`,
      )
      .replaceAll("'", ''),
  );

/** Prints a line to stderr. */
export const say = (line = ''): void => void process.stderr.write(`${shown(line)}\n`);

/** Prints rows as aligned columns to stdout. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0].map((_, j) => Math.max(...rows.map((row) => row[j].length)));
  for (const row of rows) {
    const cells = row.map((cell, j) => cell.padEnd(widths[j]));
    console.log(shown(cells.join('   ').trimEnd()));
  }
}

/** Cells of the bar, and milliseconds between two drawings of it. */
const [BAR_SIZE, REDRAW] = [24, 100];

/** A progress bar in the last line of stderr; nothing where stderr is not a terminal. */
export class Bar {
  private readonly begun = performance.now();
  private drawn = Number.NEGATIVE_INFINITY;
  private shown = '';

  /** `format`: '{bar} {percentage} % | {count} series'; {left} is the time that is left. */
  constructor(private readonly format: string) {}

  /** `done`: the part that is done, 0 to 1. `values` of the format. */
  update(done: number, values: Record<string, string>): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.drawn < REDRAW) return;
    this.drawn = now;
    const part = Math.min(1, Math.max(0, done));
    const full = Math.round(part * BAR_SIZE);
    const all: Record<string, string> = {
      ...values,
      bar: `${'█'.repeat(full)}${'░'.repeat(BAR_SIZE - full)}`,
      percentage: String(Math.floor(100 * part)),
      left: part > 0 ? clock(((now - this.begun) / 1000) * (1 / part - 1)) : '',
    };
    const text = shown(this.format.replace(/\{(\w+)\}/g, (_, name: string) => all[name] ?? ''));
    // A line that wraps could not be erased.
    this.shown = text.slice(0, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(`\r\x1b[K${this.shown}`);
  }

  /** Prints a line above the bar. */
  line(text: string): void {
    this.erase();
    say(text);
    if (this.shown !== '') process.stderr.write(this.shown);
  }

  /** Removes the bar. */
  stop(): void {
    this.erase();
    this.shown = '';
    this.drawn = Number.NEGATIVE_INFINITY;
  }

  private erase(): void {
    if (this.shown !== '') process.stderr.write('\r\x1b[K');
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
    say(`mamba-ts: ${asFlags(error instanceof Error ? error.message : String(error))}`);
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
